// SPDX-License-Identifier: MIT
// Callers who wait at the same time share a statement, and each is told what is its own.
#include "session.hpp"
#include "test_store.hpp"
#include "writer.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace quarry::storage_postgres {
namespace {

using sdk::CommandResult;
using testing::TestDatabase;

constexpr int kCallers = 5;

class SharedLines : public testing::StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) { return; }
    for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) { ASSERT_TRUE(enqueue(name)); }
  }
  static void set_limit(int most) {
    TestDatabase::get().run("INSERT INTO lane (name, max_active, hold) VALUES ('downloads', " + std::to_string(most) +
                            ", 0) ON CONFLICT (name) DO UPDATE SET max_active = excluded.max_active");
  }
  static sdk::ClaimRequest request(std::string_view command, std::int32_t limit, std::string_view owner = "owner") {
    sdk::ClaimRequest request;
    request.limit = limit;
    request.command_id = command;
    request.lane = "downloads";
    request.owner = owner;
    request.lease_ms = 60'000;
    return request;
  }
  std::vector<std::int64_t> claim(std::string_view command, std::int32_t limit, std::string_view lane = "downloads") {
    std::vector<std::int64_t> ids;
    sdk::ClaimRequest wanted = request(command, limit);
    wanted.lane = lane;
    auto sink = sdk::download_sink([&](const sdk::DownloadView& row) { ids.push_back(row.id); });
    sdk::BasicContext ctx(clock_, kLongMs, "test");
    EXPECT_TRUE(store_->claim(ctx, wanted, sink).ok()) << ctx.text();
    return ids;
  }
  /// The rows of each request of one call.
  static std::vector<std::vector<std::int64_t>> claim_together(const std::vector<sdk::ClaimRequest>& requests) {
    Session session(Server::of(config()), Access::writer);
    Writer writer(session);
    std::vector<std::vector<std::int64_t>> all;
    for (const Rows& rows : writer.claim(requests)) {
      auto& ids = all.emplace_back();
      for (const auto& row : rows) { ids.push_back(row.view().id); }
    }
    return all;
  }
  /// Runs `call(n)` in kCallers threads: the first waits for the lock that `lock` takes, the others for the first.
  template <class Call>
  void together(const std::string& lock, const Call& call) {
    TestDatabase::get().run("BEGIN; " + lock);
    std::vector<std::thread> threads;
    std::atomic<int> ended = 0;
    for (int n = 0; n < kCallers; ++n) {
      threads.emplace_back([&, n] {
        call(n);
        ++ended;
      });
      while (ended == 0 && store_->waiting() != static_cast<std::size_t>(n) + 1) { std::this_thread::yield(); }
    }
    EXPECT_EQ(ended, 0) << "somebody did not wait";
    TestDatabase::get().run("COMMIT");
    for (std::thread& thread : threads) { thread.join(); }
  }
};
using Ids = std::vector<std::vector<std::int64_t>>;

TEST_F(SharedLines, ClaimsShareWhatIsFreeInTheirOrder) {
  set_limit(6);
  EXPECT_EQ(claim_together({request("x", 2), request("y", 3), request("z", 9), request("w", 1)}),
            (Ids{{1, 2}, {3, 4, 5}, {6}, {}}));
}

TEST_F(SharedLines, AClaimSentAgainBesideOthersAnswersItsRowsOnly) {
  set_limit(6);
  ASSERT_EQ(claim_together({request("x", 2), request("y", 1)}), (Ids{{1, 2}, {3}}));
  EXPECT_EQ(claim_together({request("new", 1), request("x", 2), request("newer", 9)}), (Ids{{4}, {1, 2}, {5, 6}}));
  EXPECT_EQ(claim_together({request("y", 1), request("new", 1)}), (Ids{{3}, {4}}));
}

TEST_F(SharedLines, ClaimsOfSeveralOwnersAreEachTheirOwn) {
  set_limit(6);
  const std::vector<sdk::ClaimRequest> requests = {request("x", 2), request("x", 2, "another"), request("x", 1)};
  EXPECT_FALSE(Writer::is_one_statement(requests));
  EXPECT_EQ(claim_together(requests), (Ids{{1, 2}, {3, 4}, {1, 2}}));
}

