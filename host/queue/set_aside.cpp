// SPDX-License-Identifier: MIT
#include "queue/set_aside.hpp"

#include "queue/text.hpp"

#include <array>
#include <string_view>

namespace quarry::queue {
namespace {

constexpr std::uint32_t kKnownFlags =
    sdk::kHold | sdk::kHoldApplied | sdk::kStalled | sdk::kSeeding | sdk::kClientPaused;
constexpr auto kMostPriority = static_cast<std::int64_t>(sdk::Priority::very_high);
constexpr std::int64_t kMostCleanup = 2;

struct Number {
  const char* name;
  std::int64_t value;
  std::int64_t least;
};
struct Text {
  const char* name;
  std::string_view value;
};

std::string is(const char* name, std::int64_t value, const char* why) {
  return std::string("its ") + name + " is " + std::to_string(value) + ", " + why;
}

}  // namespace

std::string fault_of(const sdk::DownloadView& row) {
  const auto state = static_cast<std::int64_t>(row.state);
  if (state < 0 || state >= sdk::kDownloadStates) { return is("state", state, "and there is no such state"); }
  const auto priority = static_cast<std::int64_t>(row.priority);
  if (priority < 0 || priority > kMostPriority) { return is("priority", priority, "and there is no such priority"); }
  if ((row.flags & ~kKnownFlags) != 0) { return is("flags", row.flags, "and nobody knows some of them"); }
  if (row.cleanup < 0 || row.cleanup > kMostCleanup) { return is("cleanup", row.cleanup, "and that means nothing"); }
  const std::array numbers = {
      Number{"id", row.id, 1},
      Number{"epoch", row.epoch, 0},
      Number{"version", row.version, 0},
      Number{"attempts", row.attempts, 0},
      Number{"max_retries", row.max_retries, 0},
      Number{"movie_id", row.movie_id, 0},
      Number{"size_bytes", row.size_bytes, -1},
      Number{"due_at_ms", row.due_at_ms, 0},
      Number{"lease_until_ms", row.lease_until_ms, 0},
      Number{"enqueued_at_ms", row.enqueued_at_ms, 0},
      Number{"updated_at_ms", row.updated_at_ms, 0},
      Number{"ended_at_ms", row.ended_at_ms, 0},
  };
  for (const Number& number : numbers) {
    if (number.value < number.least) { return is(number.name, number.value, "and it cannot be that small"); }
  }
  const std::array texts = {
      Text{"lane", row.lane},
      Text{"release_key", row.release_key},
      Text{"title", row.title},
      Text{"indexer", row.indexer},
      Text{"guid", row.guid},
      Text{"download_url", row.download_url},
      Text{"magnet", row.magnet},
      Text{"category", row.category},
      Text{"client", row.client},
      Text{"infohash_v1", row.infohash_v1},
      Text{"infohash_v2", row.infohash_v2},
  };
  for (const Text& text : texts) {
    // Its words are not repeated: they may hold a secret.
    if (!is_sound_text(text.value)) { return std::string("its ") + text.name + " is no UTF-8 text"; }
  }
  return {};
}

std::string DownloadsSetAside::sentence(Key id, const std::string& fault) {
  const std::string number = std::to_string(id);
  return "download " + number + " is set aside, and the others go on: " + fault +
         ". Look at the row with id = " + number +
         " of download in the queue database (in PostgreSQL a view of download_state and download_origin), and mend "
         "it, "
         "restore a backup, or delete it";
}

}  // namespace quarry::queue
