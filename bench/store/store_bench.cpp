// SPDX-License-Identifier: MIT
// Drives a store plugin as the host does: its shared library, through the SDK's interface.
//
//   quarry-bench-store LIBRARY fill|held|enqueue|claim COUNT SECONDS FIRST THREADS PER
//
// The plugin's configuration, as JSON, is in BENCH_CONFIG, since it may hold a password. fill makes the queue when it
// is missing, writes COUNT rows into it and lets many be active at once; held does the same and puts the queue on hold.
// The other modes are those of the floors, sqlite_floor.c and postgres_floor.c, which do the same work.
#include "plugin_library.hpp"
#include "workload.h"

#include <quarry/sdk/abi/queue_store.hpp>

#include <array>
#include <atomic>
#include <cstring>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
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
    rows.push_back({row.id, row.epoch});
    return true;
  }
  std::vector<sdk::LeaseRef> rows;
};

/// Runs `work` in so many threads; the first exception of any is thrown here.
template <class Work>
void in_threads(std::int64_t threads, const Work& work) {
  std::mutex mutex;
  std::exception_ptr failed;
  std::vector<std::thread> all;
  for (std::int64_t i = 0; i < threads; ++i) {
    all.emplace_back([&] {
      try {
        work();
      } catch (...) {
        const std::lock_guard lock(mutex);
        failed = std::current_exception();
      }
    });
  }
  for (std::thread& thread : all) { thread.join(); }
  if (failed) { std::rethrow_exception(failed); }
}

/// What is to be measured.
struct Order {
  std::int64_t count, first, threads, per;
  double until;
};

class Driver {
 public:
  Driver(const std::string& library, const std::string& config)
      : plugin_(library, config), store_(plugin_.get<sdk::QueueStore>()) {
    sdk::BasicContext ctx = plugin_.context();
    must(ctx, store_.open(ctx), "open");
    warm_up();
  }

  /// Writes rows, `per` in each call. How many.
  std::int64_t enqueue(const Order& order) {
    std::atomic<std::int64_t> next = 0;
    std::atomic<std::int64_t> done = 0;
    in_threads(order.threads, [&] {
      std::vector<bench_row> texts(static_cast<std::size_t>(order.per));
      std::vector<sdk::NewDownload> items;
      while (bench_now_us() < order.until) {
        const std::int64_t from = next.fetch_add(order.per);
        if (from >= order.count) { return; }
        items.clear();
        for (std::int64_t i = 0; i < std::min(order.per, order.count - from); ++i) {
          bench_row& row = texts[static_cast<std::size_t>(i)];
          bench_make_row(&row, order.first + from + i);
          items.push_back(item_of(row));
        }
        OnlyApplied outcomes;
        sdk::BasicContext ctx = plugin_.context();
        must(ctx, store_.enqueue(ctx, items, outcomes), "enqueue");
        if (outcomes.applied != static_cast<std::int64_t>(items.size())) {
          throw std::runtime_error("enqueue: some rows are in the queue already; use another FIRST");
        }
        done += outcomes.applied;
      }
    });
    return done;
  }

  void set_lane(std::int32_t hold) {
    sdk::LaneSettings lane;
    lane.lane = BENCH_LANE;
    lane.max_active = BENCH_MAX_ACTIVE;
    lane.hold = hold;
    sdk::BasicContext ctx = plugin_.context();
    must(ctx, store_.set_lane(ctx, lane), "set_lane");
  }

  void claim_and_finish(const Order& order) {
    std::atomic<std::int64_t> next = 0;
    std::atomic<std::int64_t> done = 0;
    std::vector<double> claims(static_cast<std::size_t>(order.count));
    std::vector<double> finishes(static_cast<std::size_t>(order.count));
    const double start = bench_now_us();
    in_threads(order.threads, [&] {
      double last = bench_now_us();
      while (last < order.until) {
        const std::int64_t n = next++;
        if (n * order.per >= order.count) { return; }
        const std::vector<sdk::LeaseRef> rows = claim(order.first + n, order.per);
        if (rows.empty()) { return; }
        const double between = bench_now_us();
        finish((order.first + n) * order.per, rows);
        claims[static_cast<std::size_t>(n)] = between - last;
        last = bench_now_us();
        finishes[static_cast<std::size_t>(n)] = last - between;
        done += static_cast<std::int64_t>(rows.size());
      }
    });
    std::printf("count %lld\n", static_cast<long long>(done.load()));
    bench_print_rate("rate", done, bench_now_us() - start);
    bench_print_latency("claim", claims.data(), bench_drop_zeros(claims.data(), order.count));
    bench_print_latency("finish", finishes.data(), bench_drop_zeros(finishes.data(), order.count));
  }

