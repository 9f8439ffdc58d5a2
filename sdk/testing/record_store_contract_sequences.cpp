// SPDX-License-Identifier: MIT
// Random sequences of commands, step by step beside MemoryRecordStore.
#include <quarry/sdk/testing/record_store_contract.hpp>

#include <cstdlib>
#include <map>
#include <random>
#include <sstream>

namespace quarry::sdk::testing {

int link_record_contract_of_sequences() { return 0; }

namespace {

/// Sends the same commands to a store and to the model, and compares all that can be seen.
class RecordComparison {
 public:
  RecordComparison(RecordStoreUnderTest& under_test, std::uint64_t seed)
      : under_test_(under_test),
        clock_(under_test.clock()),
        model_(clock_),
        real_(under_test.store(), clock_),
        mirror_(model_, clock_),
        random_(seed) {
    real_.declare(schema_);
    mirror_.declare(schema_);
  }

  /// One random command. What it was, for the message of a failure.
  std::string step();
  void compare_everything();

 private:
  [[nodiscard]] std::int64_t pick(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }
  [[nodiscard]] bool chance(int percent) { return pick(100) < percent; }
  template <class T>
  [[nodiscard]] const T& one_of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(pick(static_cast<std::int64_t>(all.size())))];
  }
  /// An id of the model's collection; now and then one that does not exist.
  [[nodiscard]] std::int64_t some_id(const std::string& collection);
  [[nodiscard]] OwnedValue some_value(const OwnedField& field);
  [[nodiscard]] std::int64_t some_version() { return chance(70) ? -1 : pick(4); }
  [[nodiscard]] Write some_write();
  [[nodiscard]] Query some_query();
  std::string write();
  std::string find();
  std::string reopen();

  /// The store's id of the model's record: ids rise, but a store may leave some out.
  [[nodiscard]] std::int64_t real_id(const std::string& collection, std::int64_t id) const;
  [[nodiscard]] OwnedValue real_value(const std::string& collection, std::int32_t place, const OwnedValue& value) const;
  [[nodiscard]] Write real_write(Write write) const;
  [[nodiscard]] Query real_query(Query query) const;
  [[nodiscard]] const OwnedCollection& spec(const std::string& name) const;
  void same(const std::string& collection, const std::vector<KeptRecord>& real, std::vector<KeptRecord> model) const;

  const std::vector<OwnedCollection> schema_ = contract_schema();
  RecordStoreUnderTest& under_test_;
  ManualClock& clock_;
  MemoryRecordStore model_;
  RecordCaller real_;
  RecordCaller mirror_;
  std::mt19937_64 random_;
  std::map<std::pair<std::string, std::int64_t>, std::int64_t> real_ids_;
};

const OwnedCollection& RecordComparison::spec(const std::string& name) const {
  for (const OwnedCollection& collection : schema_) {
    if (collection.name == name) { return collection; }
  }
  throw std::logic_error("no collection " + name);
}
std::int64_t RecordComparison::real_id(const std::string& collection, std::int64_t id) const {
  const auto it = real_ids_.find({collection, id});
  return it != real_ids_.end() ? it->second : id <= 0 ? id : id + 1'000'000;
}
OwnedValue RecordComparison::real_value(const std::string& collection, std::int32_t place,
                                        const OwnedValue& value) const {
  if (value.is_null()) { return value; }
  if (place == kFieldId) { return integer(real_id(collection, value.integer)); }
  if (place < 0) { return value; }
  const std::string& references = spec(collection).fields.at(static_cast<std::size_t>(place)).references;
  return references.empty() ? value : integer(real_id(references, value.integer));
}
Write RecordComparison::real_write(Write write) const {
  write.id = real_id(write.collection, write.id);
  for (auto& [place, value] : write.values) { value = real_value(write.collection, place, value); }
  return write;
}
Query RecordComparison::real_query(Query query) const {
  for (Where& where : query.where) {
    for (OwnedValue& value : where.values) { value = real_value(query.collection, where.field, value); }
  }
  for (std::size_t i = 0; i < query.after.size(); ++i) {
    const std::int32_t place = i < query.order.size() ? query.order[i].field : std::int32_t{kFieldId};
    query.after[i] = real_value(query.collection, place, query.after[i]);
  }
  return query;
}
void RecordComparison::same(const std::string& collection, const std::vector<KeptRecord>& real,
                            std::vector<KeptRecord> model) const {
  for (KeptRecord& record : model) {
    record.id = real_id(collection, record.id);
    for (std::size_t i = 0; i < record.values.size(); ++i) {
      record.values[i] = real_value(collection, static_cast<std::int32_t>(i), record.values[i]);
    }
  }
  EXPECT_EQ(real, model) << collection;
}

