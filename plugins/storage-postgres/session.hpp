// SPDX-License-Identifier: MIT
// One connection to the server, set up for what it is used for. Used by one thread at a time. When it is
// lost, so are its prepared statements: whoever holds a session makes a new one.
#pragma once

#include "canceller.hpp"
#include "raw_postgres.hpp"

#include <quarry/sdk/abi/plugin.hpp>
#include <quarry/sdk/helpers/config.hpp>
#include <storage-sql/statement.hpp>

#include <soci/soci.h>

#include <functional>
#include <optional>
#include <string>

namespace quarry::storage_postgres {

/// Where the database is, and how it is reached.
struct Server {
  /// From the configuration of the storage. Throws sdk::Error(invalid) for an url that cannot be read.
  [[nodiscard]] static Server of(const sdk::Config& config);

  std::string words;    ///< see connection_words()
  std::string place;    ///< for sentences, see place_of()
  bool pooler = false;  ///< each transaction may run in another session of the server
};

/// admin: for storage_admin/1, which takes its time and reads whole tables. look: with nothing set, for a look at the
/// server.
enum class Access { writer, reader, admin, look };

/// What the statements of a read see of the database.
enum class Sees { each_its_own_moment, one_moment };

using storage_sql::in;
using storage_sql::Integer;
using storage_sql::out;

/// SOCI's session. With a pooler no statement is prepared, but sent whole each time: a prepared one would stay on a
/// connection to the server that the next transaction does not get.
class Connection : public soci::session {
 public:
  explicit Connection(const Server& server);
  [[nodiscard]] soci::details::statement_type statements() const noexcept { return statements_; }

 private:
  const soci::details::statement_type statements_;
};

/// See BoundStatement: `bound` are its in() and out().
class Statement : public storage_sql::BoundStatement<true> {
 public:
  template <class... Bound>
  Statement(Connection& connection, const std::string& sql, Bound... bound)
      : BoundStatement(connection.statements(), connection, sql, bound...) {}
};

/// With a pooler nothing is kept by the session: settings and locks are taken anew in each transaction. So there every
/// statement has to run between begin() and commit or rollback, or inside read().
class Session {
 public:
  /// A writer shares the storage with other writers, but not with keep_hosts_out().
  /// Throws soci::soci_error, PostgresFailure, or sdk::Error(unavailable) when hosts are kept out or the server is too
  /// old.
  Session(const Server& server, Access access);

  [[nodiscard]] Connection& soci() noexcept { return session_; }
  [[nodiscard]] RawPostgres& raw() noexcept { return raw_; }
  /// Null with a pooler, see Canceller.
  [[nodiscard]] CancelRequest* cancel_request() noexcept { return cancel_ ? &*cancel_ : nullptr; }

  /// Whether a statement may run, and commit, outside of a transaction.
  [[nodiscard]] bool may_run_bare() const noexcept { return !pooler_; }
  /// Begins a transaction that writes. With a pooler it waits for a connection to the server, no longer than a
  /// statement may take, and throws sdk::Error(unavailable) when hosts are kept out.
  void begin();
  /// Ends a transaction that is left open, unless the connection is lost.
  void roll_back() noexcept;
  /// Runs `look`, whose statements only read. Once it has returned nothing is thrown for a connection that is lost.
  void read(Sees sees, const std::function<void()>& look);

  /// For as long as this session lives no writer's session can be made, and no writer behind a pooler writes. False:
  /// there is a writer, so a host works on the storage. Not with a pooler.
  [[nodiscard]] bool keep_hosts_out();

  /// To be called before each command. The server keeps plans for as long as it knows nothing new of the tables, so
  /// those made while they were empty may be of no use later: now and then all are made anew, at first often.
  void renew_plans();

  /// Statements of the session end, by themselves, about when `ctx` is out of time, and wait no longer for a lock.
  void keep_to(const sdk::CallContext& ctx);

 private:
  static constexpr std::int64_t kFirstPlans = 16;  ///< commands that are run with the plans made first

  /// With a pooler: begins a transaction by `how` with the settings of a session; what the last of `more` answers.
  std::string begin_pooled(const std::string& how, const char* more);
  /// Ends the transaction of a read, if there is one.
  void end(const char* how) noexcept;

  const Access access_;
  const bool pooler_;
  Connection session_;
  RawPostgres raw_;
  std::optional<CancelRequest> cancel_;
  std::int64_t timeout_ms_ = 0;
  std::int64_t commands_ = 0;  ///< counted by renew_plans()
  std::int64_t renew_at_ = kFirstPlans;
};

}  // namespace quarry::storage_postgres
