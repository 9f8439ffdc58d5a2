// SPDX-License-Identifier: MIT
// Each event is told once, whoever writes, dies, sleeps or is cut off meanwhile.
#include "records/history_writer.hpp"

#include "records/collections.hpp"
#include "records/records_test_world.hpp"
#include "records/values.hpp"

namespace quarry::records {
namespace {

using sdk::DownloadState;
using testing::Host;
using testing::RecordsTest;
using testing::Trouble;

class HistoryWriterTest : public RecordsTest {
 protected:
  std::string command() { return "cmd-" + std::to_string(++commands_); }

  std::int64_t enqueue(std::string key, std::int64_t movie_id = 0, std::string guid = "17") {
    sdk::NewDownload item;
    const std::string id = command();
    const std::string title = "Film " + key;
    item.command_id = id;
    item.lane = "downloads";
    item.release_key = key;
    item.title = title;
    item.indexer = "site";
    item.guid = guid;
    item.movie_id = movie_id;
    item.size_bytes = 1000;
    sdk::BasicContext ctx(clock, 1000, "test");
    sdk::Outcomes outcomes;
    EXPECT_TRUE(queue.enqueue(ctx, {&item, 1}, outcomes).ok());
    return outcomes.all.at(0).id;
  }
  void change(std::int64_t id, DownloadState from, DownloadState to, sdk::Actor actor, std::string_view reason = "",
              sdk::Code code = sdk::Code::ok) {
    sdk::Transition t;
    sdk::FindRequest find;
    find.id = id;
    sdk::BasicContext ctx(clock, 1000, "test");
    auto row = sdk::download_sink([&](const sdk::DownloadView& d) { t.epoch = d.epoch; });
    ASSERT_TRUE(queue.find(ctx, find, row).ok());
    const std::string name = command();
    t.command_id = name;
    t.actor = actor;
    t.id = id;
    t.from = from;
    t.to = to;
    t.reason = reason;
    t.patch.fields = sdk::kPatchError;
    t.patch.error = reason;
    t.patch.error_code = code;
    sdk::Outcomes outcomes;
    ASSERT_TRUE(queue.transition(ctx, {&t, 1}, outcomes).ok());
    ASSERT_EQ(outcomes.all.at(0).result, sdk::CommandResult::applied);
  }
  void claim() {
    sdk::ClaimRequest request;
    const std::string name = command();
    request.command_id = name;
    request.lane = "downloads";
    request.owner = "host";
    sdk::BasicContext ctx(clock, 1000, "test");
    auto rows = sdk::download_sink([](const sdk::DownloadView&) {});
    ASSERT_TRUE(queue.claim(ctx, request, rows).ok());
  }
  void fail(std::int64_t id, sdk::Code code, std::string_view reason) {
    claim();
    change(id, DownloadState::dispatching, DownloadState::failed, sdk::Actor::worker, reason, code);
  }
  void cancel(std::int64_t id, DownloadState from = DownloadState::queued) {
    change(id, from, DownloadState::cancelled, sdk::Actor::user, "removed");
  }
  std::int64_t step(Host& h) {
    const std::int64_t next = h.writer.step(clock.steady_ms());
    clock.advance(1000);
    return next - clock.steady_ms() + 1000;
  }
  std::vector<HistoryEntry> history() {
    std::vector<HistoryEntry> out;
    const auto done =
        host.records.history().list({}, false, {0, 1000}, [&](const HistoryEntry& e) { out.push_back(e); });
    EXPECT_TRUE(done) << done.error().text;
    return out;
  }
  /// "grabbed 1, cancelled 1"
  std::string told() {
    std::string out;
    for (const HistoryEntry& entry : history()) {
      out += (out.empty() ? "" : ", ") + std::string(to_string(entry.event)) + " " + std::to_string(entry.download_id);
    }
    return out;
  }
  std::int64_t blocked() { return *host.records.blocklist().count(); }

