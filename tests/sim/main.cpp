// SPDX-License-Identifier: MIT
// quarry-sim: runs seeds of the simulation and says which broke a promise.
#include "simulation.hpp"

#include <CLI/CLI.hpp>

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  CLI::App app{"Runs the queue engine on virtual time against seeded faults"};
  std::uint64_t seed = 0;
  std::uint64_t first = 1;
  int seeds = 200;
  std::string file;
  const auto* one = app.add_option("--seed", seed, "run this seed alone");
  app.add_option("--first", first, "the first of --seeds");
  app.add_option("--seeds", seeds, "how many seeds to run");
  app.add_option("--also", file, "a file with further seeds, one a line");
  CLI11_PARSE(app, argc, argv);

  std::vector<std::uint64_t> all;
  if (one->count() > 0) {
    all.push_back(seed);
  } else {
    for (int i = 0; i < seeds; ++i) { all.push_back(first + static_cast<std::uint64_t>(i)); }
    std::ifstream more(file);
    for (std::string line; std::getline(more, line);) {
      if (!line.empty() && line.front() != '#') { all.push_back(std::stoull(line)); }
    }
  }
  long grabs = 0;
  long crashes = 0;
  long completed = 0;
  int failed = 0;
  for (const std::uint64_t s : all) {
    const quarry::sim::Report report = quarry::sim::run_simulation(s);
    grabs += report.grabs;
    crashes += report.crashes;
    completed += report.completed;
    if (report.violations.empty()) { continue; }
    ++failed;
    std::cout << "seed " << s << " broke a promise; replay it with: quarry-sim --seed " << s << '\n';
    for (const std::string& v : report.violations) { std::cout << "  " << v << '\n'; }
  }
  std::cout << all.size() << " seeds: " << grabs << " grabs, " << completed << " completed, " << crashes
            << " crashes of the host, " << failed << " seeds with violations\n";
  return failed == 0 ? 0 : 1;
}
