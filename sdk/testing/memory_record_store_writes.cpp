// SPDX-License-Identifier: MIT
#include "memory_record_store_writes.hpp"

#include <algorithm>
#include <array>

namespace quarry::sdk::testing {

using record_rules::OwnedCollection;
using record_rules::OwnedField;
using record_rules::OwnedIndex;
using record_rules::OwnedValue;

namespace {

WriteOutcome outcome_of(WriteResult result) {
  WriteOutcome outcome;
  outcome.result = result;
  return outcome;
}

bool agree(const HeldRecord& a, const HeldRecord& b, const std::vector<std::string>& fields) {
  return std::all_of(fields.begin(), fields.end(), [&](const std::string& field) {
    const OwnedValue& value = a.values.at(field);
    return !value.is_null() && value == b.values.at(field);
  });
}

}  // namespace

std::int64_t holder(const MemoryRecords::Table& table, const HeldRecord& record,
                    const std::vector<std::string>& fields) {
  for (const auto& [id, other] : table.records) {
    if (id != record.id && agree(record, other, fields)) { return id; }
  }
  return 0;
}

WriteOutcome RecordWriter::write(const OwnedCollection& mine, const RecordWrite& write) {
  HeldRecord* old = find(mine, write);
  const WriteOutcome version = record_rules::judge_version(write, old == nullptr ? 0 : old->version);
  if (version.result != WriteResult::applied) { return version; }
  return write.kind == WriteKind::remove ? remove(mine, write.id) : save(mine, write, old);
}

HeldRecord* RecordWriter::find(const OwnedCollection& mine, const RecordWrite& write) {
  MemoryRecords::Table& table = records_.content.tables.at(mine.name);
  if (write.kind == WriteKind::insert) { return nullptr; }
  if (write.kind != WriteKind::upsert) {
    const auto it = table.records.find(write.id);
    return it == table.records.end() ? nullptr : &it->second;
  }
  const auto key = std::find_if(write.values.begin(), write.values.end(),
                                [&](const Assignment& assignment) { return assignment.field == write.key; });
  const OwnedValue wanted(key->value);
  for (auto& [id, record] : table.records) {
    if (record.values.at(mine.fields[static_cast<std::size_t>(write.key)].name) == wanted) { return &record; }
  }
  return nullptr;
}

WriteOutcome RecordWriter::save(const OwnedCollection& mine, const RecordWrite& write, HeldRecord* old) {
  const WriteOutcome values = record_rules::judge_values(mine, write, old == nullptr);
  if (values.result != WriteResult::applied) { return values; }
  MemoryRecords::Table& table = records_.content.tables.at(mine.name);
  HeldRecord record;
  if (old != nullptr) {
    record = *old;
    ++record.version;
  } else {
    record.id = table.last_id + 1;
    record.created_at_ms = now_;
    for (const OwnedField& field : records_.content.specs.at(mine.name).fields) {
      const bool unseen = mine.field(field.name) == nullptr;
      if (unseen && field.has(kRequired) && field.initial.is_null()) { return outcome_of(WriteResult::missing); }
      record.values[field.name] = field.initial;
    }
  }
  record.updated_at_ms = now_;
  for (const Assignment& assignment : write.values) {
    record.values.at(mine.fields[static_cast<std::size_t>(assignment.field)].name) = OwnedValue(assignment.value);
  }
  WriteOutcome outcome = judge_unique(mine, record);
  if (outcome.result != WriteResult::applied) { return outcome; }
  outcome = judge_references(mine, record);
  if (outcome.result != WriteResult::applied) { return outcome; }
  outcome.id = record.id;
  outcome.version = record.version;
  outcome.created = old == nullptr ? 1 : 0;
  table.last_id = std::max(table.last_id, record.id);
  table.records[outcome.id] = std::move(record);
  return outcome;
}

WriteOutcome RecordWriter::judge_unique(const OwnedCollection& mine, const HeldRecord& record) const {
  const MemoryRecords::Table& table = records_.content.tables.at(mine.name);
  // By this process's declaration first, as it counts places; then by what only others know of.
  const std::array<const OwnedCollection*, 2> specs{&mine, &records_.content.specs.at(mine.name)};
  for (const OwnedCollection* spec : specs) {
    for (const OwnedField& field : spec->fields) {
      const std::int64_t other = field.has(kUnique) ? holder(table, record, {field.name}) : 0;
      if (other == 0) { continue; }
      WriteOutcome outcome = outcome_of(WriteResult::conflict);
      outcome.existing_id = other;
      outcome.field = mine.place_of(field.name);
      return outcome;
    }
    for (const OwnedIndex& index : spec->indexes) {
      const std::int64_t other = index.unique ? holder(table, record, index.fields) : 0;
      if (other == 0) { continue; }
      WriteOutcome outcome = outcome_of(WriteResult::conflict);
      outcome.existing_id = other;
      return outcome;
    }
  }
  return outcome_of(WriteResult::applied);
}

WriteOutcome RecordWriter::judge_references(const OwnedCollection& mine, const HeldRecord& record) const {
  for (std::size_t place = 0; place < mine.fields.size(); ++place) {
    const OwnedField& field = mine.fields[place];
    const OwnedValue& value = record.values.at(field.name);
    if (field.references.empty() || value.is_null()) { continue; }
    // A record that refers to itself is there once it is written.
    const bool itself = field.references == mine.name && value.integer == record.id;
    if (itself || records_.content.tables.at(field.references).records.contains(value.integer)) { continue; }
    WriteOutcome outcome = outcome_of(WriteResult::dangling);
    outcome.field = static_cast<std::int32_t>(place);
    return outcome;
  }
  return outcome_of(WriteResult::applied);
}

namespace {

/// Calls `each(collection, record, field)` for every reference to one of `doomed`.
template <class Content, class Each>
void for_references(Content& content, const std::set<std::pair<std::string, std::int64_t>>& doomed, Each each) {
  for (const auto& [name, spec] : content.specs) {
    for (auto& [id, record] : content.tables.at(name).records) {
      for (const OwnedField& field : spec.fields) {
        const OwnedValue& value = record.values.at(field.name);
        const bool refers = !field.references.empty() && !value.is_null();
        if (refers && doomed.contains({field.references, value.integer})) { each(name, record, field); }
      }
    }
  }
}

}  // namespace

std::set<RecordWriter::Key> RecordWriter::with_cascades(const Key& first) const {
  std::set<Key> doomed{first};
  for (std::size_t before = 0; before != doomed.size();) {
    before = doomed.size();
    std::set<Key> more;
    for_references(records_.content, doomed,
                   [&](const std::string& name, const HeldRecord& record, const OwnedField& field) {
                     if (field.on_delete == OnDelete::cascade) { more.emplace(name, record.id); }
                   });
    doomed.merge(more);
  }
  return doomed;
}
bool RecordWriter::referred(const std::set<Key>& doomed) const {
  for (const auto& [name, id] : doomed) {
    const bool by_queue = (records_.content.specs.at(name).flags & kQueueRefersTo) != 0;
    if (by_queue && records_.referred_by_queue(id)) { return true; }
  }
  bool found = false;
  for_references(records_.content, doomed,
                 [&](const std::string& name, const HeldRecord& record, const OwnedField& field) {
                   found = found || (field.on_delete == OnDelete::restrict_it && !doomed.contains({name, record.id}));
                 });
  return found;
}
void RecordWriter::set_null(const std::set<Key>& doomed) {
  std::set<Key> changed;
  for_references(records_.content, doomed, [&](const std::string& name, HeldRecord& record, const OwnedField& field) {
    if (field.on_delete != OnDelete::set_null || doomed.contains({name, record.id})) { return; }
    record.values.at(field.name) = OwnedValue();
    record.updated_at_ms = now_;
    // One removal is one write of it, however many of its fields it touches.
    if (changed.emplace(name, record.id).second) { ++record.version; }
  });
}
WriteOutcome RecordWriter::remove(const OwnedCollection& mine, std::int64_t id) {
  const std::set<Key> doomed = with_cascades({mine.name, id});
  if (referred(doomed)) { return outcome_of(WriteResult::referred); }
  set_null(doomed);
  for (const auto& [name, gone] : doomed) { records_.content.tables.at(name).records.erase(gone); }
  WriteOutcome outcome = outcome_of(WriteResult::applied);
  outcome.id = id;
  return outcome;
}

}  // namespace quarry::sdk::testing
