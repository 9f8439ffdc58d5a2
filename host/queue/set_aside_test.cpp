// SPDX-License-Identifier: MIT
// Rows that should not exist: told of once, worked on by nobody, and no trouble for the others.
#include "queue/set_aside.hpp"

#include "queue/inspector.hpp"
#include "queue/store_client.hpp"

#include <quarry/sdk/testing/fake_host.hpp>
#include <quarry/sdk/testing/memory_queue_store.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quarry::queue {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace sdk;

DownloadView sound_row() {
  DownloadView row;
  row.id = 7;
  row.lane = "downloads";
  row.title = "Am\xC3\xA9lie";
  return row;
}

TEST(FaultOf, IsNothingForASoundRowWhateverItsClientSaid) {
  DownloadView row = sound_row();
  row.progress = -3;
  row.seeders = -9;
  row.client_state = "\xff\xfe";
  EXPECT_EQ(fault_of(row), "");
}

TEST(FaultOf, NamesWhatCannotBe) {
  const auto with = [](auto change) {
    DownloadView row = sound_row();
    change(row);
    return fault_of(row);
  };
  EXPECT_EQ(with([](auto& r) { r.state = static_cast<DownloadState>(99); }),
            "its state is 99, and there is no such state");
  EXPECT_EQ(with([](auto& r) { r.state = static_cast<DownloadState>(-1); }),
            "its state is -1, and there is no such state");
  EXPECT_THAT(with([](auto& r) { r.priority = static_cast<Priority>(4); }), HasSubstr("priority is 4"));
  EXPECT_THAT(with([](auto& r) { r.flags = 1U << 5U; }), HasSubstr("flags is 32"));
  EXPECT_THAT(with([](auto& r) { r.cleanup = 3; }), HasSubstr("cleanup is 3"));
  EXPECT_THAT(with([](auto& r) { r.id = 0; }), HasSubstr("id is 0"));
  EXPECT_THAT(with([](auto& r) { r.attempts = -1; }), HasSubstr("attempts is -1"));
  EXPECT_THAT(with([](auto& r) { r.size_bytes = -2; }), HasSubstr("size_bytes is -2"));
  EXPECT_THAT(with([](auto& r) { r.due_at_ms = -5; }), HasSubstr("due_at_ms is -5"));
  const std::string secret("pass\xffkey");
  EXPECT_EQ(with([&](auto& r) { r.download_url = secret; }), "its download_url is no UTF-8 text");
  EXPECT_EQ(with([](auto& r) { r.title = std::string_view("a\0b", 3); }), "its title is no UTF-8 text");
}

TEST(SetAside, TellsEachRowOnceAndForgetsWhatWasMended) {
  std::vector<std::string> told;
  SetAside set_aside([&](const std::string& text) { told.push_back(text); });
  DownloadView row = sound_row();
  EXPECT_TRUE(set_aside.admits(row));
  row.state = static_cast<DownloadState>(99);
  EXPECT_FALSE(set_aside.admits(row));
  EXPECT_FALSE(set_aside.admits(row));
  EXPECT_THAT(told, ElementsAre("download 7 is set aside, and the others go on: its state is 99, and there is no such "
                                "state. Look at the row with id = 7 of download in the queue database (in PostgreSQL a "
                                "view of download_state and download_origin), and mend it, restore a backup, or delete "
                                "it"));
  EXPECT_EQ(set_aside.sentences(), told);
  EXPECT_TRUE(set_aside.admits(sound_row()));
  EXPECT_THAT(set_aside.keys(), IsEmpty());
}

TEST(SetAside, ADamagedTableFillsNoMemory) {
  int told = 0;
  SetAside set_aside([&](const std::string&) { ++told; });
  DownloadView row = sound_row();
  row.attempts = -1;
  for (row.id = 1; row.id <= 3000; ++row.id) { EXPECT_FALSE(set_aside.admits(row)); }
  EXPECT_EQ(told, static_cast<int>(SetAside::kMost));
  EXPECT_EQ(set_aside.keys().size(), SetAside::kMost);
}

/// A store in memory of which some rows come out damaged.
class DamagedStore final : public QueueStore {
 public:
  explicit DamagedStore(const Clock& clock) : store_(clock) {}
  std::vector<std::int64_t> damaged;

