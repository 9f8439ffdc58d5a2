// SPDX-License-Identifier: MIT
// A transaction of a session without a pooler.
#pragma once

#include "raw_postgres.hpp"
#include "statements.hpp"

namespace quarry::storage_postgres {

/// Rolled back unless it was committed.
class Transaction {
 public:
  explicit Transaction(RawPostgres& raw) : raw_(raw) { raw_.exec(sql::kBegin); }
  ~Transaction() {
    if (done_ || !raw_.alive()) { return; }
    try {
      raw_.exec(sql::kRollback);
    } catch (const PostgresFailure&) {
      // The connection went away, and the transaction with it; or a cancelled call ends: see Canceller::Watch.
    }
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    raw_.exec(sql::kCommit);
    done_ = true;
  }

 private:
  RawPostgres& raw_;
  bool done_ = false;
};

}  // namespace quarry::storage_postgres
