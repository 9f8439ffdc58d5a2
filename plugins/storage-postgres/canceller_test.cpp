// SPDX-License-Identifier: MIT
// Callers who give up while the server works for them, on a real server: they hear of it soon, and nobody else does.
#include "canceller.hpp"

#include "failures.hpp"
#include "postgres_admin.hpp"
#include "postgres_records.hpp"
#include "raw_rows.hpp"
#include "test_store.hpp"

#include <quarry/sdk/testing/record_store_caller.hpp>
#include <storage-sql/moving_tables.hpp>

#include <atomic>
#include <future>
#include <random>
#include <thread>

namespace quarry::storage_postgres {
namespace {

using sdk::Code;
using testing::TestDatabase;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kLongMs = 20'000;
/// Long before the deadline; the rest is what a busy machine may take.
constexpr std::chrono::seconds kSoon{5};

/// Given up at its so-manieth look, and with time left for ever.
class GivesUpAtLook final : public sdk::CallContext {
 public:
  explicit GivesUpAtLook(int look) : left_(look) {}
  [[nodiscard]] std::int64_t remaining_ms() const noexcept override { return kLongMs; }
  [[nodiscard]] bool cancelled() const noexcept override { return --left_ < 0; }
  [[nodiscard]] std::string_view request_id() const noexcept override { return "test"; }
  sdk::Status fail(sdk::Status status, std::string_view) noexcept override { return status; }

 private:
  mutable std::atomic<int> left_;
};

/// Rows that another session holds: whoever wants them waits.
class Held {
 public:
  explicit Held(const std::string& tables) {
    TestDatabase::get().run("BEGIN; LOCK TABLE " + tables + " IN ACCESS EXCLUSIVE MODE");
  }
  ~Held() { let_go(); }
  void let_go() { TestDatabase::get().run("ROLLBACK"); }
};

/// A call that is cancelled while it waits for `tables`.
template <class Call>
void expect_ends_soon(const std::string& tables, const Call& call) {
  const sdk::SystemClock clock;
  sdk::BasicContext ctx(clock, kLongMs, "test");
  const Held held(tables);
  auto answer = std::async(std::launch::async, [&] { return call(ctx); });
  ASSERT_TRUE(TestDatabase::get().is_waited_for()) << "nobody waits for the lock";
  const auto begun = Clock::now();
  ctx.cancel();
  EXPECT_EQ(answer.get().code, Code::cancelled) << ctx.text();
  EXPECT_LT(Clock::now() - begun, kSoon);
}

constexpr char kQueueTables[] = "download_state, download_origin, event, lane, metainfo, status_count";

class CancelledReads : public testing::StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (store_ != nullptr) { ASSERT_TRUE(enqueue("a")); }
  }
  sdk::Status find(sdk::CallContext& ctx) {
    auto row = sdk::download_sink([](const sdk::DownloadView&) {});
    sdk::FindRequest request;
    request.id = 1;
    return store_->find(ctx, request, row);
  }
  sdk::Status list(sdk::CallContext& ctx) {
    auto rows = sdk::download_sink([](const sdk::DownloadView&) {});
    std::int64_t total = 0;
    return store_->list(ctx, {}, rows, total);
  }
  sdk::Status stats(sdk::CallContext& ctx) {
    sdk::Stats stats;
    return store_->stats(ctx, "downloads", stats);
  }
  /// An answer of a call that nobody cancels.
  template <class Call>
  void expect_served(const Call& call) {
    sdk::BasicContext ctx(clock_, kLongMs, "test");
    EXPECT_TRUE(call(ctx).ok()) << ctx.text();
  }
};

TEST_F(CancelledReads, EndSoonAndTheNextIsServed) {
  const std::vector<std::function<sdk::Status(sdk::CallContext&)>> calls = {
      [this](sdk::CallContext& ctx) { return find(ctx); }, [this](sdk::CallContext& ctx) { return list(ctx); },
      [this](sdk::CallContext& ctx) { return stats(ctx); }};
  for (const auto& call : calls) {
    expect_served(call);
    // The second waits while it prepares its statements.
    expect_ends_soon(kQueueTables, call);
    expect_ends_soon(kQueueTables, call);
    expect_served(call);
  }
}

