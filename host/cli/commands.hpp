// SPDX-License-Identifier: MIT
// The commands that ask a running host. Each prints to the session's console and returns the exit code
// of the process (exit_codes.hpp); none throws for anything the user or the host does.
#pragma once

#include "cli/session.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace quarry::cli {

/// Asks all indexers, and prints what they have, best first, each release with its reasons and the id
/// that grab() takes. kExitNotFound: nothing was found.
[[nodiscard]] int search(const Session& session, const std::string& term);

struct GrabOptions {
  std::string what;      ///< a URL, a magnet, or the id of a release from search(); empty: `best` is given
  std::string best;      ///< words to search for; the best acceptable release is taken
  std::string title;     ///< for a URL or magnet
  std::string indexer;   ///< for a URL or magnet: where it is from
  std::string category;  ///< in the download client
  std::string priority;  ///< low, normal, high, very_high; empty: normal
};

/// Puts one download into the queue and prints its id; for `best` also the reasons, or why no release
/// was acceptable (kExitNotFound). kExitConflict: it is in the queue already; the id is named.
[[nodiscard]] int grab(const Session& session, const GrabOptions& options);

struct QueueOptions {
  std::vector<std::string> statuses;  ///< empty: all
  int page = 1;                       ///< from 1
  int page_size = 50;
};

/// Prints one page of the queue, what was added last first.
[[nodiscard]] int queue(const Session& session, const QueueOptions& options);

/// Waits that many milliseconds; returns early, with the number of the signal, when one asks to end.
using Pause = std::function<int(std::int64_t ms)>;

/// Shows a page of the queue each second until nothing on it is under way any more (paused downloads
/// are not). On a terminal the table is drawn anew, else each change is a line. kExitOk: none failed;
/// kExitFailed: one that was shown did; kExitSignal + number: a signal ended it.
[[nodiscard]] int watch_queue(const Session& session, const QueueOptions& options, const Pause& pause);

struct ItemOptions {
  std::vector<std::int64_t> ids;
  bool all = false;           ///< instead of ids
  bool delete_files = false;  ///< of remove(): also the data in the download client
};

/// One line for each download. When one of several fails the others are still done, and the first
/// failure's exit code is returned. `all` means: to pause, what is queued or running; to resume, what is
/// paused; to retry, what failed.
[[nodiscard]] int pause(const Session& session, const ItemOptions& options);
[[nodiscard]] int resume(const Session& session, const ItemOptions& options);
[[nodiscard]] int remove(const Session& session, const ItemOptions& options);
[[nodiscard]] int retry(const Session& session, const ItemOptions& options);

}  // namespace quarry::cli
