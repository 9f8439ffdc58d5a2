// SPDX-License-Identifier: MIT
// A database of its own for a test program, on the server that the test run has started.
#pragma once

#include <memory>
#include <string>

namespace quarry::storage_postgres::testing {

/// Made with the first call, dropped when the program ends.
class TestDatabase {
 public:
  /// Throws std::runtime_error when there is no server.
  [[nodiscard]] static TestDatabase& get();
  /// Why there is none, or no PgBouncer that config() needs; empty when there is (see lab/postgres_url.hpp).
  [[nodiscard]] static std::string missing();

  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  [[nodiscard]] const std::string& url() const noexcept { return url_; }
  /// The same database behind PgBouncer (see lab/postgres_url.hpp). Throws std::runtime_error when there is none.
  [[nodiscard]] std::string pooler_url() const;
  /// What a store is configured with: the url; in tests through the pooler the one behind PgBouncer.
  [[nodiscard]] std::string config() const;
  /// Empties it. The schema stays when there is one, with the clock of take_clock().
  void clear();
  /// Runs any statements.
  void run(const std::string& sql);
  /// Comes back once another session waits for a lock that run() holds; false when none does for 10 s.
  [[nodiscard]] bool is_waited_for();
  /// From now on the store's clock is the table test_clock, which set_clock() sets.
  void take_clock(std::int64_t wall_ms);
  void set_clock(std::int64_t wall_ms);

 private:
  TestDatabase();
  struct Connection;
  std::string name_;
  std::string url_;
  std::unique_ptr<Connection> server_;
  std::unique_ptr<Connection> own_;
};

}  // namespace quarry::storage_postgres::testing