TEST_F(SharedLines, TheSameClaimTwiceTakesItsRowsOnce) {
  set_limit(6);
  EXPECT_EQ(claim_together({request("x", 2), request("x", 2)}), (Ids{{1, 2}, {1, 2}}));
}

TEST_F(SharedLines, ClaimsThatWaitForEachOtherGoTogether) {
  set_limit(6);
  Ids taken(kCallers);
  const std::int64_t before = store_->groups();
  together("SELECT name FROM lane WHERE name = 'downloads' FOR NO KEY UPDATE",
           [&](int n) { taken[static_cast<std::size_t>(n)] = claim("claim" + std::to_string(n), 2); });
  EXPECT_EQ(store_->groups() - before, 2);
  EXPECT_EQ(taken, (Ids{{1, 2}, {3, 4}, {5, 6}, {}, {}}));
}

TEST_F(SharedLines, ChangesThatWaitForEachOtherGoTogether) {
  set_limit(kCallers);
  ASSERT_EQ(claim("claim", kCallers).size(), static_cast<std::size_t>(kCallers));
  std::vector<CommandResult> results(kCallers, CommandResult::unavailable);
  const std::int64_t before = store_->groups();
  together("SELECT id FROM download_state WHERE id = 1 FOR UPDATE", [&](int n) {
    const std::string command = "change" + std::to_string(n);
    sdk::Transition change;
    change.command_id = command;
    change.id = n + 1;
    change.epoch = n == 3 ? 7 : 1;  // one does not fit
    change.from = sdk::DownloadState::dispatching;
    change.to = sdk::DownloadState::failed;
    sdk::BasicContext ctx(clock_, kLongMs, "test");
    sdk::Outcomes outcomes;
    EXPECT_TRUE(store_->transition(ctx, std::span(&change, 1), outcomes).ok()) << ctx.text();
    results[static_cast<std::size_t>(n)] = outcomes.all.front().result;
  });
  EXPECT_EQ(store_->groups() - before, 2);
  constexpr auto kApplied = CommandResult::applied;
  EXPECT_EQ(results, (std::vector{kApplied, kApplied, kApplied, CommandResult::stale_epoch, kApplied}));
}

TEST_F(SharedLines, ClaimsOfSeveralLanesAreCommittedApart) {
  set_limit(6);
  const std::int64_t before = store_->groups();
  together("SELECT name FROM lane WHERE name = 'downloads' FOR NO KEY UPDATE", [&](int n) {
    claim("claim" + std::to_string(n), 1, n < 2 ? "downloads" : n == 2 ? "films" : "series");
  });
  EXPECT_EQ(store_->groups() - before, 4) << "the first, who waited with others behind, and one for each lane";
}

TEST_F(SharedLines, WhoLeadsWithoutTimeTakesNobodyAlong) {
  set_limit(kCallers);
  ASSERT_EQ(claim("claim", kCallers).size(), static_cast<std::size_t>(kCallers));
  TestDatabase& database = TestDatabase::get();
  database.run("BEGIN; SELECT id FROM download_state WHERE id IN (1, 2) FOR UPDATE");
  const auto fail = [&](std::int64_t id, std::int64_t time_ms) {
    const std::string command = "change" + std::to_string(id);
    sdk::Transition change;
    change.command_id = command;
    change.id = id;
    change.epoch = 1;
    change.from = sdk::DownloadState::dispatching;
    change.to = sdk::DownloadState::failed;
    sdk::BasicContext ctx(clock_, time_ms, "test");
    sdk::Outcomes outcomes;
    return store_->transition(ctx, std::span(&change, 1), outcomes).code;
  };
  std::vector<std::future<sdk::Code>> answers;
  // The first two want rows that are locked; the third, in a group with the second, a free one.
  for (const auto& [id, time_ms] : {std::pair{1, 1000}, {2, 1500}, {3, 20'000}}) {
    answers.push_back(std::async(std::launch::async, fail, id, time_ms));
    while (store_->waiting() < answers.size()) { std::this_thread::yield(); }
  }
  EXPECT_NE(answers[0].get(), sdk::Code::ok);
  EXPECT_NE(answers[1].get(), sdk::Code::ok);
  EXPECT_EQ(answers[2].get(), sdk::Code::ok);
  database.run("COMMIT");
}

}  // namespace
}  // namespace quarry::storage_postgres
