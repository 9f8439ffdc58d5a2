// SPDX-License-Identifier: MIT
#include <quarry/sdk/helpers/record_spec.hpp>

#include <algorithm>

namespace quarry::sdk::record_rules {
namespace {

[[noreturn]] void contradiction(const std::string& where, const std::string& declared, const std::string& held) {
  throw Error(Code::conflict, where + ": this host declares " + declared + ", the storage holds " + held);
}
std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }
std::string listed(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) { all += (all.empty() ? "" : ", ") + quoted(text); }
  return all.empty() ? "any value" : all;
}
bool has_all(const std::vector<std::string>& whole, const std::vector<std::string>& part) {
  return std::all_of(part.begin(), part.end(),
                     [&](const std::string& one) { return std::find(whole.begin(), whole.end(), one) != whole.end(); });
}

void check_flag(const std::string& where, const OwnedField& declared, const OwnedField& held, FieldFlag flag,
                const std::string& name) {
  if (declared.has(flag) == held.has(flag)) { return; }
  contradiction(where, (declared.has(flag) ? "it " : "it not ") + name, (held.has(flag) ? "it " : "it not ") + name);
}
void check_same(const std::string& where, const OwnedField& declared, const OwnedField& held) {
  if (declared.type != held.type) {
    contradiction(where, std::string(to_string(declared.type)), std::string(to_string(held.type)));
  }
  check_flag(where, declared, held, kRequired, "required");
  check_flag(where, declared, held, kUnique, "unique");
  if (declared.initial != held.initial) {
    contradiction(where, "the initial value " + declared.initial.shown(), held.initial.shown());
  }
  if (declared.references != held.references) {
    contradiction(where, "a reference to " + quoted(declared.references), "one to " + quoted(held.references));
  }
  if (!held.references.empty() && declared.on_delete != held.on_delete) {
    contradiction(where, "on_delete " + std::string(to_string(declared.on_delete)),
                  std::string(to_string(held.on_delete)));
  }
}

/// Adds to `change` what `declared` has more than `held`.
void compare_fields(const OwnedCollection& held, const OwnedCollection& declared, CollectionChange& change,
                    const std::function<bool(const OwnedCollection&)>& has_records) {
  for (const OwnedField& field : declared.fields) {
    const std::string where = place_name(declared.name, field.name);
    const OwnedField* kept = held.field(field.name);
    if (kept == nullptr) {
      if (field.has(kRequired) && field.initial.is_null() && has_records(held)) {
        contradiction(where, "a new required field without initial value", "records that would have none");
      }
      change.fields.push_back(field);
      continue;
    }
    check_same(where, field, *kept);
    if (field.has(kIndexed) && !kept->has(kIndexed)) { change.indexed.push_back(field.name); }
    if (kept->allowed.empty() ? field.allowed.empty()
                              : !field.allowed.empty() && has_all(kept->allowed, field.allowed) &&
                                    has_all(field.allowed, kept->allowed)) {
      continue;
    }
    const bool wider = field.allowed.empty() || (!kept->allowed.empty() && has_all(field.allowed, kept->allowed));
    if (!wider) {
      contradiction(where, "the allowed values " + listed(field.allowed), listed(kept->allowed) + " (more of them)");
    }
    OwnedField& all = change.allowed.emplace_back(*kept);
    all.allowed = field.allowed;
  }
}
void compare_indexes(const OwnedCollection& held, const OwnedCollection& declared, CollectionChange& change) {
  for (const OwnedIndex& index : declared.indexes) {
    const OwnedIndex* kept = held.index(index.name);
    if (kept == nullptr) {
      change.indexes.push_back(index);
      continue;
    }
    const std::string where = "collection " + quoted(declared.name) + ", index " + quoted(index.name);
    if (kept->fields != index.fields) { contradiction(where, listed(index.fields), listed(kept->fields)); }
    if (kept->unique != index.unique) {
      contradiction(where, index.unique ? "it unique" : "it not unique", kept->unique ? "it unique" : "it not unique");
    }
  }
}
void check_queue_flag(const Collections& held, const OwnedCollection& declared) {
  const auto kept = held.find(declared.name);
  const bool wants = (declared.flags & kQueueRefersTo) != 0;
  if (kept != held.end() && ((kept->second.flags & kQueueRefersTo) != 0) != wants) {
    contradiction("collection " + quoted(declared.name), wants ? "that downloads refer to it" : "it without downloads",
                  wants ? "it without downloads" : "that downloads refer to it");
  }
  for (const auto& [name, other] : held) {
    if (wants && name != declared.name && (other.flags & kQueueRefersTo) != 0) {
      contradiction("collection " + quoted(declared.name), "that downloads refer to it",
                    "that they refer to " + quoted(name));
    }
  }
}

