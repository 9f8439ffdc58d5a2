// SPDX-License-Identifier: MIT
// What collections a storage holds, as its tables say.
#pragma once

#include "record_schema.hpp"
#include "record_session.hpp"

#include <map>
#include <memory>
#include <set>

namespace quarry::storage_sql {

/// As of one moment. Kept in the tables `record_collection` and `record_schema`, which each store's migrations make.
/// The tables of the collections are the truth, and the declarations kept are a note of what they look like.
struct Catalog {
  sdk::record_rules::Collections held;
  std::set<std::string, std::less<>> unreadable;  ///< collections whose note cannot be read; they are not in `held`
  std::map<std::string, std::int64_t, std::less<>> numbers;  ///< see HeldCollection; of those, too
  std::int64_t version = 0;                                  ///< of the last change_schema()
  std::int64_t generation = 0;                               ///< one more with each change of a declaration
};

[[nodiscard]] Catalog load_catalog(RecordSession& session);
[[nodiscard]] std::int64_t generation_of(RecordSession& session);

/// Throws OpenFault::damaged with a sentence that names the row of `collection` in record_collection: its declaration
/// cannot be read, `and_so`.
[[noreturn]] void throw_unreadable(std::string_view collection, const std::string& and_so);
/// Throws so when there is any: for what must know all that is held.
void refuse_unreadable(const Catalog& catalog);

/// Changes tables and catalog together, inside a transaction of its caller that holds the lock of the schema. What
/// throws leaves the transaction to be rolled back.
class SchemaChange {
 public:
  SchemaChange(RecordSession& session, const RecordDialect& dialect);

  /// Makes what `declared` has more than is held. Throws `conflict` as declare() does. A note that cannot be read is
  /// written anew from `declared` when its table has exactly the columns declared, each of the type and NOT NULL as
  /// declared: the rest that declarations may differ in, indexes and allowed values, is made anew. Any other table is
  /// OpenFault::damaged: nobody knows what it is. One that `declared` does not name is left alone.
  void declare(const sdk::record_rules::Collections& declared);
  /// Does nothing where the number is `version` or more already; see change_schema(). OpenFault::damaged where a note
  /// cannot be read: a step would be left out without a word.
  void migrate(std::int64_t version, std::span<const sdk::SchemaStep> steps);

  [[nodiscard]] Catalog take() { return std::move(catalog_); }
  /// A sentence for each note that declare() found unreadable and went on.
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }

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
  void mend(const sdk::record_rules::Collections& declared);
  /// Throws unless the table is as the declaration says.
  void check_table(const sdk::record_rules::OwnedCollection& declared);
  /// Indexes and allowed values, whatever there was.
  void make_belongings_anew(const HeldCollection& held);
  void insert(std::string_view collection);
  void update(std::string_view collection);
  void finish();
  void run(const Texts& texts);
  [[nodiscard]] std::string parameter(int number) const { return dialect_.placeholder + std::to_string(number); }

  RecordSession& session_;
  const RecordDialect& dialect_;
  Catalog catalog_;
  bool changed_ = false;
  std::vector<std::string> warnings_;
};

}  // namespace quarry::storage_sql
