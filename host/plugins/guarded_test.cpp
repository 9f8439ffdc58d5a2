// SPDX-License-Identifier: MIT
// What goes in reaches the plugin, what comes out reaches the caller, and neither shares memory.
#include "plugins/guarded.hpp"

#include "plugins/kept_rows.hpp"

#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/fake_host.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace quarry::plugins {
namespace {

using namespace sdk;
using ::testing::ElementsAre;

std::string described(std::span<const ItemKey> keys) {
  std::string out;
  for (const auto& key : keys) { out += std::string(key.id) + "/" + std::string(key.infohash_v1) + " "; }
  return out;
}

/// Writes down what it is asked and answers something recognisable.
class Recorder final : public DownloadClient, public Indexer, public Scorer {
 public:
  Status capabilities(CallContext&, ClientCapabilities& out) noexcept override {
    return out.flags = kHasTags, Status{};
  }
  Status capabilities(CallContext&, IndexerCapabilities& out) noexcept override { return out.page_size = 42, Status{}; }
  Status test(CallContext&, TestSink& facts) noexcept override {
    const std::string gone = "4.5.2";
    facts.fact("version", gone);
    return {};
  }
  Status add(CallContext&, const AddRequest& r) noexcept override {
    seen = "add " + std::string(reinterpret_cast<const char*>(r.metainfo.data()), r.metainfo.size()) + " " +
           std::string(r.magnet) + " " + std::string(r.category) + " " + std::string(r.save_path) + " " +
           described({&r.key, 1}) + std::to_string(r.paused);
    for (const auto tag : r.tags) { seen += " #" + std::string(tag); }
    return status;
  }
  Status list(CallContext&, const ListQuery& q, ItemSink& sink) noexcept override {
    seen = "list " + described(q.keys) + std::string(q.cursor);
    for (const char* name : {"one", "two", "three"}) {
      const std::string own = name;
      ItemView item;
      item.name = own;
      item.id = own;
      item.progress = 0.5;
      if (touch) { touch(item); }
      if (!sink.add(item)) { return status; }
    }
    sink.finish(true, "next");
    return status;
  }
  Status pause(CallContext&, std::span<const ItemKey> k) noexcept override {
    return seen = "pause " + described(k), status;
  }
  Status resume(CallContext&, std::span<const ItemKey> k) noexcept override {
    return seen = "resume " + described(k), status;
  }
  Status remove(CallContext&, std::span<const ItemKey> k, std::int32_t data) noexcept override {
    return seen = "remove " + described(k) + std::to_string(data), status;
  }
  Status set_priority(CallContext&, std::span<const ItemKey> k, Priority p) noexcept override {
    return seen = "priority " + described(k) + std::to_string(static_cast<int>(p)), status;
  }
  Status set_category(CallContext&, std::span<const ItemKey> k, std::string_view c) noexcept override {
    return seen = "category " + described(k) + std::string(c), status;
  }
  Status set_limits(CallContext&, std::span<const ItemKey> k, const ClientLimits& l) noexcept override {
    return seen = "limits " + described(k) + std::to_string(l.down_bps), status;
  }
  Status files(CallContext&, const ItemKey& k, FileSink& sink) noexcept override {
    seen = "files " + described({&k, 1});
    FileView file;
    file.path = "a/b.mkv";
    sink.add(file);
    return status;
  }
  Status search(CallContext&, const IndexerQuery& q, ReleaseSink& sink) noexcept override {
    seen = "search " + std::string(q.term) + " " + std::string(q.imdb_id) + " " + std::to_string(q.limit);
    ReleaseView release;
    release.title = "A.Film.2024";
    sink.add(release);
    return status;
  }
  Status recent(CallContext&, std::int64_t since, ReleaseSink&) noexcept override {
    return seen = "recent " + std::to_string(since), status;
  }
  Status fetch(CallContext&, const ReleaseRef& r, FetchSink& sink) noexcept override {
    seen = "fetch " + std::string(r.guid);
    sink.metainfo(as_bytes("d8:"));
    sink.metainfo(as_bytes("announce"));
    sink.magnet("magnet:?x");
    return status;
  }
  Status score(CallContext&, const Candidate& c, const Preferences& w, ScoreSink& sink, Score& out) noexcept override {
    seen = "score " + std::string(c.name) + " " + std::string(c.parsed->group) + " " + std::string(w.title);
    sink.contribution("resolution", points, "2160p");
    sink.rejection("forbidden", "CAM");
    out.total = points;
    out.threshold = 75;
    return status;
  }

