// SPDX-License-Identifier: MIT
// LISTEN and NOTIFY on the connection of a session, which SOCI knows nothing of.
// Source: https://www.postgresql.org/docs/15/libpq-notify.html
#pragma once

#include <quarry/sdk/abi/plugin.hpp>

#include <string>

namespace soci {
class session;
}

namespace quarry::storage_postgres {

/// Listens as long as it lives. Used by one thread at a time.
class Notices {
 public:
  /// `channel`: a lower-case identifier. Throws PostgresFailure.
  Notices(soci::session& session, const char* channel);

  /// The payload of the next notice. False: there was none until `wait_ms` passed, or `ctx` was over.
  /// Throws PostgresFailure when the connection is lost.
  [[nodiscard]] bool next(const sdk::CallContext& ctx, std::int64_t wait_ms, std::string& payload);

 private:
  [[nodiscard]] bool take(std::string& payload);

  void* handle_;
};

}  // namespace quarry::storage_postgres