std::int64_t RecordComparison::some_id(const std::string& collection) {
  const std::vector<std::int64_t> ids = mirror_.find_ids({collection, {}, {}, {}});
  return ids.empty() || chance(5) ? 500 + pick(3) : one_of(ids);
}
OwnedValue RecordComparison::some_value(const OwnedField& field) {
  if (chance(field.has(kRequired) ? 3 : 15)) { return null_value(); }
  if (!field.references.empty()) {
    const std::int64_t id = some_id(field.references);
    return id >= 500 && !field.has(kRequired) && chance(80) ? null_value() : integer(id);
  }
  if (!field.allowed.empty()) { return text(chance(4) ? "never" : one_of(field.allowed)); }
  switch (field.type) {
    case FieldType::integer:
      return integer(pick(12) - 3);
    case FieldType::real:
      return real(static_cast<double>(pick(9)) / 4 - 1);
    case FieldType::boolean:
      return boolean(chance(50));
    case FieldType::text:
      break;
  }
  const std::vector<std::string> words = {"",    "a",           "ab",  "B", "a%b", "a_b", "é", "\xF0\x9F\x8E\xAC",
                                          "\\x", "longer text", "ab c"};
  return text(one_of(words));
}
Write RecordComparison::some_write() {
  const OwnedCollection& collection = chance(60) ? spec("movie") : one_of(schema_);
  Write write;
  write.kind = static_cast<WriteKind>(chance(40) ? 0 : pick(4));
  write.collection = collection.name;
  const std::vector<std::int32_t> keys = collection.name == "movie" ? std::vector<std::int32_t>{kMovieKey, kMovieShelf}
                                         : collection.name == "studio" ? std::vector<std::int32_t>{kStudioName}
                                                                       : std::vector<std::int32_t>{};
  if (write.kind == WriteKind::upsert && keys.empty()) { write.kind = WriteKind::update; }
  if (write.kind == WriteKind::upsert) { write.key = one_of(keys); }
  if (write.kind == WriteKind::update || write.kind == WriteKind::remove) { write.id = some_id(collection.name); }
  if (write.kind != WriteKind::insert) { write.expected_version = some_version(); }
  if (write.kind == WriteKind::remove) { return write; }
  for (std::int32_t place = 0; place < static_cast<std::int32_t>(collection.fields.size()); ++place) {
    const OwnedField& field = collection.fields[static_cast<std::size_t>(place)];
    const bool wanted = field.has(kRequired) && write.kind != WriteKind::update ? chance(95) : chance(35);
    if (place != write.key && !wanted) { continue; }
    OwnedValue value = some_value(field);
    while (place == write.key && value.is_null()) { value = some_value(field); }
    write.values.emplace_back(place, std::move(value));
  }
  return write;
}
std::string RecordComparison::write() {
  std::vector<Write> model(static_cast<std::size_t>(chance(70) ? 1 : 1 + pick(4)));
  for (Write& write : model) { write = some_write(); }
  std::vector<Write> real;
  for (const Write& write : model) { real.push_back(real_write(write)); }
  const std::vector<WriteOutcome> expected = mirror_.write(model);
  const std::vector<WriteOutcome> outcomes = real_.write(real);
  std::ostringstream told;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string& collection = model[i].collection;
    told << (i == 0 ? "" : "; ") << "write " << static_cast<int>(model[i].kind) << " of " << collection << ' '
         << model[i].id << " version " << model[i].expected_version << " {";
    for (const auto& [place, value] : model[i].values) { told << ' ' << place << '=' << value.shown(); }
    told << " } -> " << static_cast<int>(expected[i].result);
    EXPECT_EQ(static_cast<int>(outcomes[i].result), static_cast<int>(expected[i].result)) << i;
    if (outcomes[i].result != expected[i].result) { break; }
    if (expected[i].created != 0) { real_ids_[{collection, expected[i].id}] = outcomes[i].id; }
    EXPECT_EQ(outcomes[i].created, expected[i].created) << i;
    EXPECT_EQ(outcomes[i].version, expected[i].version) << i;
    EXPECT_EQ(outcomes[i].field, expected[i].field) << i;
    // What a write of the same batch had made is gone with it, and has no id to compare.
    if (expected[i].existing_id == 0 || real_ids_.contains({collection, expected[i].existing_id})) {
      EXPECT_EQ(outcomes[i].existing_id, real_id(collection, expected[i].existing_id)) << i;
    }
    if (expected[i].result == WriteResult::applied) {
      EXPECT_EQ(outcomes[i].id, real_id(collection, expected[i].id)) << i;
    }
  }
  return told.str();
}