 private:
  /// Connections are made with the first command that needs one; these change no row.
  void warm_up() {
    sdk::ClaimRequest request;
    request.command_id = "warm-up";
    request.lane = "warm-up";
    request.owner = BENCH_OWNER;
    Claimed claimed;
    sdk::BasicContext ctx = plugin_.context();
    must(ctx, store_.claim(ctx, request, claimed), "claim");
    const sdk::LeaseRef nobody = {-1, 0};
    OnlyApplied outcomes;
    sdk::BasicContext again = plugin_.context();
    must(again, store_.heartbeat(again, BENCH_OWNER, BENCH_LEASE_MS, std::span(&nobody, 1), outcomes), "heartbeat");
  }

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

  std::vector<sdk::LeaseRef> claim(std::int64_t number, std::int64_t most) {
    char command[32];
    bench_claim_command(command, number);
    sdk::ClaimRequest request;
    request.limit = static_cast<std::int32_t>(most);
    request.command_id = command;
    request.lane = BENCH_LANE;
    request.owner = BENCH_OWNER;
    request.lease_ms = BENCH_LEASE_MS;
    Claimed claimed;
    sdk::BasicContext ctx = plugin_.context();
    must(ctx, store_.claim(ctx, request, claimed), "claim");
    return claimed.rows;
  }

  void finish(std::int64_t number, const std::vector<sdk::LeaseRef>& rows) {
    std::vector<std::array<char, 32>> commands(rows.size());
    std::vector<sdk::Transition> changes(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      bench_finish_command(commands[i].data(), number + static_cast<std::int64_t>(i));
      sdk::Transition& change = changes[i];
      change.command_id = commands[i].data();
      change.id = rows[i].id;
      change.epoch = rows[i].epoch;
      change.from = sdk::DownloadState::dispatching;
      change.to = sdk::DownloadState::failed;
      change.reason = BENCH_REASON;
      change.patch.fields = sdk::kPatchError;
      change.patch.error_code = sdk::Code::internal;
      change.patch.error = BENCH_REASON;
    }
    OnlyApplied outcome;
    sdk::BasicContext ctx = plugin_.context();
    must(ctx, store_.transition(ctx, changes, outcome), "transition");
    if (outcome.applied != static_cast<std::int64_t>(rows.size())) {
      throw std::runtime_error("transition: the store refused it");
    }
  }

  PluginLibrary plugin_;
  sdk::QueueStore& store_;
};

void run(char** argv) {
  const char* config = std::getenv("BENCH_CONFIG");
  if (config == nullptr) { throw std::runtime_error("BENCH_CONFIG is not set"); }
  Driver driver(argv[1], config);
  const std::string mode = argv[2];
  const double start = bench_now_us();
  const Order order = {std::atoll(argv[3]), std::atoll(argv[5]), std::atoll(argv[6]), std::atoll(argv[7]),
                       start + std::atof(argv[4]) * 1e6};
  if (mode == "claim") {
    driver.claim_and_finish(order);
    return;
  }
  const std::int64_t done = driver.enqueue(order);
  bench_print_rate("rate", done, bench_now_us() - start);
  std::printf("count %lld\n", static_cast<long long>(done));
  if (mode == "fill" || mode == "held") { driver.set_lane(mode == "held" ? 1 : 0); }
}

}  // namespace
}  // namespace quarry::bench

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr, "usage: quarry-bench-store LIBRARY fill|held|enqueue|claim COUNT SECONDS FIRST THREADS PER\n");
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
