// SPDX-License-Identifier: MIT
// quarry-sim: runs seeds of the simulation and says which broke a promise.
#include "seeds.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using quarry::sim::Options;

/// False: a promise was broken. `keep`: the file for seeds that break one; empty: none.
bool run_one(const Options& options, const std::string& keep, quarry::sim::Report& sum) {
  const quarry::sim::Report report = quarry::sim::run_simulation(options);
  sum.grabs += report.grabs;
  sum.crashes += report.crashes;
  sum.sleeps += report.sleeps;
  sum.takeovers += report.takeovers;
  sum.completed += report.completed;
  sum.told += report.told;
  sum.dealt.add(report.dealt);
  sum.virtual_ms += report.virtual_ms;
  sum.event_hash = report.event_hash;
  if (report.violations.empty()) { return true; }
  std::cout << "seed " << options.seed << " broke a promise; replay it with: quarry-sim --seed " << options.seed
            << (options.hosts > 0 ? " --hosts " + std::to_string(options.hosts) : "") << '\n';
  for (const std::string& what : report.violations) { std::cout << "  " << what << '\n'; }
  std::cout << std::flush;
  if (!keep.empty()) { quarry::sim::keep_seed(keep, options, report.violations.front()); }
  return false;
}

int run(const std::vector<Options>& all, const std::string& keep) {
  // A run of nothing proves nothing, and must not look like one that passed.
  if (all.empty()) { throw std::runtime_error("there are no seeds to run"); }
  const auto start = std::chrono::steady_clock::now();
  quarry::sim::Report sum;
  int failed = 0;
  for (const Options& options : all) { failed += run_one(options, keep, sum) ? 0 : 1; }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double virtual_s = static_cast<double>(sum.virtual_ms) / 1000;
  std::cout << all.size() << " seeds: " << sum.grabs << " grabs, " << sum.completed << " completed, " << sum.crashes
            << " crashes and " << sum.sleeps << " long sleeps of hosts, " << sum.takeovers << " duties taken over, "
            << sum.told << " entries of history; " << virtual_s / 3600 << " hours in " << seconds << " s\n";
  std::cout << "dealt: " << sum.dealt.text() << '\n';
  if (all.size() == 1) { std::cout << "event hash " << std::hex << sum.event_hash << std::dec << '\n'; }
  std::cout << failed << " seeds with violations\n";
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Runs the queue engine of several hosts on virtual time against seeded faults"};
  std::string seed;
  std::string seeds = "1-200";
  std::string file;
  std::string keep;
  int hosts = 0;
  auto* one = app.add_option("--seed", seed, "run this seed alone and tell everything that happens");
  auto* some = app.add_option("--seeds", seeds, "run these, as 1-2000");
  auto* kept =
      app.add_option("--kept", file, "run the seeds of this file: a seed and perhaps the number of hosts a line");
  one->excludes(some)->excludes(kept);
  some->excludes(kept);
  app.add_option("--hosts", hosts, "so many hosts; otherwise the seed says")->check(CLI::Range(1, 8));
  app.add_option("--keep", keep, "add seeds that break a promise to this file, for --kept");
  CLI11_PARSE(app, argc, argv);
  try {
    if (kept->count() > 0) { return run(quarry::sim::kept_seeds(file), keep); }
    if (one->count() == 0) { return run(quarry::sim::range_of_seeds(seeds, hosts), keep); }
    Options options = quarry::sim::one_seed(seed, hosts);
    options.trace = &std::cout;
    return run({options}, keep);
  } catch (const std::exception& error) {
    std::cerr << "quarry-sim: " << error.what() << '\n';
    return 2;
  }
}
