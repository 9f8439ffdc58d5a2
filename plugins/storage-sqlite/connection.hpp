// SPDX-License-Identifier: MIT
// One connection to the database, and statements prepared once for its whole life.
#pragma once

#include "raw_sqlite.hpp"

#include <soci/soci.h>

#include <string>
#include <tuple>

namespace quarry::storage_sqlite {

/// What SOCI exchanges with an INTEGER column without conversion.
using Integer = long long;

enum class Synchronous { full, normal };
enum class Access { writer, reader };

/// A SOCI session, set up and checked: write-ahead log, foreign keys, no trust in the schema.
/// Used by one thread at a time.
class Connection {
 public:
  /// Throws sdk::Error or SqliteFailure when the file cannot be opened or a setting did not take.
  Connection(const std::string& path, Access access, Synchronous synchronous);

  [[nodiscard]] soci::session& session() noexcept { return session_; }
  [[nodiscard]] RawDatabase& raw() noexcept { return raw_; }

 private:
  soci::session session_;
  RawDatabase raw_;
};

/// Variables a statement reads its parameters from, in order.
template <class... T>
[[nodiscard]] std::tuple<T&...> in(T&... variables) {
  return {variables...};
}
/// Variables a statement writes its columns to, in order.
template <class... T>
[[nodiscard]] std::tuple<T&...> out(T&... variables) {
  return {variables...};
}

/// A prepared SOCI statement, bound to variables that must outlive it; only lvalues can be bound.
/// To run it, set the variables of in(), call first(), and read the variables of out().
class Statement {
 public:
  template <class... In, class... Out>
  Statement(Connection& connection, const char* sql, std::tuple<In&...> inputs, std::tuple<Out&...> outputs)
      : statement_(connection.session()) {
    std::apply([&](auto&... variable) { (statement_.exchange(soci::use(variable)), ...); }, inputs);
    std::apply([&](auto&... variable) { (statement_.exchange(soci::into(variable)), ...); }, outputs);
    statement_.alloc();
    statement_.prepare(sql);
    statement_.define_and_bind();
  }
  template <class... In>
  Statement(Connection& connection, const char* sql, std::tuple<In&...> inputs)
      : Statement(connection, sql, inputs, std::tuple<>()) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Runs it up to its first row. True: the variables of out() hold that row.
  bool first() { return statement_.execute(true); }
  /// The next row. False: there is none, and the statement holds no snapshot any more.
  bool next() { return statement_.fetch(); }
  /// For at most one row: reads it and ends the run.
  bool one() {
    const bool found = first();
    while (found && next()) {}
    return found;
  }
  void run() { one(); }

 private:
  soci::statement statement_;
};

/// Brings the schema up to sql::kSchemaVersion. Throws sdk::Error(conflict) when the database is
/// newer than this plugin, or belongs to another program.
void migrate(Connection& connection, const std::string& path);

}  // namespace quarry::storage_sqlite
