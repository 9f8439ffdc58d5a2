// SPDX-License-Identifier: MIT
// A SOCI statement, usually prepared once for the life of its connection.
#pragma once

#include <soci/soci.h>

#include <array>
#include <string>
#include <tuple>

namespace quarry::storage_sql {

/// What SOCI exchanges with an integer column without conversion.
using Integer = long long;

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

/// All elements of an array, for in() or out().
template <class T, std::size_t N>
[[nodiscard]] auto tie_all(std::array<T, N>& of) {
  return std::apply([](auto&... element) { return std::tie(element...); }, of);
}

/// A prepared SOCI statement, bound to variables that must outlive it; only lvalues can be bound.
/// To run it, set the variables of in(), call first(), and read the variables of out().
///
/// Where the text numbers its parameters ":1", ":2" … (`named`), SOCI is told so: with PostgreSQL it knows no others,
/// and describes the parameters of a statement that failed by these names.
template <bool named>
class BoundStatement {
 public:
  /// Whether it is prepared once, or sent whole each time.
  using Kind = soci::details::statement_type;

  template <class... In, class... Out>
  BoundStatement(Kind kind, soci::session& session, const std::string& sql, std::tuple<In&...> inputs,
                 std::tuple<Out&...> outputs)
      : statement_(session) {
    int number = 0;
    const auto bind = [&](auto& variable) {
      ++number;
      if constexpr (named) {
        statement_.exchange(soci::use(variable, std::to_string(number)));
      } else {
        statement_.exchange(soci::use(variable));
      }
    };
    std::apply([&](auto&... variable) { (bind(variable), ...); }, inputs);
    std::apply([&](auto&... variable) { (statement_.exchange(soci::into(variable)), ...); }, outputs);
    statement_.alloc();
    statement_.prepare(sql, kind);
    statement_.define_and_bind();
  }
  template <class... In>
  BoundStatement(Kind kind, soci::session& session, const std::string& sql, std::tuple<In&...> inputs)
      : BoundStatement(kind, session, sql, inputs, std::tuple<>()) {}
  template <class... Bound>
  BoundStatement(soci::session& session, const std::string& sql, Bound... bound)
      : BoundStatement(Kind::st_repeatable_query, session, sql, bound...) {}
  BoundStatement(const BoundStatement&) = delete;
  BoundStatement& operator=(const BoundStatement&) = delete;

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

}  // namespace quarry::storage_sql
