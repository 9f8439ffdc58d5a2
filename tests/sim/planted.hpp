// SPDX-License-Identifier: MIT
// Runs with one fault planted in them: the judges must report it, and by its own name.
#pragma once

#include "forwarding.hpp"
#include "seams.hpp"
#include "simulation.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <set>
#include <string>

namespace quarry::sim {

/// For a seam: an object of `Fault` before the true one.
template <class Fault>
[[nodiscard]] auto plant() {
  return [](auto& inner) { return std::make_shared<Fault>(inner); };
}

/// Some seed from 1 on reports a violation with these words. `hosts` as in Options.
inline void expect_reported(const Seams& seams, const std::string& words, std::uint64_t seeds = 20, int hosts = 0) {
  std::set<std::string> others;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Report report = run_simulation({seed, hosts, nullptr, &seams});
    for (const std::string& what : report.violations) {
      if (what.find(words) != std::string::npos) {
        std::cout << "seed " << seed << ": " << what << '\n';
        return;
      }
      others.insert(what);
    }
  }
  ADD_FAILURE() << "nobody noticed \"" << words << "\" in " << seeds << " seeds; noticed were "
                << ::testing::PrintToString(others);
}

}  // namespace quarry::sim
