// SPDX-License-Identifier: MIT
#include "plugins/guarded_call.hpp"
#include "plugins/kept_rows.hpp"

#include <cmath>

namespace quarry::plugins {
namespace {

using sdk::CallContext;
using sdk::Status;

struct ScoreState final : sdk::ScoreSink {
  ScoreState(const sdk::Candidate& c, const sdk::Preferences& w) : candidate(adopt(c)), wanted(adopt(w)) {
    if (candidate.parsed != nullptr) { parsed = adopt(*candidate.parsed); }
    candidate.parsed = &parsed;
    static_cast<void>(store.keep(candidate.name, candidate.indexer, wanted.title));
    static_cast<void>(store.keep(parsed.title, parsed.group, parsed.edition));
  }
  bool contribution(std::string_view rule, double points, std::string_view detail) noexcept override {
    return kept.add({rule, detail, points, false});
  }
  bool rejection(std::string_view rule, std::string_view detail) noexcept override {
    return kept.add({rule, detail, 0, true});
  }
  [[nodiscard]] bool flooded() const noexcept { return kept.flooded(); }

  sdk::Candidate candidate;
  sdk::Preferences wanted;
  sdk::ParsedName parsed;
  TextStore store{SIZE_MAX};
  KeptTexts kept;
  sdk::Score score;
};

/// A NaN would poison every comparison of the ranking.
bool all_finite(const ScoreState& state) {
  bool finite = std::isfinite(state.score.total) && std::isfinite(state.score.threshold);
  for (const auto& row : state.kept.rows()) { finite = finite && std::isfinite(row.points); }
  return finite;
}

}  // namespace

Status GuardedScorer::score(CallContext& ctx, const sdk::Candidate& candidate, const sdk::Preferences& wanted,
                            sdk::ScoreSink& reasons, sdk::Score& out) noexcept {
  return guarded_call<ScoreState>(
      wall_, ctx, "score",
      [&p = plugin_](CallContext& c, ScoreState& s) {
        const Status status = p.score(c, s.candidate, s.wanted, s, s.score);
        if (status.ok() && !all_finite(s)) {
          return c.fail({sdk::Code::internal, 0, 0, 0},
                        "answered a score that is no finite number: the answer was dropped");
        }
        return status;
      },
      [&](const ScoreState& state) {
        for (const auto& row : state.kept.rows()) {
          const bool go_on = row.rejection ? reasons.rejection(row.name, row.value)
                                           : reasons.contribution(row.name, row.points, row.value);
          if (!go_on) { break; }
        }
        hand_out(state.score, out);
      },
      candidate, wanted);
}

}  // namespace quarry::plugins
