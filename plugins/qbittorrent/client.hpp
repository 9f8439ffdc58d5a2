// SPDX-License-Identifier: MIT
// quarry.download_client/1 over qBittorrent's Web API, versions 4.1 to 5.2 and their successors.
#pragma once

#include "plugins/qbittorrent/api.hpp"

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/helpers/plugin.hpp>

#include <string>

namespace quarry::qbittorrent {

/// Holds a session and nothing else: what qBittorrent says is passed on, nothing is cached. Up to four
/// calls at once share the session. The contract is that of sdk::DownloadClient; README.md has what is
/// particular to qBittorrent.
class QbittorrentClient final : public sdk::Plugin<sdk::DownloadClient> {
 public:
  /// Reaches out to nobody. Throws Error(invalid) for a URL that cannot work.
  QbittorrentClient(sdk::HostServices& services, const sdk::Config& config);

  sdk::Status capabilities(sdk::CallContext& ctx, sdk::ClientCapabilities& out) noexcept override;
  sdk::Status test(sdk::CallContext& ctx, sdk::TestSink& facts) noexcept override;
  sdk::Status add(sdk::CallContext& ctx, const sdk::AddRequest& request) noexcept override;
  sdk::Status list(sdk::CallContext& ctx, const sdk::ListQuery& query, sdk::ItemSink& sink) noexcept override;
  sdk::Status pause(sdk::CallContext& ctx, std::span<const sdk::ItemKey> keys) noexcept override;
  sdk::Status resume(sdk::CallContext& ctx, std::span<const sdk::ItemKey> keys) noexcept override;
  sdk::Status remove(sdk::CallContext& ctx, std::span<const sdk::ItemKey> keys,
                     std::int32_t delete_data) noexcept override;
  sdk::Status set_priority(sdk::CallContext& ctx, std::span<const sdk::ItemKey> keys,
                           sdk::Priority priority) noexcept override;
  sdk::Status set_category(sdk::CallContext& ctx, std::span<const sdk::ItemKey> keys,
                           std::string_view category) noexcept override;
  sdk::Status set_limits(sdk::CallContext& ctx, std::span<const sdk::ItemKey> keys,
                         const sdk::ClientLimits& limits) noexcept override;
  sdk::Status files(sdk::CallContext& ctx, const sdk::ItemKey& key, sdk::FileSink& sink) noexcept override;

 private:
  /// The body of a plain text answer, or empty when the server does not know the action.
  [[nodiscard]] std::string text_of(sdk::CallContext& ctx, const char* action);
  void change_category(sdk::CallContext& ctx, const KeySet& keys, const std::string& category);

  Session session_;
  Api api_;
};

}  // namespace quarry::qbittorrent
