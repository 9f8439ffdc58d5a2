// SPDX-License-Identifier: MIT
// What a failure of SQLite means to whoever called: a code of the SDK and a sentence.
#pragma once

#include <quarry/sdk/abi/plugin.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <exception>
#include <string>

namespace quarry::storage_sqlite {

/// SQLite's extended result codes that are looked at by name.
inline constexpr int kConstraintUnique = 2067;
inline constexpr int kConstraintForeignKey = 787;

/// The extended result code that `error` carries, 0 when it is not from SQLite.
[[nodiscard]] int sqlite_code(const std::exception& error) noexcept;

/// Lock, full disk, I/O error, read-only file: `unavailable`, worth another try. Damaged or foreign
/// file: `unavailable`, not worth one. Anything else of SQLite: `internal`. An sdk::Error stays itself.
[[nodiscard]] sdk::Failure explain(const std::exception& error, const std::string& path);

}  // namespace quarry::storage_sqlite
