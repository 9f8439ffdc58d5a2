// SPDX-License-Identifier: MIT
#include "record_query.hpp"

#include "record_index.hpp"
#include "record_session.hpp"

#include <algorithm>
#include <functional>
#include <limits>

namespace quarry::storage_sql {
namespace {

namespace rules = sdk::record_rules;
using rules::OwnedCollection;
using sdk::Value;

/// A key of an order, and where the last page ended in it.
struct Key {
  std::string column;
  bool descending = false;
  bool nullable = false;
  bool of_record = false;  ///< every record has it
  sdk::FieldType type = sdk::FieldType::integer;
  Value after;
};

bool is_nullable(const OwnedCollection& collection, std::int32_t place) {
  return place >= 0 && !collection.fields[static_cast<std::size_t>(place)].has(sdk::kRequired);
}

std::vector<Key> keys_of(const OwnedCollection& collection, const sdk::FindRecords& request) {
  std::vector<Key> keys;
  for (const sdk::SortField& field : request.order) {
    keys.push_back({column_of(rules::name_of(collection, field.field)),
                    field.descending != 0,
                    is_nullable(collection, field.field),
                    field.field < 0,
                    rules::type_of(collection, field.field),
                    {}});
  }
  keys.push_back({column_of("id"), !keys.empty() && keys.back().descending, false, true, sdk::FieldType::integer, {}});
  for (std::size_t i = 0; i < request.after.size(); ++i) { keys[i].after = request.after[i]; }
  return keys;
}

/// The value that no other value of the type comes before.
Value least(sdk::FieldType type) {
  Value value;
  value.kind = rules::kind_of(type);
  if (type == sdk::FieldType::integer) { value.integer = std::numeric_limits<std::int64_t>::min(); }
  if (type == sdk::FieldType::real) { value.real = std::numeric_limits<double>::lowest(); }
  return value;
}

/// One statement under way: its text comes piece by piece, and its parameters with it.
class QueryBuilder {
 public:
  explicit QueryBuilder(const RecordDialect& dialect) : dialect_(dialect) {}

  QueryBuilder& add(std::string_view text) {
    statement_.text += text;
    return *this;
  }
  QueryBuilder& add(const Value& value) {
    statement_.parameters.push_back(value);
    statement_.text += dialect_.placeholder + std::to_string(statement_.parameters.size());
    return *this;
  }
  /// " WHERE …" or " AND …"
  QueryBuilder& also(std::string_view text) {
    add(has_where_ ? " AND " : " WHERE ");
    has_where_ = true;
    return add(text);
  }
  QueryBuilder& where(const OwnedCollection& collection, std::span<const sdk::Condition> conditions,
                      const IndexChoice& index = {}) {
    for (const sdk::Condition& condition : conditions) {
      std::string column = column_of(rules::name_of(collection, condition.field));
      if (condition.field == index.field && condition.match == sdk::Match::equal) {
        also(column).add(" >= ").add(condition.values.front());
        also(column).add(" <= ").add(condition.values.front());
        continue;
      }
      const auto& passed = index.passed;
      if (std::find(passed.begin(), passed.end(), condition.field) != passed.end()) { column += " || ''"; }
      match(column, condition);
    }
    return *this;
  }
  QueryBuilder& same(const Key& key) {
    also(key.column);
    return key.after.kind == Value::Kind::null ? add(" IS NULL") : add(" = ").add(key.after);
  }
  RecordStatement done() { return std::move(statement_); }

 private:
  void match(const std::string& column, const sdk::Condition& condition) {
    also(column);
    switch (condition.match) {
      case sdk::Match::equal:
        add(" = ").add(condition.values.front());
        return;
      case sdk::Match::in:
        for (std::size_t i = 0; i < condition.values.size(); ++i) {
          add(i == 0 ? " IN (" : ", ").add(condition.values[i]);
        }
        add(")");
        return;
      case sdk::Match::at_least:
        add(" >= ").add(condition.values.front());
        return;
      case sdk::Match::below:
        add(" < ").add(condition.values.front());
        return;
      case sdk::Match::prefix:
        match_prefix(column, condition.values.front());
        return;
      case sdk::Match::is_null:
        add(" IS NULL");
        return;
      case sdk::Match::not_null:
        add(" IS NOT NULL");
        return;
    }
  }
  /// As a range, which an index serves.
  void match_prefix(const std::string& column, const Value& prefix) {
    add(" >= ").add(prefix);
    const std::string& end =
        *statement_.texts.emplace_back(std::make_unique<const std::string>(after_prefix(prefix.text)));
    if (!end.empty()) { also(column).add(" < ").add(value_of(end)); }
  }

