// SPDX-License-Identifier: MIT
// The writes of one batch, each judged by what the storage holds and then carried out, inside a transaction of its
// caller. Looking comes first, so that the answer says why; on PostgreSQL another host may still be faster between the
// two, then the constraint of the table throws, and the batch is run again.
#pragma once

#include "record_catalog.hpp"

#include <quarry/sdk/helpers/record_store_rules.hpp>

#include <map>
#include <set>

namespace quarry::storage_sql {

class RecordWriter {
 public:
  /// All must outlive the writer. `catalog`: what is held at this moment.
  RecordWriter(RecordSession& session, const RecordDialect& dialect, const Catalog& catalog, std::int64_t now_ms)
      : session_(session), dialect_(dialect), catalog_(catalog), now_ms_(now_ms) {}

  /// `mine`: the write's collection as this process declared it; all its fields are held. A write whose outcome is not
  /// `applied` has changed nothing.
  [[nodiscard]] sdk::WriteOutcome write(const sdk::record_rules::OwnedCollection& mine, const sdk::RecordWrite& write);

 private:
  using Ids = std::set<std::int64_t>;
  using Doomed = std::map<std::string, Ids, std::less<>>;  ///< by collection
  /// A write under way: the record as it will be, as far as that is known.
  struct Draft {
    const sdk::record_rules::OwnedCollection& mine;
    const sdk::record_rules::OwnedCollection& held;
    std::int64_t id = 0;  ///< 0: it is new
    std::int64_t version = 0;
    std::map<std::string, sdk::record_rules::OwnedValue, std::less<>> values;
    std::set<std::string, std::less<>> written;
  };
  /// A field that refers to a collection.
  struct Reference {
    const sdk::record_rules::OwnedCollection& from;
    const sdk::record_rules::OwnedField& field;
  };

  [[nodiscard]] sdk::WriteOutcome try_write(const sdk::record_rules::OwnedCollection& mine,
                                            const sdk::RecordWrite& write);
  /// Id and version of the record that is written to; 0 when there is none.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> look(const sdk::record_rules::OwnedCollection& mine,
                                                           const sdk::RecordWrite& write);
  [[nodiscard]] sdk::WriteOutcome save(Draft& draft, const sdk::RecordWrite& write);
  /// Values that the write does not name, but a unique index needs.
  void complete(Draft& draft);
  [[nodiscard]] sdk::WriteOutcome judge_unique(const Draft& draft);
  /// The other record that agrees in all of these fields; 0: there is none.
  [[nodiscard]] std::int64_t holder(const Draft& draft, const std::vector<std::string>& fields);
  [[nodiscard]] sdk::WriteOutcome judge_references(const Draft& draft);
  void insert(Draft& draft);
  void update(Draft& draft);

  [[nodiscard]] sdk::WriteOutcome remove(const sdk::record_rules::OwnedCollection& mine, std::int64_t id);
  [[nodiscard]] std::vector<Reference> references_to(std::string_view collection) const;
  [[nodiscard]] Doomed with_cascades(const std::string& collection, std::int64_t id);
  /// Whether anything follows from the removal of this record beside that it is gone.
  [[nodiscard]] bool ends_here(const sdk::record_rules::OwnedCollection& collection) const;
  [[nodiscard]] bool is_referred(const Doomed& doomed);
  void set_null(const Doomed& doomed);
  void set_null(const std::string& collection, const std::set<std::string>& fields, const Ids& ids);
  /// The ids of the records whose field refers to one of `ids`. `end`: of each SELECT.
  [[nodiscard]] Ids referring(const Reference& reference, const Ids& ids, const char* end);
  [[nodiscard]] Ids ids_where(const std::string& table, const std::string& id, const std::string& column,
                              const Ids& values, const char* end);
  [[nodiscard]] std::string take_places(Ids::const_iterator& it, Ids::const_iterator end,
                                        std::vector<sdk::Value>& parameters) const;
  [[nodiscard]] std::string parameter(std::size_t number) const {
    return dialect_.placeholder + std::to_string(number);
  }

  RecordSession& session_;
  const RecordDialect& dialect_;
  const Catalog& catalog_;
  std::int64_t now_ms_;
};

}  // namespace quarry::storage_sql
