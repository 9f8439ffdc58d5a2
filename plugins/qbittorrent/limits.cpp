// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/limits.hpp"

#include <array>
#include <charconv>

namespace quarry::qbittorrent {
namespace {

std::string text_of(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return {digits.data(), end.ptr};
}

/// The share limits a torrent has now (-2: the server's own), with the wanted ones put in. The call wants
/// all of them at once, each version more than the one before; what a version does not know it ignores.
Fields share_limits(sdk::Json row, const sdk::ClientLimits& limits) {
  constexpr std::int64_t kGlobal = -2;
  const double ratio = limits.ratio >= 0 ? limits.ratio : row["ratio_limit"].as_double(static_cast<double>(kGlobal));
  const std::int64_t minutes =
      limits.seed_minutes >= 0 ? limits.seed_minutes : row["seeding_time_limit"].as_int(kGlobal);
  return {{"ratioLimit", text_of(ratio)},
          {"seedingTimeLimit", std::to_string(minutes)},
          {"inactiveSeedingTimeLimit", std::to_string(row["inactive_seeding_time_limit"].as_int(kGlobal))},
          {"shareLimitAction", std::string(row["share_limit_action"].as_string("Default"))},
          {"shareLimitsMode", std::string(row["share_limits_mode"].as_string("Default"))}};
}

}  // namespace

void set_limits(sdk::CallContext& ctx, const Api& api, const KeySet& keys, const sdk::ClientLimits& limits) {
  std::vector<std::pair<std::string, Fields>> share;
  if (limits.ratio >= 0 || limits.seed_minutes >= 0) {
    api.each(ctx, keys, [&](const TorrentRow& row, sdk::Json json) {
      share.emplace_back(row.view().id, share_limits(json, limits));
      return true;
    });
  }
  if (limits.down_bps >= 0) {
    api.act(ctx, "torrents/setDownloadLimit", keys, {{"limit", std::to_string(limits.down_bps)}});
  }
  later_step([&] {
    if (limits.up_bps >= 0) {
      api.act(ctx, "torrents/setUploadLimit", keys, {{"limit", std::to_string(limits.up_bps)}});
    }
    for (const auto& [id, fields] : share) {
      sdk::ItemKey key;
      key.id = id;
      api.act(ctx, "torrents/setShareLimits", KeySet({&key, 1}), fields);
    }
  });
}

}  // namespace quarry::qbittorrent
