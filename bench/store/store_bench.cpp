// SPDX-License-Identifier: MIT
// Drives a store plugin as the host does: its shared library, through the SDK's interface.
//
//   quarry-bench-store LIBRARY FILE fill|held|one|batch|claim COUNT SECONDS full|normal FIRST
//
// fill makes FILE when it is missing and writes COUNT rows into it; held does the same and puts the
// queue on hold. The other modes are those of the floor, sqlite_floor.c, which does the same work.
#include "plugin_library.hpp"
#include "workload.h"

#include <quarry/sdk/abi/queue_store.hpp>

#include <cstring>
#include <stdexcept>
#include <vector>

namespace quarry::bench {
namespace {

using sdk::CommandResult;

void must(const sdk::BasicContext& ctx, sdk::Status status, const char* what) {
  if (!status.ok()) { throw std::runtime_error(std::string(what) + ": " + ctx.text()); }
}

struct OnlyApplied final : sdk::OutcomeSink {
  void add(const sdk::Outcome& outcome) noexcept override { applied += outcome.result == CommandResult::applied; }
  std::int64_t applied = 0;
};

struct Claimed final : sdk::DownloadSink {
  bool add(const sdk::DownloadView& row) noexcept override {
    id = row.id;
    epoch = row.epoch;
    return true;
  }
  std::int64_t id = 0;
  std::int64_t epoch = 0;
};

class Driver {
 public:
  Driver(const std::string& library, const std::string& file, const std::string& synchronous)
      : plugin_(library, R"({"path": ")" + file + R"(", "synchronous": ")" + synchronous + "\"}"),
        store_(plugin_.get<sdk::QueueStore>()) {
    sdk::BasicContext ctx = plugin_.context();
    must(ctx, store_.open(ctx), "open");
  }

  /// `count` rows, `per_call` in each call, until the time is over. How many were written.
  std::int64_t enqueue(std::int64_t first, std::int64_t count, std::int64_t per_call, double until) {
    std::vector<bench_row> texts(static_cast<std::size_t>(per_call));
    std::vector<sdk::NewDownload> items;
    std::int64_t done = 0;
    while (done < count && bench_now_us() < until) {
      items.clear();
      for (bench_row& row : texts) {
        if (done + static_cast<std::int64_t>(items.size()) == count) { break; }
        bench_make_row(&row, first + done + static_cast<std::int64_t>(items.size()));
        items.push_back(item_of(row));
      }
      OnlyApplied outcomes;
      sdk::BasicContext ctx = plugin_.context();
      must(ctx, store_.enqueue(ctx, items, outcomes), "enqueue");
      if (outcomes.applied != static_cast<std::int64_t>(items.size())) {
        throw std::runtime_error("enqueue: some rows are in the queue already; use an empty file");
      }
      done += outcomes.applied;
    }
    return done;
  }

  void hold() {
    sdk::LaneSettings lane;
    lane.lane = BENCH_LANE;
    lane.hold = 1;
    sdk::BasicContext ctx = plugin_.context();
    must(ctx, store_.set_lane(ctx, lane), "set_lane");
  }

  void claim_and_finish(std::int64_t first, std::int64_t count, double until) {
    std::vector<double> claims;
    std::vector<double> finishes;
    claims.reserve(static_cast<std::size_t>(count));
    finishes.reserve(static_cast<std::size_t>(count));
    const double start = bench_now_us();
    double last = start;
    for (std::int64_t n = first; n < first + count && last < until; ++n) {
      const Claimed claimed = claim(n);
      if (claimed.id == 0) { break; }
      const double between = bench_now_us();
      finish(n, claimed);
      claims.push_back(between - last);
      last = bench_now_us();
      finishes.push_back(last - between);
    }
    std::printf("count %zu\n", claims.size());
    bench_print_rate("rate", static_cast<std::int64_t>(claims.size()), last - start);
    bench_print_latency("claim", claims.data(), static_cast<std::int64_t>(claims.size()));
    bench_print_latency("finish", finishes.data(), static_cast<std::int64_t>(finishes.size()));
  }

 private:
  static sdk::NewDownload item_of(const bench_row& row) {
    sdk::NewDownload item;
    item.command_id = row.command;
    item.lane = BENCH_LANE;
    item.release_key = row.key;
    item.title = row.title;
    item.indexer = "bench";
    item.guid = row.guid;
    item.download_url = row.url;
    item.size_bytes = row.size;
    item.priority = static_cast<sdk::Priority>(row.priority);
    item.rank_bonus_ms = row.rank_bonus;
    return item;
  }

  Claimed claim(std::int64_t number) {
    char command[32];
    bench_claim_command(command, number);
    sdk::ClaimRequest request;
    request.command_id = command;
    request.lane = BENCH_LANE;
    request.owner = BENCH_OWNER;
    request.lease_ms = BENCH_LEASE_MS;
    Claimed claimed;
    sdk::BasicContext ctx = plugin_.context();
    must(ctx, store_.claim(ctx, request, claimed), "claim");
    return claimed;
  }

  void finish(std::int64_t number, const Claimed& claimed) {
    char command[32];
    bench_finish_command(command, number);
    sdk::Transition change;
    change.command_id = command;
    change.id = claimed.id;
    change.epoch = claimed.epoch;
    change.from = sdk::DownloadState::dispatching;
    change.to = sdk::DownloadState::failed;
    change.reason = BENCH_REASON;
    change.patch.fields = sdk::kPatchError;
    change.patch.error_code = sdk::Code::internal;
    change.patch.error = BENCH_REASON;
    OnlyApplied outcome;
    sdk::BasicContext ctx = plugin_.context();
    must(ctx, store_.transition(ctx, std::span(&change, 1), outcome), "transition");
    if (outcome.applied != 1) { throw std::runtime_error("transition: the store refused it"); }
  }

  PluginLibrary plugin_;
  sdk::QueueStore& store_;
};

void run(char** argv) {
  Driver driver(argv[1], argv[2], argv[6]);
  const std::string mode = argv[3];
  const std::int64_t count = std::atoll(argv[4]);
  const std::int64_t first = std::atoll(argv[7]);
  const double start = bench_now_us();
  const double until = start + std::atof(argv[5]) * 1e6;
  if (mode == "claim") {
    driver.claim_and_finish(first, count, until);
    return;
  }
  const std::int64_t done = driver.enqueue(first, count, mode == "one" ? 1 : BENCH_BATCH, until);
  bench_print_rate("rate", done, bench_now_us() - start);
  std::printf("count %lld\n", static_cast<long long>(done));
  if (mode == "held") { driver.hold(); }
}

}  // namespace
}  // namespace quarry::bench

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr,
                 "usage: quarry-bench-store LIBRARY FILE fill|held|one|batch|claim COUNT SECONDS full|normal FIRST\n");
    return 2;
  }
  try {
    quarry::bench::run(argv);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "quarry-bench-store: %s\n", error.what());
    return 1;
  }
}
