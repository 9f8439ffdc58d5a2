// SPDX-License-Identifier: MIT
#include <quarry/sdk/testing/queue_store_row.hpp>

#include <array>
#include <iterator>
#include <ostream>
#include <sstream>
#include <type_traits>

namespace quarry::sdk {

void PrintTo(CommandResult result, std::ostream* out) {
  constexpr std::string_view kNames[] = {"applied",   "already_applied", "stale_epoch", "stale_version", "wrong_state",
                                         "not_found", "conflict",        "unavailable", "unknown_commit"};
  const auto number = static_cast<std::size_t>(result);
  if (number < std::size(kNames)) {
    *out << kNames[number];
  } else {
    *out << "CommandResult " << number;
  }
}

}  // namespace quarry::sdk

namespace quarry::sdk::testing {
namespace {

/// Calls `visit(name, text of the view, text of the row)` for each text there is.
template <class Visit>
void for_each_text(Visit visit) {
  visit("lane", &DownloadView::lane, &QueueRow::lane);
  visit("release_key", &DownloadView::release_key, &QueueRow::release_key);
  visit("title", &DownloadView::title, &QueueRow::title);
  visit("indexer", &DownloadView::indexer, &QueueRow::indexer);
  visit("guid", &DownloadView::guid, &QueueRow::guid);
  visit("download_url", &DownloadView::download_url, &QueueRow::download_url);
  visit("magnet", &DownloadView::magnet, &QueueRow::magnet);
  visit("category", &DownloadView::category, &QueueRow::category);
  visit("client", &DownloadView::client, &QueueRow::client);
  visit("client_item_id", &DownloadView::client_item_id, &QueueRow::client_item_id);
  visit("infohash_v1", &DownloadView::infohash_v1, &QueueRow::infohash_v1);
  visit("infohash_v2", &DownloadView::infohash_v2, &QueueRow::infohash_v2);
  visit("output_path", &DownloadView::output_path, &QueueRow::output_path);
  visit("lease_owner", &DownloadView::lease_owner, &QueueRow::lease_owner);
  visit("due_reason", &DownloadView::due_reason, &QueueRow::due_reason);
  visit("error", &DownloadView::error, &QueueRow::error);
  visit("client_state", &DownloadView::client_state, &QueueRow::client_state);
}

/// Calls `visit(name, member)` for each member that is a number or an enumeration.
template <class Visit>
void for_each_number(Visit visit) {
  visit("flags", &DownloadView::flags);
  visit("id", &DownloadView::id);
  visit("epoch", &DownloadView::epoch);
  visit("version", &DownloadView::version);
  visit("state", &DownloadView::state);
  visit("priority", &DownloadView::priority);
  visit("movie_id", &DownloadView::movie_id);
  visit("size_bytes", &DownloadView::size_bytes);
  visit("rank", &DownloadView::rank);
  visit("due_at_ms", &DownloadView::due_at_ms);
  visit("lease_until_ms", &DownloadView::lease_until_ms);
  visit("enqueued_at_ms", &DownloadView::enqueued_at_ms);
  visit("updated_at_ms", &DownloadView::updated_at_ms);
  visit("ended_at_ms", &DownloadView::ended_at_ms);
  visit("done_bytes", &DownloadView::done_bytes);
  visit("down_bps", &DownloadView::down_bps);
  visit("up_bps", &DownloadView::up_bps);
  visit("eta_s", &DownloadView::eta_s);
  visit("progress_at_ms", &DownloadView::progress_at_ms);
  visit("attempts", &DownloadView::attempts);
  visit("max_retries", &DownloadView::max_retries);
  visit("seeders", &DownloadView::seeders);
  visit("leechers", &DownloadView::leechers);
  visit("cleanup", &DownloadView::cleanup);
  visit("error_code", &DownloadView::error_code);
  visit("progress", &DownloadView::progress);
  visit("ratio", &DownloadView::ratio);
}

template <class Value>
auto printable(const Value& value) {
  if constexpr (std::is_enum_v<Value>) {
    return static_cast<std::int64_t>(value);
  } else {
    return value;
  }
}

}  // namespace

QueueRow::QueueRow(const DownloadView& view) : data(view) {
  for_each_text([&](const char*, auto of_view, auto of_row) { this->*of_row = std::string(view.*of_view); });
  for_each_text([&](const char*, auto of_view, auto) { data.*of_view = {}; });
}

DownloadView QueueRow::view() const {
  DownloadView view = data;
  for_each_text([&](const char*, auto of_view, auto of_row) { view.*of_view = this->*of_row; });
  return view;
}

std::string difference(const QueueRow& a, const QueueRow& b) {
  std::ostringstream out;
  for_each_text([&](const char* name, auto, auto of_row) {
    if (a.*of_row != b.*of_row) { out << name << ": \"" << a.*of_row << "\" != \"" << b.*of_row << "\", "; }
  });
  for_each_number([&](const char* name, auto member) {
    if (a.data.*member == b.data.*member) { return; }
    out << name << ": " << printable(a.data.*member) << " != " << printable(b.data.*member) << ", ";
  });
  return out.str();
}
bool operator==(const QueueRow& a, const QueueRow& b) { return difference(a, b).empty(); }

std::ostream& operator<<(std::ostream& out, const QueueRow& row) {
  out << "{";
  for_each_number([&](const char* name, auto member) { out << name << "=" << printable(row.data.*member) << " "; });
  for_each_text([&](const char* name, auto, auto of_row) {
    if (!(row.*of_row).empty()) { out << name << "=\"" << row.*of_row << "\" "; }
  });
  return out << "}";
}

QueueEvent::QueueEvent(const EventView& view) : data(view), command_id(view.command_id), reason(view.reason) {
  data.command_id = {};
  data.reason = {};
}
EventView QueueEvent::view() const {
  EventView view = data;
  view.command_id = command_id;
  view.reason = reason;
  return view;
}
bool operator==(const QueueEvent& a, const QueueEvent& b) {
  const EventView& x = a.data;
  const EventView& y = b.data;
  return x.actor == y.actor && x.sequence == y.sequence && x.download_id == y.download_id && x.at_ms == y.at_ms &&
         x.epoch == y.epoch && x.from == y.from && x.to == y.to && a.command_id == b.command_id && a.reason == b.reason;
}
std::ostream& operator<<(std::ostream& out, const QueueEvent& event) {
  const EventView& e = event.data;
  return out << "{#" << e.sequence << " download " << e.download_id << " " << e.from << "->" << e.to << " actor "
             << static_cast<int>(e.actor) << " epoch " << e.epoch << " at " << e.at_ms << " by " << event.command_id
             << " \"" << event.reason << "\"}";
}

}  // namespace quarry::sdk::testing
