// SPDX-License-Identifier: MIT
// What happens to items: adding, listing, changing, removing.
#include <quarry/sdk/testing/download_client_contract.hpp>

#include <quarry/sdk/helpers/sinks.hpp>

#include <array>

namespace quarry::sdk::testing {

int link_download_client_items() { return 0; }

namespace {

const ContractTorrent& torrent(std::size_t i) { return contract_torrents().at(i); }
const ContractTorrent& hybrid() { return contract_torrents().back(); }

bool has_tag(const std::string& tags, const std::string& tag) {
  return ("," + tags + ",").find("," + tag + ",") != std::string::npos;
}

}  // namespace

TEST_P(DownloadClientContract, TestTellsFactsAndChangesNothing) {
  struct Facts final : TestSink {
    void fact(std::string_view name, std::string_view value) noexcept override {
      EXPECT_FALSE(name.empty()) << value;
      ++count;
    }
    int count = 0;
  } facts;
  EXPECT_TRUE(run([&](CallContext& ctx) { return client().test(ctx, facts); }).ok()) << said;
  EXPECT_GT(facts.count, 0);
  EXPECT_TRUE(list_all().items.empty());
}

TEST_P(DownloadClientContract, WhatIsAddedIsListedAsItWasAskedFor) {
  const std::array<std::string_view, 2> tags{"quarry.17", "zz"};
  AddRequest request;
  request.metainfo = as_bytes(torrent(0).metainfo);
  request.key = torrent(0).key();
  request.category = "films";
  request.tags = tags;
  request.paused = 1;
  ASSERT_TRUE(run([&](CallContext& ctx) { return client().add(ctx, request); }).ok()) << said;
  const ContractListing::Item item = await_state(torrent(0), ItemState::paused);
  EXPECT_EQ(item.state, ItemState::paused);
  EXPECT_EQ(item.v1, torrent(0).v1);
  EXPECT_EQ(item.v2, "");
  if (can(kHasCategories)) { EXPECT_EQ(item.category, "films"); }
  if (can(kHasTags)) { EXPECT_TRUE(has_tag(item.tags, "quarry.17") && has_tag(item.tags, "zz")) << item.tags; }
}

TEST_P(DownloadClientContract, AddedToRunItIsNotPaused) {
  ASSERT_TRUE(add(torrent(0), false).ok()) << said;
  const auto running = [](const ContractListing::Item& i) { return i.state != ItemState::paused; };
  const ContractListing::Item item = await(torrent(0), running);
  EXPECT_EQ(item.v1, torrent(0).v1);
  EXPECT_TRUE(running(item));
}

TEST_P(DownloadClientContract, AddingTwiceLeavesOneAsItWas) {
  ASSERT_TRUE(add(torrent(0), true).ok()) << said;
  ASSERT_EQ(await_state(torrent(0), ItemState::paused).state, ItemState::paused);
  const Code again = add(torrent(0), false).code;
  EXPECT_TRUE(again == Code::ok || again == Code::conflict) << said;
  if (can(kTakesMagnets)) {
    const Code by_magnet = add_magnet(torrent(0), false).code;
    EXPECT_TRUE(by_magnet == Code::ok || by_magnet == Code::conflict) << said;
  }
  const ContractListing all = list_all();
  ASSERT_EQ(all.items.size(), 1U);
  EXPECT_EQ(all.items[0].state, ItemState::paused) << "it was there already, and stays as it is";
}

TEST_P(DownloadClientContract, AMagnetIsFoundByItsHash) {
  if (!can(kTakesMagnets)) {
    EXPECT_FALSE(add_magnet(torrent(0)).ok());
    GTEST_SKIP() << "takes no magnets";
  }
  ASSERT_TRUE(add_magnet(torrent(0), false).ok()) << said;
  EXPECT_EQ(await(torrent(0), [](const auto&) { return true; }).v1, torrent(0).v1);
  const Code again = add_magnet(torrent(0), false).code;
  EXPECT_TRUE(again == Code::ok || again == Code::conflict) << said;
  EXPECT_EQ(list_all().items.size(), 1U);
}

TEST_P(DownloadClientContract, AHybridIsFoundByEitherHash) {
  if (!can(kTakesV2)) { GTEST_SKIP() << "takes no v2 torrents"; }
  ASSERT_TRUE(add(hybrid()).ok()) << said;
  ASSERT_EQ(await(hybrid(), [](const auto&) { return true; }).v2, hybrid().v2);
  ItemKey by_v1;
  by_v1.infohash_v1 = hybrid().v1;
  ItemKey by_v2;
  by_v2.infohash_v2 = hybrid().v2;
  EXPECT_EQ(list({by_v1}).items.size(), GetParam().hybrids_by_v2_only ? 0U : 1U);
  EXPECT_EQ(list({by_v2}).items.size(), 1U);
  EXPECT_EQ(list({by_v2, by_v1}).items.size(), 1U) << "one item, listed once";
}

TEST_P(DownloadClientContract, ListsWhatIsNamedAndNothingElse) {
  ASSERT_TRUE(add(torrent(0)).ok()) << said;
  ASSERT_TRUE(add(torrent(1)).ok()) << said;
  ASSERT_TRUE(await(torrent(0), [](const auto&) { return true; }).v1 == torrent(0).v1);
  const ContractListing::Item second = await(torrent(1), [](const auto&) { return true; });
  const ContractListing one = list({torrent(1).key(), torrent(2).key()});
  ASSERT_EQ(one.items.size(), 1U);
  EXPECT_EQ(one.items[0].v1, torrent(1).v1);
  ItemKey by_id;
  by_id.id = second.id;
  EXPECT_EQ(list({by_id}).items.size(), 1U);
  EXPECT_EQ(list({by_id, torrent(1).key()}).items.size(), 1U) << "one item, listed once";
  EXPECT_TRUE(list({torrent(2).key()}).items.empty());
  EXPECT_TRUE(list({}).items.empty()) << "no key names nothing, not everything";
  EXPECT_TRUE(list({ItemKey{}}).items.empty()) << "a key without a field names nothing";
  EXPECT_EQ(list_all().items.size(), 2U);
}

TEST_P(DownloadClientContract, ListsHundredsOfKeys) {
  ASSERT_TRUE(add(torrent(0)).ok()) << said;
  ASSERT_EQ(await(torrent(0), [](const auto&) { return true; }).v1, torrent(0).v1);
  constexpr int kKeys = 350;
  std::vector<std::string> hashes;
  for (int i = 0; i < kKeys; ++i) { hashes.push_back(std::string(33, '0') + std::to_string(1'000'000 + i)); }
  std::vector<ItemKey> keys(hashes.size());
  for (std::size_t i = 0; i < keys.size(); ++i) { keys[i].infohash_v1 = hashes[i]; }
  keys[kKeys - 20] = torrent(0).key();
  EXPECT_EQ(list(keys).items.size(), 1U);
}

TEST_P(DownloadClientContract, ChangesAreListedOnlyWhereThatIsOffered) {
  if (can(kListsChanges)) { GTEST_SKIP() << "offers kListsChanges"; }
  ContractListing out;
  ListQuery query;
  query.scope = ListScope::changes;
  EXPECT_EQ(run([&](CallContext& ctx) { return client().list(ctx, query, out); }).code, Code::unsupported);
  EXPECT_FALSE(out.complete);
}

TEST_P(DownloadClientContract, PausesAndResumes) {
  const std::array keys{torrent(0).key()};
  ASSERT_TRUE(add(torrent(0), false).ok()) << said;
  for (int i = 0; i < 2; ++i) {  // the second time it is paused already
    ASSERT_TRUE(run([&](CallContext& ctx) { return client().pause(ctx, keys); }).ok()) << said;
    EXPECT_EQ(await_state(torrent(0), ItemState::paused).state, ItemState::paused);
  }
  const auto running = [](const ContractListing::Item& i) { return i.state != ItemState::paused; };
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(run([&](CallContext& ctx) { return client().resume(ctx, keys); }).ok()) << said;
    EXPECT_TRUE(running(await(torrent(0), running)));
  }
}

