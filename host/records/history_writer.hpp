// SPDX-License-Identifier: MIT
// Writes the history from the events of the queue: each event that people care about becomes one entry, exactly once,
// whichever hosts run, die or sleep meanwhile.
//
// How far the history has come is a record itself (settings::kHistoryCursor), written in the batch with the entries
// and only if nobody else wrote it since it was read. So two hosts that write at once cannot both succeed, a crash
// leaves both behind or none, and an answer that was lost is resolved by reading the cursor again. One host at a time
// does it all the same, so that the others need not try in vain. A cursor that cannot be read is set to the last event
// that has an entry: those behind it are looked at again, and what they told stays told once.
//
// A release that cannot be downloaded (its torrent is gone, or cannot be used) goes on the blocklist in the same batch.
#pragma once

#include "records/records.hpp"
#include "records/settings.hpp"

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/abi/services.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace quarry::records {

/// What the writer needs from outside. Everything is called from the thread that calls step().
struct HistoryPorts {
  sdk::QueueStore* queue = nullptr;
  const Records* records = nullptr;  ///< open
  const sdk::Clock* clock = nullptr;
  std::function<bool()> on_duty;  ///< whether this host is the one
  std::function<void(sdk::LogLevel, const std::string&)> log;
};

class HistoryWriter {
 public:
  explicit HistoryWriter(HistoryPorts ports) : ports_(std::move(ports)) {}

  /// Takes in at most one page of events. `now_ms` by the steady clock, as is the answer: when to come again.
  [[nodiscard]] std::int64_t step(std::int64_t now_ms);

 private:
  struct Event {
    std::int64_t sequence = 0, download_id = 0, at_ms = 0;
    HistoryEvent what = HistoryEvent::grabbed;
    std::string reason;
    bool by_worker = false;  ///< it happened while the download was handed over
  };
  struct Page {
    std::vector<Event> events;  ///< those that people care about
    std::int64_t last = 0;      ///< the last sequence number read; 0: there was no event
    bool full = false;          ///< there may be more
  };
  /// What is told of a download; empty when it was pruned.
  struct Row;
  struct Batch;

  [[nodiscard]] sdk::Result<Page> take_in();
  [[nodiscard]] sdk::Done read_cursor();
  /// The last event that has an entry; 0: none has.
  [[nodiscard]] sdk::Result<std::int64_t> last_told() const;
  [[nodiscard]] sdk::Result<bool> is_event(std::int64_t sequence) const;
  [[nodiscard]] sdk::Result<Page> read_page() const;
  [[nodiscard]] sdk::Result<std::optional<Row>> read_row(std::int64_t id) const;
  [[nodiscard]] sdk::Result<Batch> entries_of(const Page& page) const;
  [[nodiscard]] sdk::Done forget_gone_films(Batch& batch) const;
  [[nodiscard]] sdk::Done write(const Batch& batch, std::int64_t last);
  [[nodiscard]] sdk::Done mend_cursor(const std::string& unreadable, std::int64_t last);

  HistoryPorts ports_;
  std::optional<Setting> cursor_;  ///< as read or written last; none: to be read
  std::int64_t seen_ = 0;          ///< events up to here need not be read again
  std::string told_;               ///< the last failure in the log
};

}  // namespace quarry::records
