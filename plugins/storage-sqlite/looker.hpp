// SPDX-License-Identifier: MIT
// A look at the database that changes nothing and makes no file, also while a host works on it.
#pragma once

#include "raw_sqlite.hpp"

#include <soci/soci.h>

#include <string>

namespace quarry::storage_sqlite {

class Looker {
 public:
  /// Throws sdk::Error(not_found) when there is no such file, SqliteFailure when it cannot be read.
  explicit Looker(const std::string& path);

  [[nodiscard]] RawDatabase& raw() noexcept { return raw_; }
  /// The schema's version; 0: the file is empty. Throws sdk::Error(conflict) for the database of another program.
  [[nodiscard]] int version();

 private:
  const std::string path_;
  soci::session session_;
  RawDatabase raw_;
};

/// A copy into the database was begun and not finished.
[[nodiscard]] bool copy_unfinished(RawDatabase& raw);
/// Throws sdk::Error(conflict) when it is so: no host may use it.
void refuse_unfinished_copy(RawDatabase& raw, const std::string& path);

}  // namespace quarry::storage_sqlite
