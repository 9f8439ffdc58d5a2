// SPDX-License-Identifier: MIT
// The whole engine on virtual time and one thread, with everything around it going wrong by a seed.
//
// One to eight hosts share one store. A run has two phases. In the first, hosts crash between any two
// effects, sleep over their leases, have clocks that are wrong by a day; the store and the clients fail,
// lose answers, carry out a call twice or late, or list nonsense; and users grab, for films or without, pause, cancel
// and retry, and one host after the other writes the history. In the second nothing goes wrong any more, and everything
// that was accepted must come to an end. Throughout, and at the end from the event log and the clients' journals, the
// promises are checked. The same seed gives the same run.
#pragma once

#include "troubles.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace quarry::sim {

struct Seams;

struct Options {
  std::uint64_t seed = 1;
  int hosts = 0;                  ///< 1–8; 0: as the seed says
  std::ostream* trace = nullptr;  ///< told everything that happens
  const Seams* seams = nullptr;   ///< the faults of a test, see seams.hpp; outlives the run
};

struct Report {
  std::vector<std::string> violations;  ///< empty: every promise was kept
  int hosts = 0;
  int grabs = 0;
  int crashes = 0;
  int sleeps = 0;
  int takeovers = 0;  ///< of a duty, by another host
  int completed = 0;
  std::int64_t told = 0;  ///< entries of the history
  TroublesDealt dealt;
  std::int64_t virtual_ms = 0;
  std::uint64_t event_hash = 0;  ///< of the event log: equal for equal seeds
};

[[nodiscard]] Report run_simulation(const Options& options);

}  // namespace quarry::sim