  std::string seen;
  std::function<void(ItemView&)> touch;  ///< changes a row of list()
  Status status;
  double points = 50;
};

class GuardedTest : public ::testing::Test {
 protected:
  GuardedTest() : wall_("box", ports(), WallNumbers{}) {}
  ~GuardedTest() override {
    wall_.close();
    EXPECT_TRUE(wall_.drain(20'000));
  }
  WallPorts ports() {
    WallPorts ports;
    ports.clock = &clock_;
    ports.random = [] { return 1.0; };
    return ports;
  }
  BasicContext ctx() { return {clock_, 10'000, "test"}; }

  sdk::testing::ManualClock clock_;
  Recorder plugin_;
  CallWall wall_;
  GuardedDownloadClient client_{wall_, plugin_};
  GuardedIndexer indexer_{wall_, plugin_};
  GuardedScorer scorer_{wall_, plugin_};
};

struct Items final : ItemSink {
  bool add(const ItemView& item) noexcept override {
    names.emplace_back(item.name);
    last = item;
    return names.size() < most;
  }
  void finish(bool all, std::string_view next) noexcept override {
    complete = all;
    cursor = next;
  }
  std::vector<std::string> names;
  ItemView last;
  std::size_t most = 100;
  bool complete = false;
  std::string cursor;
};

TEST_F(GuardedTest, TheDownloadClientGetsItsArguments) {
  std::vector<ItemKey> keys(2);
  keys[0].id = "a";
  keys[1].infohash_v1 = "b";
  auto c = ctx();
  EXPECT_TRUE(client_.pause(c, keys).ok());
  EXPECT_EQ(plugin_.seen, "pause a/ /b ");
  EXPECT_TRUE(client_.resume(c, keys).ok());
  EXPECT_EQ(plugin_.seen, "resume a/ /b ");
  EXPECT_TRUE(client_.remove(c, keys, 1).ok());
  EXPECT_EQ(plugin_.seen, "remove a/ /b 1");
  EXPECT_TRUE(client_.set_priority(c, keys, Priority::high).ok());
  EXPECT_EQ(plugin_.seen, "priority a/ /b 2");
  EXPECT_TRUE(client_.set_category(c, keys, "films").ok());
  EXPECT_EQ(plugin_.seen, "category a/ /b films");
  ClientLimits limits;
  limits.down_bps = 9;
  EXPECT_TRUE(client_.set_limits(c, keys, limits).ok());
  EXPECT_EQ(plugin_.seen, "limits a/ /b 9");

  AddRequest add;
  const std::string_view tags[] = {"t1", "t2"};
  add.metainfo = as_bytes("bytes");
  add.magnet = "magnet:";
  add.category = "cat";
  add.save_path = "/p";
  add.key.infohash_v1 = "h";
  add.tags = tags;
  add.paused = 1;
  EXPECT_TRUE(client_.add(c, add).ok());
  EXPECT_EQ(plugin_.seen, "add bytes magnet: cat /p /h 1 #t1 #t2");

  ClientCapabilities capabilities;
  EXPECT_TRUE(client_.capabilities(c, capabilities).ok());
  EXPECT_EQ(capabilities.flags, kHasTags);
}

TEST_F(GuardedTest, NumbersNobodyCanMeanAreUnknown) {
  auto c = ctx();
  Items rows;
  plugin_.touch = [](ItemView& item) {
    item.state = static_cast<ItemState>(99);
    item.size_bytes = 100;
    item.done_bytes = 101;
    item.down_bps = -5;
    item.up_bps = INT64_MAX;
    item.eta_s = INT64_MAX;
    item.added_at_ms = INT64_MIN;
    item.seeders = -7;
    item.leechers = INT32_MIN;
    item.progress = std::numeric_limits<double>::quiet_NaN();
    item.ratio = -std::numeric_limits<double>::infinity();
  };
  ASSERT_TRUE(client_.list(c, {}, rows).ok());
  EXPECT_EQ(rows.last.state, ItemState::unknown);
  EXPECT_EQ(rows.last.size_bytes, 100);
  EXPECT_EQ(rows.last.done_bytes, 100);
  EXPECT_EQ(rows.last.down_bps, 0);
  EXPECT_EQ(rows.last.up_bps, 1LL << 53U);
  EXPECT_EQ(rows.last.eta_s, -1);
  EXPECT_EQ(rows.last.added_at_ms, 0);
  EXPECT_EQ(rows.last.seeders, -1);
  EXPECT_EQ(rows.last.leechers, -1);
  EXPECT_EQ(rows.last.progress, 0);
  EXPECT_EQ(rows.last.ratio, 0);

  plugin_.touch = [](ItemView& item) {
    item.size_bytes = INT64_MIN;
    item.done_bytes = -3;
    item.eta_s = 60;
    item.progress = 1.5;
    item.ratio = 2.5;
    item.seeders = 4;
  };
  ASSERT_TRUE(client_.list(c, {}, rows).ok());
  EXPECT_EQ(rows.last.size_bytes, -1);
  EXPECT_EQ(rows.last.done_bytes, 0);
  EXPECT_EQ(rows.last.eta_s, 60);
  EXPECT_EQ(rows.last.progress, 1);
  EXPECT_EQ(rows.last.ratio, 2.5);
  EXPECT_EQ(rows.last.seeders, 4);
}

TEST_F(GuardedTest, AListingArrivesWhole) {
  ItemKey key;
  key.id = "k";
  ListQuery query;
  query.keys = {&key, 1};
  query.cursor = "before";
  auto c = ctx();
  Items all;
  EXPECT_TRUE(client_.list(c, query, all).ok());
  EXPECT_EQ(plugin_.seen, "list k/ before");
  EXPECT_THAT(all.names, ElementsAre("one", "two", "three"));
  EXPECT_TRUE(all.complete);
  EXPECT_EQ(all.cursor, "next");
  Items some;
  some.most = 2;
  EXPECT_TRUE(client_.list(c, query, some).ok());
  EXPECT_THAT(some.names, ElementsAre("one", "two"));
  EXPECT_FALSE(some.complete) << "whoever stopped it must not take it for complete";
}

TEST_F(GuardedTest, AFailedListingHandsNothingOver) {
  plugin_.status = {Code::unavailable, kRetryable, 0, 502};
  auto c = ctx();
  Items items;
  const auto status = client_.list(c, {}, items);
  EXPECT_EQ(status.vendor_code, 502);
  EXPECT_TRUE(items.names.empty());
  EXPECT_FALSE(items.complete);
}

TEST_F(GuardedTest, FactsAndFiles) {
  struct Facts final : TestSink {
    void fact(std::string_view name, std::string_view value) noexcept override {
      all += std::string(name) + "=" + std::string(value);
    }
    std::string all;
  } facts;
  auto c = ctx();
  EXPECT_TRUE(client_.test(c, facts).ok());
  EXPECT_EQ(facts.all, "version=4.5.2");
  std::string path;
  auto sink = file_sink([&](const FileView& file) { path = file.path; });
  ItemKey key;
  key.id = "k";
  EXPECT_TRUE(client_.files(c, key, sink).ok());
  EXPECT_EQ(path, "a/b.mkv");
}

TEST_F(GuardedTest, TheIndexer) {
  auto c = ctx();
  std::string title;
  auto sink = release_sink([&](const ReleaseView& release) { title = release.title; });
  IndexerQuery query;
  query.term = "film";
  query.imdb_id = "tt1";
  EXPECT_TRUE(indexer_.search(c, query, sink).ok());
  EXPECT_EQ(plugin_.seen, "search film tt1 100");
  EXPECT_EQ(title, "A.Film.2024");
  EXPECT_TRUE(indexer_.recent(c, 17, sink).ok());
  EXPECT_EQ(plugin_.seen, "recent 17");
  struct Fetched final : FetchSink {
    bool metainfo(std::span<const std::byte> piece) noexcept override {
      return bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size()), true;
    }
    bool magnet(std::string_view uri) noexcept override { return link = uri, true; }
    std::string bytes, link;
  } fetched;
  ReleaseRef release;
  release.guid = "g";
  EXPECT_TRUE(indexer_.fetch(c, release, fetched).ok());
  EXPECT_EQ(fetched.bytes, "d8:announce");
  EXPECT_EQ(fetched.link, "magnet:?x");
  IndexerCapabilities capabilities;
  EXPECT_TRUE(indexer_.capabilities(c, capabilities).ok());
  EXPECT_EQ(capabilities.page_size, 42);
}

struct Reasons final : ScoreSink {
  bool contribution(std::string_view rule, double points, std::string_view detail) noexcept override {
    return all += std::string(rule) + " " + std::to_string(static_cast<int>(points)) + " " + std::string(detail) + ";",
           true;
  }
  bool rejection(std::string_view rule, std::string_view detail) noexcept override {
    return all += "no: " + std::string(rule) + " " + std::string(detail), true;
  }
  std::string all;
};

TEST_F(GuardedTest, TheScorer) {
  ParsedName parsed;
  parsed.group = "GRP";
  Candidate candidate;
  candidate.name = "A.Film";
  candidate.parsed = &parsed;
  Preferences wanted;
  wanted.title = "A Film";
  Reasons reasons;
  Score score;
  auto c = ctx();
  EXPECT_TRUE(scorer_.score(c, candidate, wanted, reasons, score).ok());
  EXPECT_EQ(plugin_.seen, "score A.Film GRP A Film");
  EXPECT_EQ(reasons.all, "resolution 50 2160p;no: forbidden CAM");
  EXPECT_EQ(score.total, 50);
  EXPECT_EQ(score.threshold, 75);
  plugin_.points = std::numeric_limits<double>::quiet_NaN();
  Reasons none;
  EXPECT_EQ(scorer_.score(c, candidate, wanted, none, score).code, Code::internal);
  EXPECT_TRUE(none.all.empty());
}

TEST(KeptRows, StopAtTheLimits) {
  KeptRows<ReleaseView> rows;
  ReleaseView release;
  for (std::size_t i = 0; i < kMaxRows; ++i) { ASSERT_TRUE(rows.add(release)); }
  EXPECT_FALSE(rows.flooded());
  EXPECT_FALSE(rows.add(release));
  EXPECT_TRUE(rows.flooded());

  KeptRows<ReleaseView> large;
  const std::string text(1024 * 1024, 'x');
  release.title = text;
  for (int i = 0; i < 64; ++i) { ASSERT_TRUE(large.add(release)); }
  release.title = "y";
  EXPECT_FALSE(large.add(release));
}

TEST(KeptRows, ReadsOnlyWhatAnOlderPluginWrote) {
  ReleaseView view;
  view.guid = "g";
  view.seeders = 5;
  view.struct_size = offsetof(ReleaseView, seeders);
  EXPECT_EQ(adopt(view).guid, "g");
  EXPECT_EQ(adopt(view).seeders, -1) << "beyond its size: the default";
  view.struct_size = 0;
  EXPECT_EQ(adopt(view).guid, "");
  IndexerCapabilities ours;
  ours.page_size = 3;
  IndexerCapabilities older;
  older.page_size = 9;
  older.struct_size = offsetof(IndexerCapabilities, page_size);
  hand_out(ours, older);
  EXPECT_EQ(older.page_size, 9) << "not ours to write";
}

}  // namespace
}  // namespace quarry::plugins
