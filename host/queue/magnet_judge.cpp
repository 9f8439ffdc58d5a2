// SPDX-License-Identifier: MIT
#include "queue/magnet_judge.hpp"

#include "queue/metainfo.hpp"

#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/sinks.hpp>

#include <utility>
#include <vector>

namespace quarry::queue {
namespace {

constexpr std::int64_t kAskAgainMs = 60'000;

std::string danger_of_path(std::string_view path) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) { return path_danger(parts); }
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

MagnetJudge::MagnetJudge(EnginePorts ports, EngineSettings settings)
    : ports_(std::move(ports)), settings_(std::move(settings)) {}

std::string MagnetJudge::danger(sdk::DownloadClient& client, const Download& d, const ClientItem& item,
                                std::int64_t now_ms) {
  const bool unknown = item.state == sdk::ItemState::metadata || item.size_bytes <= 0;
  if (d.magnet.empty() || unknown || judged_.contains(d.id)) { return {}; }
  if (const auto it = not_before_ms_.find(d.id); it != not_before_ms_.end() && now_ms < it->second) { return {}; }

  std::string found;
  bool any = false;
  auto files = sdk::file_sink([&](const sdk::FileView& file) {
    any = true;
    found = danger_of_path(file.path);
    return found.empty();
  });
  const sdk::ItemKey key = key_of(item);
  sdk::BasicContext ctx(*ports_.clock, settings_.call_timeout_ms, tag_of(d.id));
  const sdk::Status status = client.files(ctx, key, files);
  if (!found.empty()) { return found; }
  const bool asked = (status.ok() && any) || status.code == sdk::Code::unsupported;
  if (asked) {
    judged_.insert(d.id);
  } else {
    not_before_ms_[d.id] = now_ms + kAskAgainMs;
  }
  return {};
}

void MagnetJudge::keep_only(const std::set<std::int64_t>& open) {
  std::erase_if(judged_, [&](std::int64_t id) { return !open.contains(id); });
  std::erase_if(not_before_ms_, [&](const auto& entry) { return !open.contains(entry.first); });
}

}  // namespace quarry::queue
