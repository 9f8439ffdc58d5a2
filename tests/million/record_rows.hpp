// SPDX-License-Identifier: MIT
// A host's records by the million, as statements that make them in tables that the host has declared.
#pragma once

#include <cstdint>
#include <string>

namespace quarry::million {

inline constexpr std::int64_t kEntries = 1'000'000;  ///< of the history
inline constexpr std::int64_t kFilms = 200'000;
inline constexpr std::int64_t kBlocked = 200'000;
inline constexpr std::int64_t kDownloads = 200'000;
inline constexpr std::int64_t kTags = 1'000;

/// Films 1 to 4999 have downloads, 40 each, but this one 10,000 more.
inline constexpr std::int64_t kFilmInQueue = 4'000;
/// It has 10,000 entries of the history, the others five or six.
inline constexpr std::int64_t kFilmOfMany = 100'000;
/// This one and the next have 1,000 each, and no downloads.
inline constexpr std::int64_t kFilmsToRemove = 150'000;
/// So many entries are "blocked", in the middle of the history; none is "cancelled", and in the second half none is
/// "retried".
inline constexpr std::int64_t kBlockedEntries = 20;
inline constexpr std::int64_t kMiddle = kEntries / 2;

/// The time of an entry of the history by its number, which is its id and its event's, too; ten share one.
[[nodiscard]] constexpr std::int64_t at_of(std::int64_t entry) { return 1'700'000'000'000 + entry / 10 * 1000; }

/// The tables without autovacuum and indexes; then their rows, then the indexes.
[[nodiscard]] std::string record_rows();

}  // namespace quarry::million