TEST_F(CancelledReads, DisturbNobodyElse) {
  sdk::BasicContext given_up(clock_, kLongMs, "test");
  sdk::BasicContext patient(clock_, kLongMs, "test");
  Held held(kQueueTables);
  auto first = std::async(std::launch::async, [&] { return stats(given_up); });
  auto second = std::async(std::launch::async, [&] { return list(patient); });
  ASSERT_TRUE(TestDatabase::get().is_waited_for());
  given_up.cancel();
  EXPECT_EQ(first.get().code, Code::cancelled);
  held.let_go();
  EXPECT_TRUE(second.get().ok()) << patient.text();
}

TEST_F(CancelledReads, ADeadlineIsADeadline) {
  expect_served([this](sdk::CallContext& ctx) { return stats(ctx); });
  const Held held(kQueueTables);
  for (int i = 0; i < 2; ++i) {  // the second prepares its statements
    sdk::BasicContext ctx(clock_, 200, "test");
    EXPECT_EQ(stats(ctx).code, Code::deadline) << ctx.text();
  }
}

TEST_F(CancelledReads, OfRecordsEndSoonToo) {
  PostgresRecords records(*store_);
  sdk::testing::RecordCaller call(records.store(), host_.clock);
  sdk::testing::OwnedCollection films;
  films.name = "films";
  films.fields.emplace_back().name = "title";
  sdk::BasicContext ctx(clock_, kLongMs, "test");
  ASSERT_TRUE(records.store().open(ctx).ok()) << ctx.text();
  const sdk::Failure declared = call.try_declare({films});
  ASSERT_TRUE(declared.status.ok()) << declared.text;
  const auto count = [&](sdk::CallContext& ctx) {
    std::int64_t found = 0;
    return records.store().count(ctx, "films", {}, found);
  };
  expect_served(count);
  expect_ends_soon("rec_films", count);
  expect_served(count);
}

struct NoFindings final : sdk::FindingSink {
  bool add(const sdk::Finding&) noexcept override { return true; }
};
struct NoProgress final : sdk::ProgressSink {
  bool step(std::int64_t, std::int64_t) noexcept override { return true; }
};
struct NoRows final : sdk::RowSink {
  bool add(std::span<const sdk::Value>) noexcept override { return true; }
};

/// Storage administration, on an empty database.
class CancelledAdmin : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
    TestDatabase::get().run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    admin_ = make();
    sdk::BasicContext ctx(clock_, kLongMs, "test");
    ASSERT_TRUE(admin_->open(ctx).ok()) << ctx.text();
  }
  std::unique_ptr<PostgresAdmin> make() {
    return std::make_unique<PostgresAdmin>(host_,
                                           sdk::Config::parse(R"({"url": ")" + TestDatabase::get().url() + R"("})"));
  }
  sdk::SystemClock clock_;
  sdk::testing::FakeHost host_;
  std::unique_ptr<PostgresAdmin> admin_;
};

TEST_F(CancelledAdmin, EndsSoonAndKeepsItsSession) {
  const auto check = [&](sdk::CallContext& ctx) {
    NoFindings findings;
    NoProgress progress;
    return admin_->check(ctx, findings, progress);
  };
  const auto read_rows = [&](sdk::CallContext& ctx) {
    NoRows rows;
    return admin_->read_rows(ctx, "download", {}, 10, rows);
  };
  const auto begin_copy = [&](sdk::CallContext& ctx) { return admin_->begin_copy(ctx, "source", 0, {}); };
  expect_ends_soon("download_state", check);
  expect_ends_soon("download_state", read_rows);
  expect_ends_soon("lane", begin_copy);
  sdk::BasicContext ctx(clock_, kLongMs, "test");
  EXPECT_TRUE(read_rows(ctx).ok()) << ctx.text();
  EXPECT_TRUE(begin_copy(ctx).ok()) << ctx.text();
  const auto write_rows = [&](sdk::CallContext& of) {
    constexpr std::string_view kColumns[] = {"name", "max_active", "hold"};
    const sdk::Value row[] = {storage_sql::text_value("l"), storage_sql::integer_value(1),
                              storage_sql::integer_value(0)};
    return admin_->write_rows(of, "lane", kColumns, row);
  };
  expect_ends_soon("lane", write_rows);
  EXPECT_TRUE(write_rows(ctx).ok()) << ctx.text();
  EXPECT_EQ(make()->open(ctx).code, Code::conflict) << "hosts are kept out all the time";
}

