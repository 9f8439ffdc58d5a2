// SPDX-License-Identifier: MIT
// The SDK interfaces as the rest of the host meets them: every call goes through a CallWall.
//
// Arguments are copied before, answers after the plugin's code runs, since an abandoned call outlives
// its caller. One object per instance and interface; the plugin's interface outlives it.
#pragma once

#include "plugins/call_wall.hpp"

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/abi/scorer.hpp>

namespace quarry::plugins {

/// The sentence of a call that answered more than the host takes.
inline constexpr std::string_view kFloodSentence =
    "the plugin answered too much in one call (at most 100000 rows, 64 MiB, 1000 facts or reasons): the answer was "
    "dropped";

class GuardedDownloadClient final : public sdk::DownloadClient {
 public:
  GuardedDownloadClient(CallWall& wall, sdk::DownloadClient& plugin) : wall_(wall), plugin_(plugin) {}

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
  CallWall& wall_;
  sdk::DownloadClient& plugin_;
};

class GuardedIndexer final : public sdk::Indexer {
 public:
  GuardedIndexer(CallWall& wall, sdk::Indexer& plugin) : wall_(wall), plugin_(plugin) {}

  sdk::Status capabilities(sdk::CallContext& ctx, sdk::IndexerCapabilities& out) noexcept override;
  sdk::Status test(sdk::CallContext& ctx, sdk::TestSink& facts) noexcept override;
  sdk::Status search(sdk::CallContext& ctx, const sdk::IndexerQuery& query, sdk::ReleaseSink& sink) noexcept override;
  sdk::Status recent(sdk::CallContext& ctx, std::int64_t since_ms, sdk::ReleaseSink& sink) noexcept override;
  sdk::Status fetch(sdk::CallContext& ctx, const sdk::ReleaseRef& release, sdk::FetchSink& sink) noexcept override;

 private:
  CallWall& wall_;
  sdk::Indexer& plugin_;
};

class GuardedScorer final : public sdk::Scorer {
 public:
  GuardedScorer(CallWall& wall, sdk::Scorer& plugin) : wall_(wall), plugin_(plugin) {}

  sdk::Status score(sdk::CallContext& ctx, const sdk::Candidate& candidate, const sdk::Preferences& wanted,
                    sdk::ScoreSink& reasons, sdk::Score& out) noexcept override;

 private:
  CallWall& wall_;
  sdk::Scorer& plugin_;
};

}  // namespace quarry::plugins