  Status open(CallContext& c) noexcept override { return store_.open(c); }
  Status enqueue(CallContext& c, std::span<const NewDownload> i, OutcomeSink& o) noexcept override {
    return store_.enqueue(c, i, o);
  }
  Status claim(CallContext& c, const ClaimRequest& r, DownloadSink& rows) noexcept override {
    Spoil sink(*this, rows);
    return store_.claim(c, r, sink);
  }
  Status heartbeat(CallContext& c, std::string_view o, std::int64_t ms, std::span<const LeaseRef> l,
                   OutcomeSink& out) noexcept override {
    return store_.heartbeat(c, o, ms, l, out);
  }
  Status record_intent(CallContext& c, const Intent& i, OutcomeSink& o) noexcept override {
    return store_.record_intent(c, i, o);
  }
  Status metainfo(CallContext& c, std::int64_t id, ByteSink& b) noexcept override { return store_.metainfo(c, id, b); }
  Status transition(CallContext& c, std::span<const Transition> t, OutcomeSink& o) noexcept override {
    return store_.transition(c, t, o);
  }
  Status edit(CallContext& c, const Edit& e, OutcomeSink& o) noexcept override { return store_.edit(c, e, o); }
  Status rescue(CallContext& c, std::string_view id, std::string_view o, std::int32_t n,
                DownloadSink& rows) noexcept override {
    Spoil sink(*this, rows);
    return store_.rescue(c, id, o, n, sink);
  }
  Status record_progress(CallContext& c, std::span<const Progress> p, OutcomeSink& o) noexcept override {
    return store_.record_progress(c, p, o);
  }
  Status find(CallContext& c, const FindRequest& r, DownloadSink& row) noexcept override {
    Spoil sink(*this, row);
    return store_.find(c, r, sink);
  }
  Status list(CallContext& c, const ListRequest& r, DownloadSink& rows, std::int64_t& total) noexcept override {
    Spoil sink(*this, rows);
    return store_.list(c, r, sink, total);
  }
  Status set_lane(CallContext& c, const LaneSettings& s) noexcept override { return store_.set_lane(c, s); }
  Status stats(CallContext& c, std::string_view lane, Stats& out) noexcept override {
    return store_.stats(c, lane, out);
  }
  Status events_since(CallContext& c, std::int64_t after, std::int32_t n, EventSink& e) noexcept override {
    return store_.events_since(c, after, n, e);
  }
  Status prune(CallContext& c, std::uint32_t s, std::int64_t before, std::int32_t n,
               std::int64_t& removed) noexcept override {
    return store_.prune(c, s, before, n, removed);
  }
  Status take_duty(CallContext& c, const DutyRequest& r, Duty& out) noexcept override {
    return store_.take_duty(c, r, out);
  }

 private:
  class Spoil final : public DownloadSink {
   public:
    Spoil(const DamagedStore& owner, DownloadSink& next) : owner_(owner), next_(next) {}
    bool add(const DownloadView& row) noexcept override {
      DownloadView out = row;
      const auto& ids = owner_.damaged;
      if (std::find(ids.begin(), ids.end(), row.id) != ids.end()) { out.size_bytes = -7; }
      return next_.add(out);
    }

   private:
    const DamagedStore& owner_;
    DownloadSink& next_;
  };
  sdk::testing::MemoryQueueStore store_;
};

class DamagedRows : public ::testing::Test {
 protected:
  void enqueue(int count) {
    for (int i = 0; i < count; ++i) {
      NewDownload item;
      const std::string key = "release-" + std::to_string(++enqueued_);
      item.lane = "downloads";
      item.release_key = key;
      item.title = key;
      ASSERT_TRUE(face_.enqueue(item).ok());
    }
  }
  std::vector<std::int64_t> ids_of(const std::vector<Download>& rows) {
    std::vector<std::int64_t> ids;
    for (const Download& d : rows) { ids.push_back(d.id); }
    return ids;
  }

  sdk::testing::ManualClock clock_;
  DamagedStore store_{clock_};
  int commands_ = 0;
  int enqueued_ = 0;
  std::vector<std::string> told_;
  StoreClient face_{store_, clock_, [this] { return "c" + std::to_string(++commands_); },
                    std::make_shared<SetAside>([this](const std::string& text) { told_.push_back(text); })};
};

TEST_F(DamagedRows, AreInNoListAndCannotBeFound) {
  enqueue(3);
  store_.damaged = {2};
  EXPECT_THAT(ids_of(*face_.list(ListRequest{})), ElementsAre(1, 3));
  FindRequest request;
  request.id = 2;
  const auto found = face_.find(request);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().status.code, Code::conflict);
  EXPECT_THAT(found.error().text, HasSubstr("download 2 is set aside"));
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(DamagedRows, AListOfManyPagesGoesOnBehindThem) {
  enqueue(1100);
  store_.damaged = {3, 500, 1000};
  const auto all = face_.list_all({});
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->size(), 1097U);
  EXPECT_EQ(all->back().id, 1100);
}

TEST_F(DamagedRows, AClaimedOneIsBlockedAndTheOthersGoOn) {
  enqueue(2);
  store_.damaged = {1};
  const auto first = face_.claim("downloads", 1, "host", 30'000);
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(*first, IsEmpty());
  EXPECT_THAT(ids_of(*face_.claim("downloads", 2, "host", 30'000)), ElementsAre(2));
  store_.damaged.clear();
  FindRequest request;
  request.id = 1;
  const auto mended = face_.find(request);
  ASSERT_TRUE(mended.ok());
  EXPECT_EQ(mended->state, DownloadState::blocked);
  EXPECT_EQ(mended->error, "its row is damaged");
  EXPECT_THAT(face_.set_aside().keys(), IsEmpty());
}

TEST_F(DamagedRows, AreFoundByTheInspectorAndForgottenOnceMended) {
  enqueue(450);
  store_.damaged = {1, 250, 450};
  EnginePorts ports;
  ports.store = &face_;
  Inspector inspector(ports);
  std::int64_t now = 0;
  for (int page = 0; page < 3; ++page) { now = inspector.step(now); }
  EXPECT_THAT(face_.set_aside().keys(), ElementsAre(1, 250, 450));
  EXPECT_EQ(told_.size(), 3U);
  store_.damaged = {450};
  now = inspector.step(now);
  EXPECT_THAT(face_.set_aside().keys(), ElementsAre(450));
  store_.damaged.clear();
  now = inspector.step(now);
  EXPECT_THAT(face_.set_aside().keys(), IsEmpty());
  EXPECT_GT(inspector.step(now) - now, 23LL * 3600 * 1000) << "then it rests";
}

}  // namespace
}  // namespace quarry::queue
