// SPDX-License-Identifier: MIT
#include "sim_indexer.hpp"

#include "world.hpp"

#include <array>

namespace quarry::sim {

sdk::Status SimIndexer::fetch(sdk::CallContext& ctx, const sdk::ReleaseRef& release, sdk::FetchSink& sink) noexcept {
  using sdk::Code;
  const Fate fate = host_.before_call("indexer.fetch", {world_.plan.weather.indexer_fails, 0, 0});
  if (fate == Fate::dead) { return ctx.fail({Code::unavailable, sdk::kNotStarted, 0, 0}, "dead"); }
  sdk::Status status;
  if (fate == Fate::fails) {
    world_.dealt(Trouble::site_fails);
    const std::array<sdk::Status, 6> troubles = {sdk::Status{Code::unavailable, sdk::kRetryable, 0, 0},
                                                 sdk::Status{Code::rate_limited, sdk::kRetryable, 0, 429},
                                                 sdk::Status{Code::rate_limited, sdk::kRetryable, 7'000, 429},
                                                 sdk::Status{Code::not_found, 0, 0, 404},
                                                 sdk::Status{Code::conflict, 0, 0, 409},
                                                 sdk::Status{Code::deadline, sdk::kRetryable, 0, 0}};
    status = troubles.at(static_cast<std::size_t>(world_.dice.below(6)));
  }
  if (!host_.after_call("indexer.fetch")) { return ctx.fail({Code::cancelled, 0, 0, 0}, "dead"); }
  if (!status.ok()) {
    world_.say(host_.owner(), [&] { return "indexer fails, code " + std::to_string(static_cast<int>(status.code)); });
    return ctx.fail(status, "the site has trouble");
  }
  sink.magnet("magnet:?xt=urn:btih:" + std::string(release.guid));
  return {};
}

}  // namespace quarry::sim