TEST_F(CancelledAdmin, AMigrationThatWaitsEndsSoon) {
  admin_.reset();
  const auto second = make();
  expect_ends_soon("quarry_schema", [&](sdk::CallContext& ctx) {
    sdk::Status status = second->open(ctx);
    // The server notices a moment later that the first connection was closed.
    while (status.code == Code::conflict) { status = second->open(ctx); }
    return status;
  });
  sdk::BasicContext ctx(clock_, kLongMs, "test");
  while (second->open(ctx).code == Code::conflict) {}
  NoRows rows;
  EXPECT_TRUE(second->read_rows(ctx, "download", {}, 10, rows).ok()) << ctx.text();
}

class CancellerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
    server_ = Server::of(sdk::Config::parse(R"({"url": ")" + TestDatabase::get().url() + R"("})"));
  }
  Server server_;
};

/// Empty, or the state with which it failed.
std::string state_of(Session& session, const std::string& sql) {
  try {
    static_cast<void>(RawRows(session.soci()).ask(sql));
  } catch (const PostgresFailure& failure) { return failure.state(); }
  return "";
}

TEST_F(CancellerTest, NeitherALateRequestNorAnEarlyOneHitsAnotherCall) {
  constexpr int kSessions = 4;
  constexpr int kRounds = 100;
  Canceller canceller(Canceller::Milliseconds(1));
  std::atomic<int> cut{0};
  std::atomic<int> in_vain{0};
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < kSessions; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      Session session(server_, Access::reader);
      for (int round = 0; round < kRounds; ++round) {
        // Some milliseconds of work, given up in its middle, near its end or never.
        const std::string work = "SELECT count(*) FROM generate_series(1, " + std::to_string(random() % 40'000) + ")";
        {
          const GivesUpAtLook ctx(static_cast<int>(random() % 8));
          Canceller::Watch watch(canceller, session.cancel_request(), ctx);
          const std::string state = state_of(session, work);
          const bool asked = watch.end();
          EXPECT_TRUE(state.empty() || (asked && state == kQueryCanceled)) << state;
          (state.empty() ? in_vain : cut) += asked ? 1 : 0;
        }
        const GivesUpAtLook patient(1'000'000);
        const Canceller::Watch watch(canceller, session.cancel_request(), patient);
        EXPECT_EQ(state_of(session, "SELECT 1"), "") << "seed " << seed << ", round " << round;
      }
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  EXPECT_GT(cut, 0);
  RecordProperty("cut", cut);
  RecordProperty("in_vain", in_vain);
}

TEST_F(CancellerTest, AsksAgainWhenTheStatementComesAfterTheRequest) {
  Canceller canceller(Canceller::Milliseconds(1));
  Session session(server_, Access::reader);
  const GivesUpAtLook ctx(0);
  Canceller::Watch watch(canceller, session.cancel_request(), ctx);
  for (int i = 0; i < 3; ++i) { EXPECT_EQ(state_of(session, "SELECT pg_sleep(60)"), kQueryCanceled); }
  EXPECT_TRUE(watch.end());
  EXPECT_TRUE(watch.end()) << "it is told as often as anybody asks";
  EXPECT_EQ(state_of(session, "SELECT 1"), "");
}

TEST_F(CancellerTest, AsksNothingBehindAPooler) {
  server_.pooler = true;
  Canceller canceller(Canceller::Milliseconds(1));
  Session session(server_, Access::reader);
  const GivesUpAtLook ctx(0);
  Canceller::Watch watch(canceller, session.cancel_request(), ctx);
  EXPECT_EQ(state_of(session, "SELECT pg_sleep(0.1)"), "");
  EXPECT_FALSE(watch.end());
}

}  // namespace
}  // namespace quarry::storage_postgres
