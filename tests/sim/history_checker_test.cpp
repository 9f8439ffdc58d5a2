// SPDX-License-Identifier: MIT
// What must be noticed of the history: what it tells twice, wrongly or not at all.
#include "planted.hpp"

#include "records/collections.hpp"

#include <string>
#include <utility>
#include <vector>

namespace quarry::sim {
namespace {

using sdk::testing::HeldRecord;

/// A storage that spoils one of its collections with each write.
class FaultyRecords : public ForwardingRecords {
 public:
  FaultyRecords(sdk::testing::MemoryRecordStore& inner, std::string_view collection)
      : ForwardingRecords(inner), kept_(inner.records()), collection_(collection) {}
  sdk::Status write(Context& ctx, std::span<const sdk::RecordWrite> writes, sdk::WriteSink& outcomes) noexcept final {
    const sdk::Status status = inner_.write(ctx, writes, outcomes);
    const std::lock_guard lock(kept_->mutex);
    Table& table = kept_->content.tables[collection_];
    if (!table.records.empty()) { spoil(table); }
    return status;
  }

 protected:
  using Table = sdk::testing::MemoryRecords::Table;
  static void set(HeldRecord& entry, std::string_view field, const sdk::Value& value) {
    entry.values.at(std::string(field)) = sdk::record_rules::OwnedValue(value);
  }
  static sdk::Value number(std::int64_t integer) {
    sdk::Value value;
    value.kind = sdk::Value::Kind::integer;
    value.integer = integer;
    return value;
  }
  static sdk::Value text(std::string_view word) {
    sdk::Value value;
    value.kind = sdk::Value::Kind::text;
    value.text = word;
    return value;
  }

 private:
  /// Has at least one record.
  virtual void spoil(Table& table) = 0;

  std::shared_ptr<sdk::testing::MemoryRecords> kept_;
  std::string collection_;
};

class FaultyHistory : public FaultyRecords {
 public:
  explicit FaultyHistory(sdk::testing::MemoryRecordStore& inner) : FaultyRecords(inner, records::history::kName) {}
};

class WritesTwice final : public FaultyHistory {
 public:
  using FaultyHistory::FaultyHistory;

 private:
  void spoil(Table& history) override {
    if (std::exchange(is_done_, true)) { return; }
    HeldRecord again = history.records.begin()->second;
    again.id = ++history.last_id;
    history.records.emplace(again.id, again);
  }
  bool is_done_ = false;
};

class WritesOfAnother final : public FaultyHistory {
 public:
  using FaultyHistory::FaultyHistory;

 private:
  void spoil(Table& history) override { set(history.records.begin()->second, "download_id", number(4711)); }
};

class WritesNothing final : public FaultyHistory {
 public:
  using FaultyHistory::FaultyHistory;

 private:
  void spoil(Table& history) override { history.records.clear(); }
};

class WritesNonsense final : public FaultyHistory {
 public:
  using FaultyHistory::FaultyHistory;

 private:
  void spoil(Table& history) override { set(history.records.begin()->second, "event_type", text("sung")); }
};

/// Nobody finds a film again.
class ForgetsFilms final : public FaultyRecords {
 public:
  explicit ForgetsFilms(sdk::testing::MemoryRecordStore& inner) : FaultyRecords(inner, records::movies::kName) {}

 private:
  void spoil(Table& films) override {
    for (auto& [id, film] : films.records) {
      const std::string name = "forgotten " + std::to_string(id);
      set(film, "identity", text(name));
      set(film, "clean_title", text(name));
      set(film, "tmdb_id", {});
    }
  }
};

template <class Fault>
Seams records_with() {
  Seams seams;
  seams.records = plant<Fault>();
  return seams;
}

TEST(HistoryChecker, NoticesWhatIsToldTwice) {
  expect_reported(records_with<WritesTwice>(), "the history tells twice, or makes up, of event ");
}
TEST(HistoryChecker, NoticesWhatIsToldOfAnother) {
  expect_reported(records_with<WritesOfAnother>(), "the history is wrong of event ");
}
TEST(HistoryChecker, NoticesWhatIsNotTold) {
  expect_reported(records_with<WritesNothing>(), "the history does not tell that download ");
}
TEST(HistoryChecker, NoticesWhatCannotBeRead) { expect_reported(records_with<WritesNonsense>(), "set aside: "); }
TEST(Users, NoticeAFilmThatWasMadeTwice) { expect_reported(records_with<ForgetsFilms>(), " was made twice"); }

}  // namespace
}  // namespace quarry::sim
