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
  /// Both outlive this object.
  Records(sdk::RecordStore& store, const sdk::Clock& clock) : client_(store, clock) {}
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;

  /// See open_records(); with this host's collections and migrations.
  [[nodiscard]] sdk::Done open();

  [[nodiscard]] const RecordClient& client() const noexcept { return client_; }
  [[nodiscard]] const Movies& movies() const noexcept { return movies_; }
  [[nodiscard]] const History& history() const noexcept { return history_; }
  [[nodiscard]] const Blocklist& blocklist() const noexcept { return blocklist_; }
  [[nodiscard]] const Tags& tags() const noexcept { return tags_; }

 private:
  RecordClient client_;
  Movies movies_{client_};
  History history_{client_};
  Blocklist blocklist_{client_};
  Tags tags_{client_};
};

}  // namespace quarry::records
