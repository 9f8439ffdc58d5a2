// SPDX-License-Identifier: MIT
// How far a long command is, for the person who waits for it.
#pragma once

#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/abi/storage_admin.hpp>

#include <functional>
#include <iosfwd>
#include <string>

namespace quarry::app {

/// On a terminal one line that is written again and again; else lines, ever more seldom, down to one every few
/// seconds. A command that is done within two seconds shows nothing but its result.
class StorageProgress final : public sdk::ProgressSink {
 public:
  /// The two seconds begin here. `cancelled` may be empty. `err` and `clock` outlive this.
  StorageProgress(std::ostream& err, bool terminal, const sdk::Clock& clock, std::function<bool()> cancelled);
  ~StorageProgress();
  StorageProgress(const StorageProgress&) = delete;
  StorageProgress& operator=(const StorageProgress&) = delete;

  /// What is counted from now on: "copying download", in units such as "rows".
  void begin(std::string what, std::string units);
  bool step(std::int64_t done, std::int64_t total) noexcept override;
  /// Ends the line of a terminal, so that other text may follow.
  void end();

 private:
  std::ostream& err_;
  const bool terminal_;
  const sdk::Clock& clock_;
  const std::function<bool()> cancelled_;
  const std::int64_t quiet_until_ms_;  ///< by the steady clock
  std::string what_;
  std::string units_;
  std::int64_t pause_ms_ = 0;  ///< between two lines
  std::int64_t next_ms_ = 0;   ///< by the steady clock
  bool line_open_ = false;
};

}  // namespace quarry::app
