// SPDX-License-Identifier: MIT
// The records of a running host: films, blocklist, tags, and the history, which a thread of its own writes.
#pragma once

#include "app/duty_thread.hpp"
#include "queue/duty.hpp"
#include "records/history_writer.hpp"
#include "records/records.hpp"

namespace quarry::app {

class RecordKeeping {
 public:
  /// The stores are those of one storage, and outlive this object, as what `ports` names does.
  RecordKeeping(sdk::RecordStore& records, sdk::QueueStore& queue, const queue::EnginePorts& ports,
                const queue::EngineSettings& settings);

  /// After the open() of the queue store. Failures as open_records().
  [[nodiscard]] sdk::Done open() { return records_.open(); }
  [[nodiscard]] const records::Records& records() const noexcept { return records_; }

  /// Writes the history from now on, as long as no other host does.
  void start() { thread_.start(); }
  /// No further step begins. [thread-safe]
  void request_stop() { thread_.request_stop(); }
  /// False: a step still runs after so many milliseconds.
  [[nodiscard]] bool stop(std::int64_t deadline_ms);

 private:
  /// Of the thread: looks again at what is set aside, and writes the history.
  [[nodiscard]] std::int64_t step(std::int64_t now_ms);

  const sdk::Clock& clock_;
  std::int64_t look_again_ms_ = 0;
  records::Records records_;
  queue::DutyKeeper duty_;
  records::HistoryWriter writer_;
  DutyThread thread_;  ///< last: ended before what it runs
};

}  // namespace quarry::app
