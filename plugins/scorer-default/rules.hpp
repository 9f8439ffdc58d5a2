// SPDX-License-Identifier: MIT
// The rules: what gives points, what takes them, what rules a release out.
#pragma once

#include "settings.hpp"

#include <quarry/sdk/abi/scorer.hpp>

#include <string>
#include <vector>

namespace quarry::scorer {

/// Scores by one set of settings. Unchanging after construction, so any thread may use it at any time.
class Rules {
 public:
  explicit Rules(Settings settings);

  /// Tells `reasons` every point and every rejection; the total is the sum of the points told. A sink
  /// that has had enough is told no more, and the total is complete all the same.
  [[nodiscard]] sdk::Score score(const sdk::Candidate& candidate, const sdk::Preferences& wanted,
                                 sdk::ScoreSink& reasons) const;

 private:
  class Tally;
  void picture(const sdk::ParsedName& name, Tally& tally) const;
  void codec(const sdk::ParsedName& name, Tally& tally) const;
  void extras(const sdk::ParsedName& name, Tally& tally) const;
  void size(const sdk::Candidate& candidate, const sdk::Preferences& wanted, Tally& tally) const;
  void group(const sdk::ParsedName& name, Tally& tally) const;
  void words(const sdk::Candidate& candidate, Tally& tally) const;
  void supply(const sdk::Candidate& candidate, Tally& tally) const;
  void film(const sdk::ParsedName& name, const sdk::Preferences& wanted, Tally& tally) const;

  Settings settings_;
  struct Phrase {
    std::string text;
    std::vector<std::string> words;
  };
  static std::vector<Phrase> phrases(const std::vector<std::string>& texts);
  std::vector<Phrase> required_;
  std::vector<Phrase> forbidden_;
};

}  // namespace quarry::scorer
