// SPDX-License-Identifier: MIT
// The suite's frame: torrents, listings, ways to call. The tests are in the files beside it.
#include <quarry/sdk/testing/download_client_contract.hpp>

#include <quarry/sdk/helpers/sinks.hpp>

#include <algorithm>
#include <cmath>

namespace quarry::sdk::testing {

// A test program may link this library for something else, and a unity build then brings the suite along.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DownloadClientContract);

int link_download_client_items();
int link_download_client_calls();
int link_download_client_contract() { return link_download_client_items() + link_download_client_calls(); }

namespace {

std::string file_of(const std::string& info) { return "d8:announce27:http://127.0.0.1:1/announce4:info" + info + "e"; }

/// Nobody has the data, so any 20 bytes serve as its hash.
ContractTorrent v1_torrent(char letter, std::string hash) {
  const std::string name = std::string(1, letter) + ".bin";
  const std::string info =
      "d6:lengthi1024e4:name5:" + name + "12:piece lengthi16384e6:pieces20:" + std::string(20, letter) + "e";
  return {file_of(info), std::move(hash), {}};
}

ContractTorrent hybrid_torrent() {
  const std::string info =
      "d9:file treed5:h.bind0:d6:lengthi1024e11:pieces root32:" + std::string(32, 'h') +
      "eee6:lengthi1024e12:meta versioni2e4:name5:h.bin12:piece lengthi16384e6:pieces20:" + std::string(20, 'h') + "e";
  return {file_of(info), "a7d740f4615dde489b58cbf71673b1a24fab218d",
          "5b565f2f04c6dacb0fdb8d0258b787c0398477f7f6eb8530fb9d9d7020171822"};
}

bool is_hash(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void expect_sound(const ItemView& item) {
  EXPECT_FALSE(item.id.empty());
  EXPECT_FALSE(item.infohash_v1.empty() && item.infohash_v2.empty()) << item.id;
  EXPECT_TRUE(item.infohash_v1.empty() || is_hash(item.infohash_v1, 40)) << item.infohash_v1;
  EXPECT_TRUE(item.infohash_v2.empty() || is_hash(item.infohash_v2, 64)) << item.infohash_v2;
  EXPECT_EQ(item.tags.find(", "), std::string_view::npos) << item.tags;
  EXPECT_TRUE(item.progress >= 0 && item.progress <= 1) << item.progress;
  EXPECT_TRUE(std::isfinite(item.ratio) && item.ratio >= 0) << item.ratio;
  EXPECT_GE(item.eta_s, -1);
  EXPECT_GE(item.added_at_ms, 0);
  EXPECT_GE(item.down_bps, 0);
  EXPECT_GE(item.up_bps, 0);
  EXPECT_GE(item.done_bytes, 0);
  EXPECT_GE(item.size_bytes, -1);
  if (item.size_bytes >= 0) { EXPECT_LE(item.done_bytes, item.size_bytes); }
  if (item.state == ItemState::metadata) {
    EXPECT_EQ(item.size_bytes, -1) << "no metadata, no size";
    EXPECT_EQ(item.content_path, "") << "no metadata, no files";
  }
  if (item.state == ItemState::seeding || item.state == ItemState::finished) { EXPECT_EQ(item.progress, 1); }
}

}  // namespace

const std::vector<ContractTorrent>& contract_torrents() {
  static const std::vector<ContractTorrent> kAll = {
      v1_torrent('a', "bde67c0e871ef847d2004c19d6b7bb1a778862c1"),
      v1_torrent('b', "79d5e86a469dd3776e36b04013f005dba48996e6"),
      v1_torrent('c', "468eb06b93fe52e6516fc5ed2523de016ea4bb0d"),
      v1_torrent('d', "e49fb09b4d242f6c85f63e2dcf0ed645571c3a8a"),
      hybrid_torrent(),
  };
  return kAll;
}

ItemKey ContractTorrent::key() const noexcept {
  ItemKey key;
  key.infohash_v1 = v1;
  key.infohash_v2 = v2;
  return key;
}
std::string ContractTorrent::magnet() const {
  return "magnet:?xt=urn:btih:" + v1 + (v2.empty() ? "" : "&xt=urn:btmh:1220" + v2);
}

bool ContractListing::add(const ItemView& item) noexcept {
  EXPECT_EQ(finished, 0) << "an item after finish()";
  EXPECT_LT(items.size(), most_) << "an item after the sink said \"enough\"";
  expect_sound(item);
  items.push_back({item.state, std::string(item.id), std::string(item.infohash_v1), std::string(item.infohash_v2),
                   std::string(item.category), std::string(item.tags)});
  return items.size() < most_;
}
void ContractListing::finish(bool complete_now, std::string_view) noexcept {
  ++finished;
  complete = complete_now;
}
const ContractListing::Item* ContractListing::find(const ContractTorrent& torrent) const {
  const auto found = std::find_if(items.begin(), items.end(), [&](const Item& i) { return i.v1 == torrent.v1; });
  return found == items.end() ? nullptr : &*found;
}

void DownloadClientContract::SetUp() {
  under_test_ = GetParam().make();
  ASSERT_NE(under_test_, nullptr);
  ClientCapabilities told;
  ASSERT_TRUE(run([&](CallContext& ctx) { return client().capabilities(ctx, told); }).ok()) << said;
  capabilities_ = told.flags;
}
Status DownloadClientContract::run(const std::function<Status(CallContext&)>& call) {
  BasicContext ctx(under_test_->clock(), 60'000, "test");
  const Status status = call(ctx);
  said = ctx.text();
  expect_explained(status, said, GetParam().secret);
  return status;
}
Status DownloadClientContract::add(const ContractTorrent& torrent, bool paused) {
  AddRequest request;
  request.metainfo = as_bytes(torrent.metainfo);
  request.key = torrent.key();
  request.paused = paused ? 1 : 0;
  return run([&](CallContext& ctx) { return client().add(ctx, request); });
}
Status DownloadClientContract::add_magnet(const ContractTorrent& torrent, bool paused) {
  const std::string magnet = torrent.magnet();
  AddRequest request;
  request.magnet = magnet;
  request.key = torrent.key();
  request.paused = paused ? 1 : 0;
  return run([&](CallContext& ctx) { return client().add(ctx, request); });
}
ContractListing DownloadClientContract::list(const std::vector<ItemKey>& keys) {
  ContractListing out;
  ListQuery query;
  query.keys = keys;
  EXPECT_TRUE(run([&](CallContext& ctx) { return client().list(ctx, query, out); }).ok()) << said;
  EXPECT_TRUE(out.finished == 1 && out.complete) << "a whole listing ends with one finish(true, …)";
  return out;
}
ContractListing DownloadClientContract::list_all() {
  ContractListing out;
  ListQuery query;
  query.scope = ListScope::all;
  EXPECT_TRUE(run([&](CallContext& ctx) { return client().list(ctx, query, out); }).ok()) << said;
  EXPECT_TRUE(out.finished == 1 && out.complete) << "a whole listing ends with one finish(true, …)";
  return out;
}
ContractListing::Item DownloadClientContract::await(const ContractTorrent& torrent,
                                                    const std::function<bool(const ContractListing::Item&)>& wanted) {
  while (true) {
    const ContractListing now = list({torrent.key()});
    const ContractListing::Item* item = now.find(torrent);
    if ((item != nullptr && wanted(*item)) || !under_test_->wait_a_little()) {
      return item == nullptr ? ContractListing::Item{} : *item;
    }
  }
}
ContractListing::Item DownloadClientContract::await_state(const ContractTorrent& torrent, ItemState state) {
  return await(torrent, [state](const ContractListing::Item& item) { return item.state == state; });
}
bool DownloadClientContract::await_absence(const ContractTorrent& torrent) {
  while (list({torrent.key()}).find(torrent) != nullptr) {
    if (!under_test_->wait_a_little()) { return false; }
  }
  return true;
}

}  // namespace quarry::sdk::testing