TEST_P(DownloadClientContract, RemovesWhatIsNamedAndTwiceIsNoError) {
  ASSERT_TRUE(add(torrent(2)).ok()) << said;
  for (const std::int32_t delete_data : {0, 1}) {
    const ContractTorrent& gone = torrent(static_cast<std::size_t>(delete_data));
    const std::array keys{gone.key()};
    ASSERT_TRUE(add(gone).ok()) << said;
    ASSERT_TRUE(run([&](CallContext& ctx) { return client().remove(ctx, keys, delete_data); }).ok()) << said;
    EXPECT_TRUE(await_absence(gone));
    EXPECT_TRUE(run([&](CallContext& ctx) { return client().remove(ctx, keys, delete_data); }).ok()) << said;
  }
  const ContractListing left = list_all();
  EXPECT_EQ(left.items.size(), 1U);
  EXPECT_NE(left.find(torrent(2)), nullptr);
}

TEST_P(DownloadClientContract, WhatIsAbsentIsNoErrorAndNothingElseIsTouched) {
  ASSERT_TRUE(add(torrent(0)).ok()) << said;
  ASSERT_EQ(await_state(torrent(0), ItemState::paused).state, ItemState::paused);
  ItemKey odd;
  odd.id = "all";  // to some servers, a word for every item
  const std::vector<ItemKey> absent{torrent(1).key(), ItemKey{}, odd};
  for (const std::vector<ItemKey>& keys : {absent, std::vector<ItemKey>{}}) {
    const auto fine = [&](bool offered, const std::function<Status(CallContext&)>& call) {
      const Code code = run(call).code;
      EXPECT_TRUE(code == Code::ok || (!offered && code == Code::unsupported)) << said;
    };
    fine(true, [&](CallContext& ctx) { return client().pause(ctx, keys); });
    fine(true, [&](CallContext& ctx) { return client().resume(ctx, keys); });
    fine(true, [&](CallContext& ctx) { return client().remove(ctx, keys, 1); });
    fine(can(kHasCategories), [&](CallContext& ctx) { return client().set_category(ctx, keys, "other"); });
    ClientLimits limits;
    limits.down_bps = 100'000;
    fine(can(kHasLimits), [&](CallContext& ctx) { return client().set_limits(ctx, keys, limits); });
  }
  auto files = file_sink([](const FileView&) { ADD_FAILURE() << "a file of nothing"; });
  for (const ItemKey& key : absent) {
    EXPECT_EQ(run([&](CallContext& ctx) { return client().files(ctx, key, files); }).code, Code::not_found);
  }
  const ContractListing left = list_all();
  ASSERT_EQ(left.items.size(), 1U);
  EXPECT_EQ(left.items[0].state, ItemState::paused);
  EXPECT_NE(left.items[0].category, "other");
}

