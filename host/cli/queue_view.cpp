// SPDX-License-Identifier: MIT
#include "cli/queue_view.hpp"

#include "cli/formats.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace quarry::cli {
namespace {

constexpr int kBarWidth = 16;

/// A text, or "-" when the host says nothing or does not know.
std::string shown(sdk::Json value) {
  const std::string_view text = value.as_string();
  return text.empty() || text == "unknown" ? "-" : std::string(text);
}

std::string speed_and_time(sdk::Json item, std::string_view member) {
  return item["status"].as_string() == "downloading" ? shown(item[member]) : "-";
}

}  // namespace

std::string queue_path(const QueueOptions& options) {
  std::string path = "/api/v3/queue?page=" + std::to_string(options.page) +
                     "&pageSize=" + std::to_string(options.page_size) + "&sortKey=added&sortDirection=descending";
  for (const std::string& status : options.statuses) { path += "&status=" + percent_encode(status); }
  return path;
}

std::string render_queue(sdk::Json page, const Terminal& terminal) {
  const sdk::Json records = page["records"];
  const std::int64_t total = page["totalRecords"].as_int();
  if (records.size() == 0) { return total == 0 ? "no download to show\n" : "no download on this page\n"; }
  Table table({{"id", Align::right, false},
               {"status", Align::left, false},
               {"progress", Align::left, false},
               {"size", Align::right, false},
               {"speed", Align::right, false},
               {"left", Align::right, false},
               {"title", Align::left, true}});
  for (std::size_t i = 0; i < records.size(); ++i) {
    const sdk::Json item = records.at(i);
    const double percent = item["progress"].as_double();
    table.add_row({std::to_string(item["id"].as_int()), shown(item["status"]),
                   progress_bar(percent, kBarWidth, terminal.utf8) + " " + format_percent(percent),
                   shown(item["sizeDisplay"]), speed_and_time(item, "speedDisplay"), speed_and_time(item, "etaDisplay"),
                   shown(item["title"])});
    if (const auto error = item["errorMessage"].as_string(); !error.empty()) { table.add_note(std::string(error)); }
  }
  std::string text = table.render(terminal);
  const auto count = static_cast<std::int64_t>(records.size());
  if (total > count) {
    text += std::to_string(count) + " of " + std::to_string(total) + " downloads, page " +
            std::to_string(page["page"].as_int(1)) + "\n";
  }
  return text;
}

bool is_active(std::string_view status) noexcept {
  return status == "queued" || status == "downloading" || status == "stalled";
}

}  // namespace quarry::cli
