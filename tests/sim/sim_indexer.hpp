// SPDX-License-Identifier: MIT
// Hands out magnets, or fails as sites do.
#pragma once

#include <quarry/sdk/abi/indexer.hpp>

namespace quarry::sim {

class SimHost;
class World;

class SimIndexer final : public sdk::Indexer {
 public:
  SimIndexer(World& world, SimHost& host) : world_(world), host_(host) {}
  sdk::Status capabilities(sdk::CallContext&, sdk::IndexerCapabilities&) noexcept override { return {}; }
  sdk::Status test(sdk::CallContext&, sdk::TestSink&) noexcept override { return {}; }
  sdk::Status search(sdk::CallContext&, const sdk::IndexerQuery&, sdk::ReleaseSink&) noexcept override { return {}; }
  sdk::Status recent(sdk::CallContext&, std::int64_t, sdk::ReleaseSink&) noexcept override { return {}; }
  sdk::Status fetch(sdk::CallContext& ctx, const sdk::ReleaseRef& release, sdk::FetchSink& sink) noexcept override;

 private:
  World& world_;
  SimHost& host_;
};

}  // namespace quarry::sim