 private:
  int commands_ = 0;
};

TEST_F(HistoryWriterTest, ALifeIsToldInItsOrder) {
  const std::int64_t film = make(wish("Alien", 1979)).id;
  const std::int64_t id = enqueue("a", film);
  claim();
  change(id, DownloadState::dispatching, DownloadState::downloading, sdk::Actor::worker);
  change(id, DownloadState::downloading, DownloadState::blocked, sdk::Actor::reconciler, "the disk is full");
  change(id, DownloadState::blocked, DownloadState::queued, sdk::Actor::user, "retried by a person");
  claim();
  change(id, DownloadState::dispatching, DownloadState::queued, sdk::Actor::worker, "later");
  claim();
  change(id, DownloadState::dispatching, DownloadState::downloading, sdk::Actor::worker);
  change(id, DownloadState::downloading, DownloadState::completed, sdk::Actor::reconciler);
  cancel(id, DownloadState::completed);
  EXPECT_EQ(step(host), 2000);
  EXPECT_EQ(told(), "grabbed 1, blocked 1, retried 1, completed 1, cancelled 1");
  const HistoryEntry first = history().front();
  EXPECT_EQ(first.title, "Film a");
  EXPECT_EQ(first.release_key, "a");
  EXPECT_EQ(first.indexer, "site");
  EXPECT_EQ(first.size_bytes, 1000);
  EXPECT_EQ(first.movie_id, film);
  EXPECT_EQ(first.at_ms, 1'700'000'000'000);
  EXPECT_EQ(history().at(1).reason, "the disk is full");
  EXPECT_TRUE(host.log.empty());
}

TEST_F(HistoryWriterTest, NothingIsToldTwice) {
  cancel(enqueue("a"));
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(step(host));
    static_cast<void>(step(other));
  }
  cancel(enqueue("b"));
  static_cast<void>(step(other));
  static_cast<void>(step(host));
  EXPECT_EQ(told(), "grabbed 1, cancelled 1, grabbed 2, cancelled 2");
}

TEST_F(HistoryWriterTest, AHostWithoutTheDutyWritesNothingAndLooksAgain) {
  static_cast<void>(enqueue("a"));
  host.on_duty = false;
  EXPECT_EQ(step(host), 5000);
  EXPECT_EQ(told(), "");
  host.on_duty = true;
  static_cast<void>(step(host));
  EXPECT_EQ(told(), "grabbed 1");
}

TEST_F(HistoryWriterTest, OfTwoThatWriteAtTheSameMomentOneSucceeds) {
  static_cast<void>(step(host));
  cancel(enqueue("a"));
  host.store.before_write = [&] { static_cast<void>(step(other)); };
  static_cast<void>(step(host));
  EXPECT_EQ(told(), "grabbed 1, cancelled 1");
  EXPECT_TRUE(host.log.empty()) << "that is no trouble";
  cancel(enqueue("b"));
  static_cast<void>(step(host));
  EXPECT_EQ(told(), "grabbed 1, cancelled 1, grabbed 2, cancelled 2");
}

TEST_F(HistoryWriterTest, AHostThatDiedIsFollowedByOneThatKnowsNothing) {
  cancel(enqueue("a"));
  static_cast<void>(step(host));
  cancel(enqueue("b"));
  Host next(clock, queue, shared);
  static_cast<void>(step(next));
  EXPECT_EQ(told(), "grabbed 1, cancelled 1, grabbed 2, cancelled 2");
}

TEST_F(HistoryWriterTest, AnAnswerThatWasLostIsResolvedByReading) {
  for (const Trouble trouble : {Trouble::lost_after, Trouble::lost_before, Trouble::down}) {
    static_cast<void>(enqueue("key " + std::to_string(static_cast<int>(trouble))));
    host.store.next_writes = {trouble};
    EXPECT_EQ(step(host), 5000);
    static_cast<void>(step(host));
  }
  EXPECT_EQ(told(), "grabbed 1, grabbed 2, grabbed 3");
}

TEST_F(HistoryWriterTest, TheSameTroubleIsLoggedOnce) {
  static_cast<void>(enqueue("a"));
  host.store.next_writes = {Trouble::down, Trouble::down, Trouble::down};
  for (int i = 0; i < 3; ++i) { static_cast<void>(step(host)); }
  ASSERT_EQ(host.log.size(), 1U);
  EXPECT_NE(host.log[0].find("it is down"), std::string::npos);
  static_cast<void>(step(host));
  EXPECT_EQ(told(), "grabbed 1");
}

TEST_F(HistoryWriterTest, MoreThanAPageIsWrittenPageByPage) {
  for (int i = 0; i < 450; ++i) { static_cast<void>(enqueue("key " + std::to_string(i))); }
  EXPECT_EQ(step(host), 0);
  EXPECT_EQ(history().size(), 200U);
  EXPECT_EQ(step(host), 0);
  EXPECT_EQ(step(host), 2000);
  EXPECT_EQ(history().size(), 450U);
}

TEST_F(HistoryWriterTest, EventsThatTellNothingMoveTheCursorNowAndThen) {
  const std::int64_t id = enqueue("a");
  static_cast<void>(step(host));
  const std::int64_t before = read_setting(host.records.client(), settings::kHistoryCursor)->value;
  for (int i = 0; i < 600; ++i) {
    claim();
    change(id, DownloadState::dispatching, DownloadState::queued, sdk::Actor::worker, "later");
    if (i % 50 == 0) { static_cast<void>(step(host)); }
  }
  for (int i = 0; i < 10; ++i) { static_cast<void>(step(host)); }
  EXPECT_GE(read_setting(host.records.client(), settings::kHistoryCursor)->value, before + 1000);
  EXPECT_EQ(told(), "grabbed 1");
}

TEST_F(HistoryWriterTest, WhereTheCursorWasLostNothingIsToldAgain) {
  cancel(enqueue("a"));
  static_cast<void>(step(host));
  sdk::RecordWrite remove;
  remove.kind = sdk::WriteKind::remove;
  remove.collection = settings::kName;
  remove.id = 1;
  ASSERT_EQ(host.records.client().write_surely(remove)->result, sdk::WriteResult::applied);
  static_cast<void>(enqueue("b"));
  static_cast<void>(step(host));  // meets it
  static_cast<void>(step(host));
  EXPECT_EQ(told(), "grabbed 1, cancelled 1, grabbed 2");
}

TEST_F(HistoryWriterTest, ACursorThatCannotBeReadIsFoundAgain) {
  const std::string long_value = "a\n" + std::string(100, 'b');
  for (const auto& [value, shown] : {std::pair(std::string("x"), std::string("was \"x\", no number")),
                                     std::pair(std::string("-5"), std::string("was \"-5\"")),
                                     std::pair(long_value, "was \"a?" + std::string(38, 'b') + "…\"")}) {
    const std::size_t told_before = history().size();
    cancel(enqueue(shown));
    static_cast<void>(step(host));
    cancel(enqueue(shown + " again"));  // the history does not know of these yet
    ASSERT_NO_FATAL_FAILURE(testing::set_setting(host.records.client(), settings::kHistoryCursor, value));
    Host next(clock, queue, shared);
    static_cast<void>(step(next));
    EXPECT_EQ(history().size(), told_before + 4);
    ASSERT_EQ(next.log.size(), 1U);
    EXPECT_NE(next.log[0].find(shown), std::string::npos) << next.log[0];
    static_cast<void>(step(next));
    // It is a number again, so nobody tells it twice.
    Host later(clock, queue, shared);
    static_cast<void>(step(later));
    EXPECT_EQ(next.log.size() + later.log.size(), 1U);
    EXPECT_EQ(history().size(), told_before + 4);
  }
}

TEST_F(HistoryWriterTest, AnEntryOfAnEventThatNeverWasHoldsNothingUp) {
  cancel(enqueue("a"));
  static_cast<void>(step(host));
  const sdk::Assignment absurd = assign(history::kEventSequence, integer(9'000'000'000'000'000'000));
  sdk::RecordWrite write;
  write.kind = sdk::WriteKind::update;
  write.collection = history::kName;
  write.id = 1;
  write.values = {&absurd, 1};
  ASSERT_EQ(host.records.client().write_surely(write)->result, sdk::WriteResult::applied);
  cancel(enqueue("b"));
  Host next(clock, queue, shared);
  static_cast<void>(step(next));
  EXPECT_EQ(told(), "grabbed 1, cancelled 1, grabbed 2, cancelled 2");
}

TEST_F(HistoryWriterTest, ACursorThatCannotBeReadIsMendedAlsoWhenNothingHappens) {
  cancel(enqueue("a"));
  static_cast<void>(step(host));
  const Setting before = *read_setting(host.records.client(), settings::kHistoryCursor);
  ASSERT_NO_FATAL_FAILURE(testing::set_setting(host.records.client(), settings::kHistoryCursor, ""));
  Host next(clock, queue, shared);
  EXPECT_EQ(step(next), 2000);
  const Setting after = *read_setting(host.records.client(), settings::kHistoryCursor);
  EXPECT_EQ(after.unreadable, "");
  EXPECT_EQ(after.value, before.value);
  EXPECT_EQ(told(), "grabbed 1, cancelled 1");
}

TEST_F(HistoryWriterTest, OfARowThatWasPrunedTheEventIsAllThatIsKnown) {
  const std::int64_t id = enqueue("a");
  cancel(id);
  sdk::BasicContext ctx(clock, 1000, "test");
  std::int64_t removed = 0;
  clock.advance(1000);
  ASSERT_TRUE(
      queue.prune(ctx, 1U << static_cast<unsigned>(DownloadState::cancelled), clock.wall_ms(), 10, removed).ok());
  ASSERT_EQ(removed, 1);
  static_cast<void>(step(host));
  EXPECT_EQ(told(), "grabbed 1, cancelled 1");
  EXPECT_EQ(history().at(1).title, "");
  EXPECT_EQ(history().at(1).reason, "removed");
}

TEST_F(HistoryWriterTest, AFilmThatNeverWasIsLeftOut) {
  sdk::testing::MemoryQueueStore old_queue{clock};  // of a time without films: not linked
  sdk::NewDownload item;
  item.command_id = "old";
  item.lane = "downloads";
  item.release_key = "a";
  item.movie_id = 603;
  sdk::BasicContext ctx(clock, 1000, "test");
  sdk::Outcomes outcomes;
  ASSERT_TRUE(old_queue.enqueue(ctx, {&item, 1}, outcomes).ok());
  Host old_host(clock, old_queue, shared);
  static_cast<void>(step(old_host));
  ASSERT_EQ(history().size(), 1U);
  EXPECT_EQ(history().front().movie_id, 0);
}

TEST_F(HistoryWriterTest, ADamagedTextHoldsNothingUp) {
  using namespace std::string_view_literals;
  fail(enqueue("a\xFF"), sdk::Code::not_found, "it said \xC3 and \0 and ended"sv);
  static_cast<void>(step(host));
  EXPECT_EQ(told(), "grabbed 1, failed 1");
  EXPECT_EQ(history().at(1).release_key, "a\uFFFD");
  EXPECT_EQ(history().at(1).reason, "it said \uFFFD and \uFFFD and ended");
  EXPECT_EQ(blocked(), 1);
  EXPECT_TRUE(host.log.empty());
}

TEST_F(HistoryWriterTest, WhatCannotBeDownloadedIsBlocked) {
  const std::int64_t film = make(wish("Alien", 1979)).id;
  fail(enqueue("guid:site:17", film), sdk::Code::not_found, "the site answered 404: the .torrent is gone");
  static_cast<void>(step(host));
  EXPECT_EQ(told(), "grabbed 1, failed 1");
  std::vector<BlocklistEntry> entries;
  ASSERT_TRUE(host.records.blocklist().list(false, {}, [&](const BlocklistEntry& e) { entries.push_back(e); }));
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].release_key, "guid:site:17");
  EXPECT_EQ(entries[0].movie_id, film);
  EXPECT_EQ(entries[0].title, "Film guid:site:17");
  EXPECT_EQ(entries[0].reason, "the site answered 404: the .torrent is gone");
}

