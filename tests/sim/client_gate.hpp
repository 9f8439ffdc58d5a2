// SPDX-License-Identifier: MIT
// A download client as one host reaches it: refused, too busy, answering late or never, twice carried out,
// listing half of what it has or nothing. Each effect is shown to the referee.
#pragma once

#include "sim_client.hpp"

#include <quarry/sdk/abi/download_client.hpp>

#include <string>

namespace quarry::sim {

class SimHost;
class World;

class ClientGate final : public sdk::DownloadClient {
 public:
  ClientGate(World& world, SimHost& host, SimClient& client) : world_(world), host_(host), client_(client) {}
  [[nodiscard]] const std::string& id() const noexcept { return client_.id(); }

  using Context = sdk::CallContext;
  using Keys = std::span<const sdk::ItemKey>;
  sdk::Status capabilities(Context& ctx, sdk::ClientCapabilities& out) noexcept override;
  sdk::Status test(Context& ctx, sdk::TestSink& facts) noexcept override;
  sdk::Status add(Context& ctx, const sdk::AddRequest& request) noexcept override;
  sdk::Status list(Context& ctx, const sdk::ListQuery& query, sdk::ItemSink& sink) noexcept override;
  sdk::Status pause(Context& ctx, Keys keys) noexcept override;
  sdk::Status resume(Context& ctx, Keys keys) noexcept override;
  sdk::Status remove(Context& ctx, Keys keys, std::int32_t delete_data) noexcept override;
  sdk::Status set_priority(Context& ctx, Keys keys, sdk::Priority priority) noexcept override;
  sdk::Status set_category(Context& ctx, Keys keys, std::string_view category) noexcept override;
  sdk::Status set_limits(Context& ctx, Keys keys, const sdk::ClientLimits& limits) noexcept override;
  sdk::Status files(Context& ctx, const sdk::ItemKey& key, sdk::FileSink& sink) noexcept override;

 private:
  template <class Effect>
  sdk::Status call(Context& ctx, const char* what, double twice, Effect effect);
  /// An answer in place of the effect, or ok.
  [[nodiscard]] sdk::Status refusal(Context& ctx);
  /// The caller has given up, and the request arrives all the same.
  [[nodiscard]] sdk::Status arrives_late(Context& ctx, const sdk::AddRequest& request);

  World& world_;
  SimHost& host_;
  SimClient& client_;
};

}  // namespace quarry::sim
