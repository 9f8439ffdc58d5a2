// SPDX-License-Identifier: MIT
#include "cli/exit_codes.hpp"
#include "cli/formats.hpp"
#include "cli/queue_view.hpp"

#include <algorithm>
#include <map>
#include <ostream>

namespace quarry::cli {
namespace {

constexpr std::int64_t kRefreshMs = 1000;
constexpr int kProgressStep = 10;  ///< percent; each is a line when the output is no terminal

/// `text` cut to the height of the terminal: only lines still on it can be drawn over.
std::string fit(const std::string& text, int height) {
  const auto lines = static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  if (height < 3 || lines < height) { return text; }
  const int kept = height - 2;
  std::size_t end = 0;
  for (int i = 0; i < kept; ++i) { end = text.find('\n', end) + 1; }
  return text.substr(0, end) + "and " + std::to_string(lines - kept) + " lines more\n";
}

/// What is shown, and what became of it.
class Watch {
 public:
  explicit Watch(const Session& session) : session_(session) {}

  void show(const Answer& answer, sdk::Json page) {
    if (session_.json) {
      show_json(answer.body);
    } else if (session_.console.terminal.redraw) {
      draw(page);
    }
    const sdk::Json records = page["records"];
    for (auto& [id, seen] : seen_) { seen.listed = false; }
    for (std::size_t i = 0; i < records.size(); ++i) { note(records.at(i)); }
    session_.console.out.flush();
  }

  [[nodiscard]] bool any_active() const {
    return std::any_of(seen_.begin(), seen_.end(), [](const auto& row) { return is_active(row.second.status); });
  }
  [[nodiscard]] bool any_failed() const {
    return std::any_of(seen_.begin(), seen_.end(), [](const auto& row) { return row.second.status == "failed"; });
  }
  [[nodiscard]] bool any_listed_active() const {
    return std::any_of(seen_.begin(), seen_.end(),
                       [](const auto& row) { return row.second.listed && is_active(row.second.status); });
  }

  /// Rows that left the page while they were under way, because of a filter or newer ones, are asked
  /// for one by one, so that the exit code is about all that was shown.
  [[nodiscard]] Answer look_after_vanished() {
    for (auto it = seen_.begin(); it != seen_.end();) {
      if (it->second.listed || !is_active(it->second.status)) {
        ++it;
        continue;
      }
      Answer answer = session_.api.request("GET", "/api/v3/queue/" + std::to_string(it->first));
      if (answer.exit_code == kExitNotFound) {
        it = seen_.erase(it);
        continue;
      }
      if (!answer.ok()) { return answer; }
      const auto document = sdk::JsonDocument::parse(answer.body);
      if (document) { note(document->root(), false); }
      ++it;
    }
    Answer done;
    done.status = 200;
    return done;
  }

 private:
  struct Seen {
    std::string status;
    int step = 0;
    bool listed = true;
  };

  void show_json(const std::string& body) {
    if (body == last_body_) { return; }
    session_.console.out << body << '\n';
    last_body_ = body;
  }

  void draw(sdk::Json page) {
    const std::string frame = fit(render_queue(page, session_.console.terminal), session_.console.terminal.height);
    if (drawn_lines_ > 0) { session_.console.out << "\x1b[" << drawn_lines_ << "A\r\x1b[J"; }
    session_.console.out << frame;
    drawn_lines_ = std::count(frame.begin(), frame.end(), '\n');
  }

  void note(sdk::Json item, bool listed = true) {
    Seen now{std::string(item["status"].as_string()), static_cast<int>(item["progress"].as_double()) / kProgressStep,
             listed};
    auto [it, fresh] = seen_.try_emplace(item["id"].as_int());
    const bool changed = fresh || it->second.status != now.status || it->second.step != now.step;
    it->second = std::move(now);
    if (!changed || session_.json || session_.console.terminal.redraw) { return; }
    std::string line = std::to_string(it->first) + "  " + it->second.status + "  " +
                       format_percent(item["progress"].as_double()) + "  " + std::string(item["title"].as_string());
    if (const auto error = item["errorMessage"].as_string(); !error.empty()) { line.append(": ").append(error); }
    say(session_, line);
  }

  const Session& session_;
  std::map<std::int64_t, Seen> seen_;
  std::string last_body_;
  std::ptrdiff_t drawn_lines_ = 0;
};

}  // namespace

int watch_queue(const Session& session, const QueueOptions& options, const Pause& pause) {
  Watch watch(session);
  const Session quiet{session.api, session.console, false};  // Watch prints the JSON, and only when it changed
  while (true) {
    Answer answer = session.api.request("GET", queue_path(options));
    if (answer.ok()) {
      const auto page = read_json(quiet, answer);
      if (!page) { return kExitFailed; }
      watch.show(answer, page->root());
      if (!watch.any_listed_active()) { answer = watch.look_after_vanished(); }
    }
    const bool over = answer.ok() && !watch.any_active();
    // A signal also breaks off a request, so it is asked for before a failure is believed.
    if (const int signal = pause(over || !answer.ok() ? 0 : kRefreshMs); signal != 0) { return kExitSignal + signal; }
    if (!answer.ok()) { return report_failure(session, answer); }
    if (over) { return watch.any_failed() ? kExitFailed : kExitOk; }
  }
}

}  // namespace quarry::cli
