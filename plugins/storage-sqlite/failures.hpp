// SPDX-License-Identifier: MIT
// What a failure of SQLite means to whoever called: a code of the SDK and a sentence.
#pragma once

#include <quarry/sdk/abi/plugin.hpp>
#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <exception>
#include <string>

namespace quarry::storage_sqlite {

/// SQLite's extended result codes that are looked at by name.
inline constexpr int kConstraintUnique = 2067;
inline constexpr int kWriteFailed = 778;
inline constexpr int kSharedMemorySize = 4874;  ///< the -shm file beside the database cannot grow
inline constexpr int kConstraintForeignKey = 787;
/// The lower byte of some, which says their kind.
inline constexpr int kDamaged = 11;
inline constexpr int kCannotOpen = 14;
inline constexpr int kNotADatabase = 26;

/// Throws Error(code) with the fault as its vendor code.
[[noreturn]] void refuse(sdk::Code code, sdk::OpenFault fault, const std::string& text);

/// The extended result code that `error` carries, 0 when it is not from SQLite.
[[nodiscard]] int sqlite_code(const std::exception& error) noexcept;
/// Whether a COMMIT that failed so may have written all of it before: a file could not be flushed, say, or the index of
/// the log not grown. A write that failed came before the end of it.
[[nodiscard]] bool may_have_written_all(const std::exception& error) noexcept;

/// SQLite's own sentence, without the statement and its values, which may be secret.
[[nodiscard]] std::string sentence_of(const std::exception& error);

/// Lock, full disk, I/O error, read-only file: `unavailable`, worth another try. Damaged or foreign
/// file: `unavailable`, not worth one. Anything else of SQLite: `internal`. An sdk::Error stays itself. The
/// vendor code is an sdk::OpenFault where one fits, else SQLite's.
[[nodiscard]] sdk::Failure explain(const std::exception& error, const std::string& path);

}  // namespace quarry::storage_sqlite
