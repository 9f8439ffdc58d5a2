// SPDX-License-Identifier: MIT
// What collections a storage holds, as its tables say.
#pragma once

#include "record_schema.hpp"
#include "record_session.hpp"

#include <map>
#include <memory>

namespace quarry::storage_sql {

/// As of one moment. Kept in the tables `record_collection` and `record_schema`, which each store's migrations make.
struct Catalog {
  sdk::record_rules::Collections held;
  std::map<std::string, std::int64_t, std::less<>> numbers;  ///< see HeldCollection
  std::int64_t version = 0;                                  ///< of the last change_schema()
  std::int64_t generation = 0;                               ///< one more with each change of a declaration
};

[[nodiscard]] Catalog load_catalog(RecordSession& session);
[[nodiscard]] std::int64_t generation_of(RecordSession& session);

/// Changes tables and catalog together, inside a transaction of its caller that holds the lock of the schema. What
/// throws leaves the transaction to be rolled back.
class SchemaChange {
 public:
  SchemaChange(RecordSession& session, const RecordDialect& dialect);

  /// Makes what `declared` has more than is held. Throws `conflict` as declare() does.
  void declare(const sdk::record_rules::Collections& declared);
  /// Does nothing where the number is `version` or more already; see change_schema().
  void migrate(std::int64_t version, std::span<const sdk::SchemaStep> steps);

  [[nodiscard]] Catalog take() { return std::move(catalog_); }

 private:
  void make(const sdk::record_rules::CollectionChange& change);
  void make_in(const HeldCollection& held, const sdk::record_rules::CollectionChange& change);
  void make(const sdk::SchemaStep& step);
  void rename(const sdk::SchemaStep& step);
  void drop_field(const sdk::SchemaStep& step);
  void drop_collection(const sdk::SchemaStep& step);
  /// Throws `conflict` when records agree in the fields of a new unique index.
  void check_unique(const HeldCollection& held, const sdk::record_rules::OwnedIndex& index);
  [[nodiscard]] HeldCollection held(std::string_view collection) const;
  void insert(std::string_view collection);
  void update(std::string_view collection);
  void finish();
  void run(const Texts& texts);
  [[nodiscard]] std::string parameter(int number) const { return dialect_.placeholder + std::to_string(number); }

  RecordSession& session_;
  const RecordDialect& dialect_;
  Catalog catalog_;
  bool changed_ = false;
};

}  // namespace quarry::storage_sql
