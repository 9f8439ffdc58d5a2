// SPDX-License-Identifier: MIT
// A DownloadView and an EventView that own their texts, with comparison, for tests and models.
#pragma once

#include <quarry/sdk/abi/queue_store.hpp>

#include <iosfwd>
#include <string>

namespace quarry::sdk {
/// For GoogleTest, which would print the bytes.
void PrintTo(CommandResult result, std::ostream* out);
}  // namespace quarry::sdk

namespace quarry::sdk::testing {

/// A row kept. The numbers are members of `data`; the texts are the strings beside it, and the
/// views inside `data` are not to be read: view() makes a whole DownloadView.
struct QueueRow {
  QueueRow() = default;
  explicit QueueRow(const DownloadView& view);

  /// Valid while this row is neither changed nor destroyed.
  [[nodiscard]] DownloadView view() const;

  DownloadView data;
  std::string lane;
  std::string release_key;
  std::string title;
  std::string indexer;
  std::string guid;
  std::string download_url;
  std::string magnet;
  std::string category;
  std::string client;
  std::string client_item_id;
  std::string infohash_v1;
  std::string infohash_v2;
  std::string output_path;
  std::string lease_owner;
  std::string due_reason;
  std::string error;
  std::string client_state;
};

/// Every member of one row and another; "" when all are equal, else "name: a != b, …".
[[nodiscard]] std::string difference(const QueueRow& a, const QueueRow& b);
[[nodiscard]] bool operator==(const QueueRow& a, const QueueRow& b);
std::ostream& operator<<(std::ostream& out, const QueueRow& row);

struct QueueEvent {
  QueueEvent() = default;
  explicit QueueEvent(const EventView& view);
  [[nodiscard]] EventView view() const;

  EventView data;  ///< its views are not to be read
  std::string command_id;
  std::string reason;
};
[[nodiscard]] bool operator==(const QueueEvent& a, const QueueEvent& b);
std::ostream& operator<<(std::ostream& out, const QueueEvent& event);

}  // namespace quarry::sdk::testing
