// SPDX-License-Identifier: MIT
#include "rules.hpp"

#include <quarry/sdk/helpers/plugin.hpp>

namespace quarry::scorer {

class DefaultScorer final : public sdk::Plugin<sdk::Scorer> {
 public:
  DefaultScorer(sdk::HostServices& /*host*/, const sdk::Config& config) : rules_(read_settings(config)) {}

  sdk::Status score(sdk::CallContext& ctx, const sdk::Candidate& candidate, const sdk::Preferences& wanted,
                    sdk::ScoreSink& reasons, sdk::Score& out) noexcept override {
    return sdk::guard(ctx, [&] { out = rules_.score(candidate, wanted, reasons); });
  }

 private:
  const Rules rules_;
};

}  // namespace quarry::scorer

QUARRY_PLUGIN(quarry::scorer::DefaultScorer, "scorer-default", "1.0.0",
              "Scores releases by resolution, source, codec, size, group, words and seeders.", quarry::scorer::kSchema,
              64);