TEST_P(DownloadClientContract, WhatIsNotOfferedIsUnsupported) {
  const std::array keys{torrent(0).key()};
  ASSERT_TRUE(add(torrent(0)).ok()) << said;
  ClientLimits limits;
  limits.up_bps = 100'000;
  const Code category = run([&](CallContext& ctx) { return client().set_category(ctx, keys, "other"); }).code;
  EXPECT_EQ(category, can(kHasCategories) ? Code::ok : Code::unsupported) << said;
  const Code limited = run([&](CallContext& ctx) { return client().set_limits(ctx, keys, limits); }).code;
  EXPECT_EQ(limited, can(kHasLimits) ? Code::ok : Code::unsupported) << said;
  // An order may be something the client's owner has switched off.
  const Code first = run([&](CallContext& ctx) { return client().set_priority(ctx, keys, Priority::high); }).code;
  EXPECT_TRUE(first == Code::unsupported || (can(kHasPriority) && first == Code::ok)) << said;
  if (!can(kHasCategories)) { return; }
  const auto is_other = [](const ContractListing::Item& i) { return i.category == "other"; };
  EXPECT_TRUE(is_other(await(torrent(0), is_other)));
}

TEST_P(DownloadClientContract, TellsTheFilesOnceTheyAreKnown) {
  ASSERT_TRUE(add(torrent(0)).ok()) << said;
  ASSERT_EQ(await_state(torrent(0), ItemState::paused).state, ItemState::paused);
  int count = 0;
  auto files = file_sink([&](const FileView& file) {
    ++count;
    EXPECT_TRUE(!file.path.empty() && !file.path.starts_with('/')) << file.path;
    EXPECT_TRUE(file.done_bytes >= 0 && file.done_bytes <= file.size_bytes) << file.path;
  });
  ASSERT_TRUE(run([&](CallContext& ctx) { return client().files(ctx, torrent(0).key(), files); }).ok()) << said;
  EXPECT_EQ(count, 1);
}

TEST_P(DownloadClientContract, WhatIsNoTorrentIsRefusedForGood) {
  ContractTorrent page = torrent(0);
  page.metainfo = "<html>log in first</html>";
  EXPECT_EQ(add(page).code, Code::invalid) << said;
  AddRequest nothing;
  nothing.key = torrent(0).key();
  EXPECT_EQ(run([&](CallContext& ctx) { return client().add(ctx, nothing); }).code, Code::invalid) << said;
  EXPECT_TRUE(list_all().items.empty());
}

}  // namespace quarry::sdk::testing