Query RecordComparison::some_query() {
  const OwnedCollection& collection = chance(70) ? spec("movie") : one_of(schema_);
  Query query;
  query.collection = collection.name;
  query.limit = static_cast<std::int32_t>(1 + pick(8));
  const auto some_place = [&] {
    return static_cast<std::int32_t>(pick(static_cast<std::int64_t>(collection.fields.size()) + 4)) - 4;
  };
  const auto value_at = [&](std::int32_t place) {
    if (place == kFieldId) { return integer(some_id(collection.name)); }
    if (place == kFieldVersion) { return integer(1 + pick(3)); }
    if (place < 0) { return integer(clock_.wall_ms() - pick(5000)); }
    OwnedValue value;
    while (value.is_null()) { value = some_value(collection.fields[static_cast<std::size_t>(place)]); }
    return value;
  };
  for (std::int64_t n = pick(3); n > 0; --n) {
    Where where;
    where.field = some_place();
    where.match = static_cast<Match>(pick(7));
    OwnedValue value = value_at(where.field);
    const bool prefix = value.kind == Value::Kind::text && !value.text.empty();
    if (where.match == Match::prefix && !prefix) { where.match = Match::equal; }
    if (where.match < Match::is_null) { where.values.push_back(std::move(value)); }
    if (where.match == Match::in) { where.values.push_back(value_at(where.field)); }
    query.where.push_back(std::move(where));
  }
  for (std::int64_t n = pick(4); n > 0; --n) {
    const SortField field{some_place(), static_cast<std::int32_t>(pick(2))};
    const bool twice = std::any_of(query.order.begin(), query.order.end(),
                                   [&](const SortField& other) { return other.field == field.field; });
    if (!twice) { query.order.push_back(field); }
  }
  if (chance(50)) {
    for (const SortField& field : query.order) {
      const bool null = field.field >= 0 && chance(20);
      query.after.push_back(null ? null_value() : value_at(field.field));
    }
    query.after.push_back(value_at(kFieldId));
  }
  return query;
}
std::string RecordComparison::find() {
  const Query query = some_query();
  const Query real = real_query(query);
  same(query.collection, real_.find(real), mirror_.find(query));
  EXPECT_EQ(real_.count(query.collection, real.where), mirror_.count(query.collection, query.where));
  std::ostringstream told;
  told << "find in " << query.collection << " limit " << query.limit << " where {";
  for (const Where& where : query.where) {
    told << ' ' << where.field << '~' << static_cast<int>(where.match);
    for (const OwnedValue& value : where.values) { told << ' ' << value.shown(); }
  }
  told << " } order {";
  for (const SortField& field : query.order) { told << ' ' << field.field << (field.descending != 0 ? "v" : "^"); }
  told << " } after {";
  for (const OwnedValue& value : query.after) { told << ' ' << value.shown(); }
  told << " }";
  return told.str();
}
std::string RecordComparison::reopen() {
  if (!under_test_.reopen()) { return "no reopening"; }
  real_ = RecordCaller(under_test_.store(), clock_);
  real_.declare(schema_);
  return "reopening";
}

std::string RecordComparison::step() {
  if (chance(30)) { clock_.advance(pick(3000)); }
  if (chance(1)) { return reopen(); }
  return chance(65) ? write() : find();
}
void RecordComparison::compare_everything() {
  for (const OwnedCollection& collection : schema_) {
    const Query all{collection.name, {}, {}, {}};
    same(collection.name, real_.find(all), mirror_.find(all));
  }
}

std::uint64_t number_from(const char* variable, std::uint64_t fallback) {
  const char* text = std::getenv(variable);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_P(RecordStoreContract, RandomSequencesBehaveAsTheModel) {
  constexpr int kCommands = 60;
  constexpr std::uint64_t kNone = ~std::uint64_t{0};
  const std::uint64_t only = number_from("QUARRY_CONTRACT_SEED", kNone);
  const std::uint64_t first = only == kNone ? 1 : only;
  const std::uint64_t last = only == kNone ? number_from("QUARRY_CONTRACT_SEQUENCES", 200) : only;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const std::unique_ptr<RecordStoreUnderTest> fresh = GetParam().make();
    RecordComparison comparison(*fresh, seed);
    GetParam().on_sequence(seed);
    RecordProperty("seeds", std::to_string(first) + "-" + std::to_string(seed));
    std::ostringstream told;
    for (int i = 0; i < kCommands && !HasFailure(); ++i) {
      told << "\n  " << i << ": " << comparison.step();
      if (i % 5 == 4 || i + 1 == kCommands) { comparison.compare_everything(); }
    }
    if (HasFailure()) { RecordProperty("failed_seed", std::to_string(seed)); }
    ASSERT_FALSE(HasFailure()) << "seed " << seed << "; replay with QUARRY_CONTRACT_SEED=" << seed << told.str();
  }
}

}  // namespace quarry::sdk::testing
