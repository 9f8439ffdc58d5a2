// SPDX-License-Identifier: MIT
// All that the host keeps beside the queue, over one store.
#pragma once

#include "records/blocklist.hpp"
#include "records/history.hpp"
#include "records/movies.hpp"
#include "records/record_client.hpp"
#include "records/tags.hpp"

namespace quarry::records {

/// [thread-safe], once open() has succeeded; before that everything fails with the storage's own sentence.
/// Failures: `invalid` and `not_found` say what; `unavailable`: nothing was changed.
class Records {
 public:
  /// Both outlive this object. `told`: see SetAside.
  Records(sdk::RecordStore& store, const sdk::Clock& clock, std::function<void(const std::string&)> told = {})
      : set_aside_(std::move(told)), client_(store, clock, set_aside_) {}
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;

  /// See open_records(); with this host's collections and migrations.
  [[nodiscard]] sdk::Done open();

  [[nodiscard]] const RecordClient& client() const noexcept { return client_; }
  [[nodiscard]] const SetAside& set_aside() const noexcept { return set_aside_; }
  [[nodiscard]] const Movies& movies() const noexcept { return movies_; }
  [[nodiscard]] const History& history() const noexcept { return history_; }
  [[nodiscard]] const Blocklist& blocklist() const noexcept { return blocklist_; }
  [[nodiscard]] const Tags& tags() const noexcept { return tags_; }

 private:
  SetAside set_aside_;
  RecordClient client_;
  Movies movies_{client_};
  History history_{client_};
  Blocklist blocklist_{client_};
  Tags tags_{client_};
};

}  // namespace quarry::records
