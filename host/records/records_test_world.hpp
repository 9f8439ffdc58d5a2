// SPDX-License-Identifier: MIT
// Several hosts on one storage in memory, and a storage whose answers get lost.
#pragma once

#include "records/collections.hpp"
#include "records/history_writer.hpp"
#include "records/records.hpp"
#include "records/values.hpp"

#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/fake_host.hpp>
#include <quarry/sdk/testing/memory_queue_store.hpp>
#include <quarry/sdk/testing/memory_record_store.hpp>

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quarry::records::testing {

/// What one host has of the storage.
class ShakyStore final : public sdk::RecordStore {
 public:
  ShakyStore(const sdk::Clock& clock, std::shared_ptr<sdk::testing::MemoryRecords> records)
      : store_(clock, std::move(records)) {}

  enum class Trouble {
    none,
    down,         ///< nothing is written
    lost_before,  ///< nobody knows; it was not
    lost_after,   ///< nobody knows; it was
  };
  std::vector<Trouble> next_writes;            ///< of the next writes, the first first; then none
  std::function<void()> before_write = [] {};  ///< what others do this moment
  [[nodiscard]] sdk::testing::MemoryRecordStore& memory() noexcept { return store_; }

  sdk::Status open(sdk::CallContext& ctx) noexcept override { return store_.open(ctx); }
  sdk::Status declare(sdk::CallContext& ctx, std::span<const sdk::CollectionSpec> all) noexcept override {
    return store_.declare(ctx, all);
  }
  sdk::Status schema_version(sdk::CallContext& ctx, std::int64_t& version) noexcept override {
    return store_.schema_version(ctx, version);
  }
  sdk::Status change_schema(sdk::CallContext& ctx, std::int64_t version,
                            std::span<const sdk::SchemaStep> steps) noexcept override {
    return store_.change_schema(ctx, version, steps);
  }
  sdk::Status collections(sdk::CallContext& ctx, sdk::CollectionSink& sink) noexcept override {
    return store_.collections(ctx, sink);
  }
  sdk::Status get(sdk::CallContext& ctx, std::string_view collection, std::int64_t id,
                  sdk::RecordSink& sink) noexcept override {
    return store_.get(ctx, collection, id, sink);
  }
  sdk::Status find(sdk::CallContext& ctx, const sdk::FindRecords& request, sdk::RecordSink& sink) noexcept override {
    return store_.find(ctx, request, sink);
  }
  sdk::Status count(sdk::CallContext& ctx, std::string_view collection, std::span<const sdk::Condition> where,
                    std::int64_t& count) noexcept override {
    return store_.count(ctx, collection, where, count);
  }
  sdk::Status write(sdk::CallContext& ctx, std::span<const sdk::RecordWrite> writes,
                    sdk::WriteSink& sink) noexcept override {
    std::exchange(before_write, [] {})();
    const Trouble trouble = next_writes.empty() ? Trouble::none : next_writes.front();
    if (!next_writes.empty()) { next_writes.erase(next_writes.begin()); }
    if (trouble == Trouble::none) { return store_.write(ctx, writes, sink); }
    if (trouble == Trouble::down) { return ctx.fail({sdk::Code::unavailable, sdk::kRetryable, 0, 0}, "it is down"); }
    struct Nowhere final : sdk::WriteSink {
      void add(const sdk::WriteOutcome&) noexcept override {}
    } nowhere;
    if (trouble == Trouble::lost_after) { static_cast<void>(store_.write(ctx, writes, nowhere)); }
    return ctx.fail({sdk::Code::unavailable, sdk::kRetryable | sdk::kMaybeApplied, 0, 0}, "lost in COMMIT");
  }

 private:
  sdk::testing::MemoryRecordStore store_;
};

using Trouble = ShakyStore::Trouble;

/// Writes a setting as somebody does who changes the table by hand.
inline void set_setting(const RecordClient& client, std::string_view name, std::string_view value) {
  const std::array values = {assign(settings::kKey, text(name)), assign(settings::kValue, text(value))};
  sdk::RecordWrite write;
  write.kind = sdk::WriteKind::upsert;
  write.collection = settings::kName;
  write.key = settings::kKey;
  write.values = values;
  ASSERT_EQ(client.write_surely(write)->result, sdk::WriteResult::applied);
}

/// One host: its store, its records, its writer of the history.
struct Host {
  Host(sdk::testing::ManualClock& clock, sdk::testing::MemoryQueueStore& queue,
       std::shared_ptr<sdk::testing::MemoryRecords> shared)
      : store(clock, std::move(shared)),
        records(store, clock, [this](const std::string& text) { set_aside.push_back(text); }),
        writer(ports(clock, queue)) {
    const auto opened = records.open();
    EXPECT_TRUE(opened) << opened.error().text;
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  ShakyStore store;
  std::vector<std::string> set_aside;  ///< what was told of records that are
  Records records;
  bool on_duty = true;
  std::vector<std::string> log;
  HistoryWriter writer;

 private:
  HistoryPorts ports(const sdk::Clock& clock, sdk::QueueStore& queue) {
    HistoryPorts out;
    out.queue = &queue;
    out.records = &records;
    out.clock = &clock;
    out.on_duty = [this] { return on_duty; };
    out.log = [this](sdk::LogLevel, const std::string& text) { log.push_back(text); };
    return out;
  }
};

class RecordsTest : public ::testing::Test {
 protected:
  RecordsTest() { link(queue, host.store.memory()); }

  static MovieWish wish(std::string title, int year, std::int64_t tmdb_id = 0, std::string imdb_id = "") {
    return {tmdb_id, std::move(imdb_id), std::move(title), year, 0};
  }
  Movie make(const MovieWish& wish) {
    const auto film = host.records.movies().find_or_make(wish);
    EXPECT_TRUE(film) << film.error().text;
    return film ? *film : Movie{};
  }
  std::vector<Movie> films() {
    std::vector<Movie> out;
    const auto done = host.records.movies().list(0, [&](const Movie& movie) { out.push_back(movie); });
    EXPECT_TRUE(done) << done.error().text;
    return out;
  }

  sdk::testing::ManualClock clock{1'700'000'000'000};
  sdk::testing::MemoryQueueStore queue{clock, sdk::testing::Ownership::many_hosts};
  std::shared_ptr<sdk::testing::MemoryRecords> shared = std::make_shared<sdk::testing::MemoryRecords>();
  Host host{clock, queue, shared};
  Host other{clock, queue, shared};
};

}  // namespace quarry::records::testing
