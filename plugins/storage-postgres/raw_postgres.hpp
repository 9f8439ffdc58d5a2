// SPDX-License-Identifier: MIT
// PostgreSQL's own interface, for what SOCI cannot do: several statements in one text, bytes without a
// detour over text, the state of a connection, and a connection string that says what a session needs.
// Everything here works on the connection of a SOCI session and is used by one thread at a time.
#pragma once

#include <quarry/sdk/abi/plugin.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace soci {
class session;
}

namespace quarry::storage_postgres {

/// A failure that PostgreSQL or libpq reported. An empty state: the connection, not a statement, has failed.
class PostgresFailure : public std::runtime_error {
 public:
  PostgresFailure(std::string state, const std::string& text) : std::runtime_error(text), state_(std::move(state)) {}
  [[nodiscard]] const std::string& state() const noexcept { return state_; }

 private:
  std::string state_;
};

/// What SOCI connects with: the URL's own words, and for those it does not say, the ones that keep a dead
/// server from holding a call for ever. Throws sdk::Error(invalid) when the text is no connection string; no part
/// of it is ever repeated in a sentence, but for the name of a parameter of the URL that is unknown.
[[nodiscard]] std::string connection_words(const std::string& url);
/// "host:port, database" for sentences: no user, no password.
[[nodiscard]] std::string place_of(const std::string& url);

/// The SQLSTATE with which the server refuses a connection; empty when it does not, or says nothing. libpq tells it
/// only to who connects step by step, so this is one more try. Takes at most about 5 s.
[[nodiscard]] std::string refusal_state(const std::string& words);

/// The connection behind a SOCI session. Does not own it.
class RawPostgres {
 public:
  explicit RawPostgres(soci::session& session);

  /// Runs all statements of `sql`; rows are thrown away. Throws PostgresFailure.
  void exec(const char* sql);
  /// The same; the first value that the last statement answered, empty when it answered none. When that takes longer
  /// than `most_ms` the connection counts as lost, and is to be closed.
  std::string ask_within(const char* sql, std::int64_t most_ms);
  [[nodiscard]] bool alive() const noexcept;
  /// Also after a statement has failed inside one.
  [[nodiscard]] bool in_transaction() const noexcept;
  [[nodiscard]] std::string parameter(const char* name) const;
  /// 150018 for 15.18.
  [[nodiscard]] int server_version() const noexcept;

  /// Runs a statement whose parameters are an id and, where given, bytes.
  void put_bytes(const char* sql, std::int64_t id, std::span<const std::byte> bytes);
  /// Nothing when there is no row; false when its value is NULL, and nothing is written.
  [[nodiscard]] std::optional<bool> get_bytes(const char* sql, std::int64_t id, sdk::ByteSink& bytes);

 private:
  void* handle_;
  bool given_up_ = false;  ///< an answer is still to come, for which nobody waits
};

}  // namespace quarry::storage_postgres
