// SPDX-License-Identifier: MIT
#include "commit_line.hpp"

#include <quarry/sdk/testing/fake_host.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace quarry::storage_sql {
namespace {

/// Remembers how large its groups were, and holds the first until it is let go.
class Counting final : public CommitLine::Runner {
 public:
  std::size_t run(sdk::CallContext&, std::span<CommitLine::Ticket* const> group) noexcept override {
    while (!go) { std::this_thread::yield(); }
    sizes.push_back(group.size());
    for (const CommitLine::Ticket* ticket : group) { (*ticket->command)(); }
    return group.size();
  }
  std::atomic<bool> go{false};
  std::vector<std::size_t> sizes;
};

TEST(CommitLine, OnlyThoseOfAPartyShareATransaction) {
  sdk::testing::FakeHost host;
  Counting runner;
  CommitLine line(runner);
  std::vector<std::thread> threads;
  std::vector<int> order;
  const auto call = [&](int name, std::string_view party) {
    const std::size_t before = line.waiting();
    threads.emplace_back([&, name, party] {
      sdk::BasicContext ctx = host.context();
      line.run(ctx, 1, [&, name] { order.push_back(name); }, {true, party});
    });
    while (line.waiting() == before) { std::this_thread::yield(); }  // they stand in line in this order
  };
  call(0, "");
  for (const int name : {1, 2}) { call(name, ""); }
  call(3, "lane");
  call(6, "lane");
  call(7, "other");
  for (const int name : {4, 5}) { call(name, ""); }
  runner.go = true;
  for (std::thread& thread : threads) { thread.join(); }
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 6, 7, 4, 5}));
  EXPECT_EQ(runner.sizes, (std::vector<std::size_t>{1, 2, 2, 1, 2}));
}

}  // namespace
}  // namespace quarry::storage_sql
