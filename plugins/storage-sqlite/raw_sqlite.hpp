// SPDX-License-Identifier: MIT
// SQLite's own interface, for what SOCI cannot do: several statements in one text, extended error
// codes, a busy timeout below a second, stopping a statement at a deadline, and rows read without a
// copy. Reading a page of 50 rows of 44 columns through SOCI's into() takes twice as long, because
// each text becomes a std::string first.
//
// Everything here works on the connection of a SOCI session and is used by one thread at a time.
#pragma once

#include <quarry/sdk/abi/plugin.hpp>
#include <quarry/sdk/abi/storage_admin.hpp>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace soci {
class session;
}

namespace quarry::storage_sqlite {

/// A failure that SQLite reported, with its extended result code.
class SqliteFailure : public std::runtime_error {
 public:
  SqliteFailure(int code, const std::string& text) : std::runtime_error(text), code_(code) {}
  [[nodiscard]] int code() const noexcept { return code_; }

 private:
  int code_;
};

/// The connection behind a SOCI session. Does not own it.
class RawDatabase {
 public:
  /// Also switches extended result codes on.
  explicit RawDatabase(soci::session& session);

  /// Runs all statements of `sql`; rows are thrown away. Throws SqliteFailure.
  void exec(const char* sql);
  /// The first column of the first row, or `fallback` when there is no row.
  [[nodiscard]] std::int64_t integer(const char* sql, std::int64_t fallback);
  [[nodiscard]] std::string text(const char* sql);

  /// False outside a transaction, also when SQLite has rolled it back by itself after a failure.
  [[nodiscard]] bool in_transaction() const noexcept;
  /// How long a statement waits for a lock that another connection holds.
  void set_busy_timeout(std::int64_t ms) noexcept;
  /// While set, a statement ends with SQLITE_INTERRUPT soon after `ctx` is cancelled or out of time.
  /// Null: no such watch.
  void watch(const sdk::CallContext* ctx) noexcept;

  /// Copies this database, as this connection sees it in its transaction, over the one of `to`, which nobody else
  /// uses. False: the sink did not want to go on.
  [[nodiscard]] bool copy_to(RawDatabase& to, sdk::ProgressSink& progress);

  /// Holds the connection's own mutex, so that each of thousands of calls for one column finds it taken
  /// by this thread already. SOCI cannot open a connection without that mutex.
  class Hold {
   public:
    explicit Hold(RawDatabase& database_of) noexcept;
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    void* mutex_;
  };

 private:
  friend class RawStatement;
  void* handle_;
};

/// A prepared statement. Parameters and columns count from 1 and 0, as in SQLite.
class RawStatement {
 public:
  RawStatement(RawDatabase& database, std::string_view sql);
  ~RawStatement();
  RawStatement(const RawStatement&) = delete;
  RawStatement& operator=(const RawStatement&) = delete;

  void bind(int parameter, std::int64_t value);
  void bind(int parameter, double value);
  void bind_null(int parameter);
  /// `value` must stay as it is until reset().
  void bind(int parameter, std::string_view value);
  void bind(int parameter, std::span<const std::byte> value);
  /// True: a row is there. False: finished. Throws SqliteFailure.
  bool step();
  /// For a statement without rows: one whole run.
  void run();
  /// Ends the run, so that the statement holds no snapshot; the bindings stay until they are replaced.
  void reset() noexcept;

  /// Of the current row; views live until the next step() or reset().
  [[nodiscard]] bool is_null(int column) const noexcept;
  [[nodiscard]] std::int64_t integer(int column) const noexcept;
  [[nodiscard]] double real(int column) const noexcept;
  [[nodiscard]] std::string_view text(int column) const noexcept;
  [[nodiscard]] std::span<const std::byte> blob(int column) const noexcept;

 private:
  void check(int result) const;

  void* database_;
  void* statement_ = nullptr;
};

/// Resets a statement on leaving a scope, whatever happens in it.
class Running {
 public:
  explicit Running(RawStatement& statement) : statement_(statement) {}
  ~Running() { statement_.reset(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  RawStatement& statement_;
};

}  // namespace quarry::storage_sqlite