  const RecordDialect& dialect_;
  RecordStatement statement_;
  bool has_where_ = false;
};

std::string columns_of(const OwnedCollection& collection) {
  std::string columns = "\"id\", \"version\", \"created_at_ms\", \"updated_at_ms\"";
  for (const rules::OwnedField& field : collection.fields) { columns += ", " + column_of(field.name); }
  return columns;
}
/// The keys behind the field, which an index begins with. Its value is given, but not to the planner's knowledge.
std::vector<Key> led_by(std::int32_t field, std::vector<Key> keys, const OwnedCollection& collection) {
  const Key lead{column_of(rules::name_of(collection, field)), keys.front().descending, false, false, {}, {}};
  keys.insert(keys.begin(), lead);
  return keys;
}
/// `sorts`: no index is to be walked for the sake of the order.
std::string order_by(const std::vector<Key>& keys, const RecordDialect& dialect, bool sorts) {
  std::string text = sorts ? " ORDER BY \"id\" * 0" : "";
  for (const Key& key : keys) {
    text += (text.empty() ? " ORDER BY " : ", ") + key.column;
    // What is never null is indexed without a word about nulls, as "id" is.
    if (key.of_record) {
      text += key.descending ? " DESC" : "";
    } else {
      text += key.descending ? dialect.descending : dialect.ascending;
    }
  }
  return text;
}

/// Where the rows beyond the last page begin, once the keys before are equal: nowhere, or in one or two stretches.
struct Stretch {
  std::function<void(QueryBuilder&)> add;
  bool of_nulls = false;
};
std::vector<Stretch> beyond(const Key& key) {
  std::vector<Stretch> stretches;
  const bool after_null = key.after.kind == Value::Kind::null;
  if (key.descending) {
    if (!after_null) {
      stretches.push_back({[&](QueryBuilder& b) { b.also(key.column).add(" < ").add(key.after); }});
    }
    if (!after_null && key.nullable) {
      stretches.push_back({[&](QueryBuilder& b) { b.also(key.column).add(" IS NULL"); }, true});
    }
  } else if (after_null) {
    // Not "IS NOT NULL": SQLite would look at every null first.
    stretches.push_back({[&](QueryBuilder& b) { b.also(key.column).add(" >= ").add(least(key.type)); }});
  } else {
    stretches.push_back({[&](QueryBuilder& b) { b.also(key.column).add(" > ").add(key.after); }});
  }
  return stretches;
}

/// The code point at the end of `text`, which is not empty, taken off it.
std::uint32_t take_last(std::string& text) {
  std::size_t begin = text.size() - 1;
  while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) { --begin; }
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::size_t size = text.size() - begin;
  std::uint32_t point = size == 1 ? byte(begin) : byte(begin) & (0x7FU >> size);
  for (std::size_t i = begin + 1; i < text.size(); ++i) { point = point << 6U | (byte(i) & 0x3FU); }
  text.resize(begin);
  return point;
}
void append(std::string& text, std::uint32_t point) {
  const auto tail = [&](std::uint32_t shift) { text += static_cast<char>(0x80U | (point >> shift & 0x3FU)); };
  if (point < 0x80U) {
    text += static_cast<char>(point);
  } else if (point < 0x800U) {
    text += static_cast<char>(0xC0U | point >> 6U);
    tail(0);
  } else if (point < 0x10000U) {
    text += static_cast<char>(0xE0U | point >> 12U);
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0U | point >> 18U);
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

std::vector<sdk::FieldType> column_types(const OwnedCollection& collection) {
  std::vector<sdk::FieldType> types(kRecordColumns, sdk::FieldType::integer);
  for (const rules::OwnedField& field : collection.fields) { types.push_back(field.type); }
  return types;
}

RecordStatement get_query(const OwnedCollection& collection, std::int64_t id, const RecordDialect& dialect) {
  QueryBuilder b(dialect);
  b.add("SELECT " + columns_of(collection) + " FROM " + table_of(collection.name));
  b.also("\"id\" = ").add(value_of(id));
  return b.done();
}

RecordStatement count_query(const OwnedCollection& collection, std::span<const sdk::Condition> where,
                            const RecordDialect& dialect) {
  QueryBuilder b(dialect);
  b.add("SELECT count(*) FROM " + table_of(collection.name)).where(collection, where);
  return b.done();
}

std::vector<RecordStatement> find_queries(const OwnedCollection& collection, const sdk::FindRecords& request,
                                          const RecordDialect& dialect) {
  const std::vector<Key> keys = keys_of(collection, request);
  const std::string select = "SELECT " + columns_of(collection) + " FROM " + table_of(collection.name);
  const IndexChoice index = dialect.prefers_order ? choose_index(collection, request) : IndexChoice();
  std::vector<RecordStatement> statements;
  const auto add = [&](std::size_t equal, const Stretch& stretch) {
    // A stretch that ends before the order does is left to the planner: the index would be read beyond its end.
    const bool forced = index.by == IndexChoice::By::order && equal == 0 && !stretch.of_nulls;
    QueryBuilder b(dialect);
    b.add(select).where(collection, request.where, forced ? index : IndexChoice());
    for (std::size_t i = 0; i < equal; ++i) { b.same(keys[i]); }
    stretch.add(b);
    b.add(order_by(forced ? led_by(index.field, keys, collection) : keys, dialect,
                   index.by == IndexChoice::By::conditions));
    b.add(" LIMIT ").add(value_of(std::int64_t{request.limit}));
    statements.push_back(b.done());
  };
  if (request.after.empty()) {
    add(0, {[](QueryBuilder&) {}});
    return statements;
  }
  for (std::size_t equal = keys.size(); equal-- > 0;) {
    for (const Stretch& stretch : beyond(keys[equal])) { add(equal, stretch); }
  }
  return statements;
}

std::string after_prefix(std::string_view prefix) {
  constexpr std::uint32_t kLast = 0x10FFFF;
  constexpr std::uint32_t kFirstSurrogate = 0xD800;
  constexpr std::uint32_t kAfterSurrogates = 0xE000;
  // The order of bytes is that of code points, and surrogates are none.
  std::string text(prefix);
  while (!text.empty()) {
    const std::uint32_t point = take_last(text);
    if (point == kLast) { continue; }
    append(text, point + 1 == kFirstSurrogate ? kAfterSurrogates : point + 1);
    return text;
  }
  return text;
}

}  // namespace quarry::storage_sql