bool refers_to(const OwnedCollection& collection, std::string_view target) {
  return std::any_of(collection.fields.begin(), collection.fields.end(),
                     [&](const OwnedField& field) { return field.references == target; });
}
bool drop_collection(const SchemaStep& step, Collections& held) {
  const auto it = held.find(step.collection);
  if (it == held.end()) { return false; }
  for (const auto& [name, other] : held) {
    if (name != step.collection && refers_to(other, step.collection)) {
      throw Error(Code::conflict, "collection " + quoted(step.collection) + " cannot be dropped: collection " +
                                      quoted(name) + " refers to it");
    }
  }
  held.erase(it);
  return true;
}
bool drop_field(std::int32_t place, OwnedCollection& collection) {
  const auto it = collection.fields.begin() + place;
  if (collection.fields.size() == 1) {
    throw Error(Code::conflict, place_name(collection.name, it->name) + " cannot be dropped: it is the last one");
  }
  std::erase_if(collection.indexes, [&](const OwnedIndex& index) {
    return std::find(index.fields.begin(), index.fields.end(), it->name) != index.fields.end();
  });
  collection.fields.erase(it);
  return true;
}
bool rename_field(const SchemaStep& step, std::int32_t place, OwnedCollection& collection) {
  if (collection.field(step.to) != nullptr) {
    throw Error(Code::conflict, place_name(collection.name, step.field) + " cannot be renamed: there is a field " +
                                    quoted(step.to) + " already");
  }
  for (OwnedIndex& index : collection.indexes) {
    std::replace(index.fields.begin(), index.fields.end(), std::string(step.field), std::string(step.to));
  }
  collection.fields[static_cast<std::size_t>(place)].name = step.to;
  return true;
}

}  // namespace

std::vector<CollectionChange> difference(const Collections& held, const Collections& declared,
                                         const std::function<bool(const OwnedCollection&)>& has_records) {
  std::vector<CollectionChange> changes;
  for (const auto& [name, collection] : declared) {
    check_queue_flag(held, collection);
    CollectionChange change;
    change.collection = name;
    const auto kept = held.find(name);
    if (kept == held.end()) {
      change.made = true;
      change.flags = collection.flags;
      change.fields = collection.fields;
      change.indexes = collection.indexes;
    } else {
      compare_fields(kept->second, collection, change, has_records);
      compare_indexes(kept->second, collection, change);
    }
    if (!change.empty()) { changes.push_back(std::move(change)); }
  }
  return changes;
}

void apply(const CollectionChange& change, Collections& held) {
  OwnedCollection& collection = held[change.collection];
  if (change.made) {
    collection.name = change.collection;
    collection.flags = change.flags;
  }
  const auto kept = [&](std::string_view name) -> OwnedField& {
    return collection.fields.at(static_cast<std::size_t>(collection.place_of(name)));
  };
  for (const std::string& name : change.indexed) { kept(name).flags |= kIndexed; }
  for (const OwnedField& field : change.allowed) { kept(field.name).allowed = field.allowed; }
  collection.fields.insert(collection.fields.end(), change.fields.begin(), change.fields.end());
  collection.indexes.insert(collection.indexes.end(), change.indexes.begin(), change.indexes.end());
}

bool apply(const SchemaStep& step, Collections& held) {
  if (step.kind == SchemaStepKind::drop_collection) { return drop_collection(step, held); }
  const auto it = held.find(step.collection);
  const std::int32_t place = it == held.end() ? std::int32_t{kNoField} : it->second.place_of(step.field);
  if (place < 0) { return false; }
  return step.kind == SchemaStepKind::drop_field ? drop_field(place, it->second)
                                                 : rename_field(step, place, it->second);
}

}  // namespace quarry::sdk::record_rules
