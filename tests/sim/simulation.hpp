// SPDX-License-Identifier: MIT
// The whole engine on virtual time, with everything around it going wrong by a seed.
//
// A run has two phases. In the first, hosts crash between any two effects, the store and the client
// fail, lose answers or list nonsense, and users grab, pause, cancel and retry. In the second nothing
// goes wrong any more, and everything that was accepted must come to an end. The same seed gives the
// same run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace quarry::sim {

struct Report {
  std::vector<std::string> violations;  ///< empty: every promise was kept
  int grabs = 0;
  int crashes = 0;
  int completed = 0;
  std::uint64_t event_hash = 0;  ///< of the event log: equal for equal seeds
};

[[nodiscard]] Report run_simulation(std::uint64_t seed);

}  // namespace quarry::sim