TEST_F(HistoryWriterTest, WhatFailedForAnotherReasonIsNotBlocked) {
  fail(enqueue("a"), sdk::Code::unavailable, "the site is down");
  fail(enqueue("b"), sdk::Code::conflict, "the same torrent is in the queue already");
  fail(enqueue("url:1", 0, ""), sdk::Code::not_found, "no search finds this link again");
  const std::int64_t gone = enqueue("c");
  claim();
  change(gone, DownloadState::dispatching, DownloadState::downloading, sdk::Actor::worker);
  change(gone, DownloadState::downloading, DownloadState::failed, sdk::Actor::reconciler, "it is gone from the client",
         sdk::Code::not_found);
  const std::int64_t again = enqueue("d");
  fail(again, sdk::Code::invalid, "no torrent");
  change(again, DownloadState::failed, DownloadState::queued, sdk::Actor::user, "retried by a person");
  static_cast<void>(step(host));
  EXPECT_EQ(history().size(), 11U);
  EXPECT_EQ(blocked(), 0);
}

TEST_F(HistoryWriterTest, FiltersTellOneFilmOrOneKind) {
  const std::int64_t film = make(wish("Alien", 1979)).id;
  cancel(enqueue("a", film));
  cancel(enqueue("b"));
  static_cast<void>(step(host));
  const History& all = host.records.history();
  EXPECT_EQ(*all.count({}), 4);
  EXPECT_EQ(*all.count({film, {}}), 2);
  EXPECT_EQ(*all.count({0, HistoryEvent::grabbed}), 2);
  EXPECT_EQ(*all.count({film, HistoryEvent::cancelled}), 1);
  EXPECT_EQ(*all.count({99, {}}), 0);
}

}  // namespace
}  // namespace quarry::records
