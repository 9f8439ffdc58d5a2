// SPDX-License-Identifier: MIT
#include "seeds.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace quarry::sim {
namespace {

constexpr int kMostHosts = 8;
/// More is a slip of the finger, and would not end.
constexpr std::uint64_t kMostSeeds = 10'000'000;

/// Digits and nothing else: what is left over means that something else was asked for.
template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw std::runtime_error("\"" + std::string(text) + "\" " + why);
}

std::uint64_t seed_of(std::string_view text, std::string_view whole) {
  std::uint64_t seed = 0;
  if (!read_number(text, seed)) { refuse(whole, "names no seeds: they are a number as 17 or a range as 1-2000"); }
  return seed;
}

/// False: the line is for people alone.
bool read_line(const std::string& line, Options& options) {
  std::istringstream words(line.substr(0, line.find('#')));
  std::string seed;
  std::string hosts;
  std::string more;
  if (!(words >> seed)) { return false; }
  const bool has_hosts = static_cast<bool>(words >> hosts);
  const bool good = read_number(seed, options.seed) && (!has_hosts || read_number(hosts, options.hosts)) &&
                    options.hosts >= (has_hosts ? 1 : 0) && options.hosts <= kMostHosts && !(words >> more);
  if (!good) { refuse(line, "is no line of kept seeds: it is a seed, perhaps 1 to 8 hosts, and perhaps a # remark"); }
  return true;
}

}  // namespace

Options one_seed(std::string_view text, int hosts) {
  Options options;
  if (!read_number(text, options.seed)) { refuse(text, "is no seed: that is one number as 17"); }
  options.hosts = hosts;
  return options;
}

std::vector<Options> range_of_seeds(std::string_view text, int hosts) {
  const std::size_t dash = text.find('-');
  const std::uint64_t first = seed_of(text.substr(0, dash), text);
  const std::uint64_t last = dash == std::string_view::npos ? first : seed_of(text.substr(dash + 1), text);
  if (last < first) { refuse(text, "is no range of seeds: its end comes before its beginning"); }
  if (last - first >= kMostSeeds) { refuse(text, "are more seeds than " + std::to_string(kMostSeeds)); }
  std::vector<Options> all;
  for (std::uint64_t i = 0; i <= last - first; ++i) { all.push_back({first + i, hosts}); }
  return all;
}

std::vector<Options> kept_seeds(const std::string& path) {
  std::ifstream file(path);
  if (!file) { throw std::runtime_error("cannot read " + path); }
  std::vector<Options> all;
  for (std::string line; std::getline(file, line);) {
    Options options;
    if (read_line(line, options)) { all.push_back(options); }
  }
  if (file.bad()) { throw std::runtime_error("cannot read " + path); }
  return all;
}

void keep_seed(const std::string& path, const Options& options, const std::string& why) {
  const auto kept = std::filesystem::exists(path) ? kept_seeds(path) : std::vector<Options>();
  const bool is_kept = std::any_of(kept.begin(), kept.end(), [&](const Options& one) {
    return one.seed == options.seed && one.hosts == options.hosts;
  });
  if (is_kept) { return; }
  std::ofstream file(path, std::ios::app);
  file << options.seed << (options.hosts > 0 ? " " + std::to_string(options.hosts) : "") << "   # " << why << '\n';
  if (!file.flush()) { throw std::runtime_error("cannot write " + path); }
}

}  // namespace quarry::sim
