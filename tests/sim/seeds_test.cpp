// SPDX-License-Identifier: MIT
// Whoever asks for no seeds, or for something else, must not be told that all is well.
#include "seeds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace quarry::sim {
namespace {

using ::testing::HasSubstr;

struct ProgramRun {
  int exit_code = -1;
  std::string text;  ///< of both outputs
};

ProgramRun quarry_sim(const std::string& arguments) {
  const std::string command = std::string(QUARRY_BIN_DIR) + "/quarry-sim " + arguments + " 2>&1";
  FILE* output = ::popen(command.c_str(), "re");
  if (output == nullptr) { return {}; }
  ProgramRun run;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), output)) > 0;) {
    run.text.append(buffer.data(), n);
  }
  const int status = ::pclose(output);
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
}

/// A file for one test, gone after it.
class SeedsFile {
 public:
  explicit SeedsFile(const std::string& text) : path_(::testing::TempDir() + "seeds-" + std::to_string(::getpid())) {
    std::ofstream(path_) << text;
  }
  ~SeedsFile() { std::filesystem::remove(path_); }
  SeedsFile(const SeedsFile&) = delete;
  SeedsFile& operator=(const SeedsFile&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

std::vector<std::uint64_t> numbers(const std::vector<Options>& all) {
  std::vector<std::uint64_t> seeds;
  for (const Options& one : all) { seeds.push_back(one.seed); }
  return seeds;
}

TEST(Seeds, AreANumberOrARange) {
  EXPECT_EQ(numbers(range_of_seeds("17", 0)), (std::vector<std::uint64_t>{17}));
  EXPECT_EQ(numbers(range_of_seeds("9-11", 0)), (std::vector<std::uint64_t>{9, 10, 11}));
  EXPECT_EQ(numbers(range_of_seeds("18446744073709551615-18446744073709551615", 0)).size(), 1U);
  EXPECT_EQ(range_of_seeds("1-2", 3).back().hosts, 3);
  EXPECT_EQ(one_seed("12", 4).seed, 12U);
  EXPECT_EQ(one_seed("12", 4).hosts, 4);
}

TEST(Seeds, AreNothingElse) {
  for (const char* text : {"", "-", "9-3", "1-", "-3", "12junk", "1-2junk", "1-2-3", " 1", "1 ", "+1", "0x10",
                           "18446744073709551616", "0-18446744073709551615"}) {
    EXPECT_THROW(static_cast<void>(range_of_seeds(text, 0)), std::runtime_error) << text;
    EXPECT_THROW(static_cast<void>(one_seed(text, 0)), std::runtime_error) << text;
  }
  EXPECT_THROW(static_cast<void>(one_seed("1-5", 0)), std::runtime_error) << "one is told of, not five";
}

TEST(Seeds, OfAFileAreOneALine) {
  const SeedsFile file("# for people\n\n6\n51    # why\n7 3\n");
  const auto all = kept_seeds(file.path());
  EXPECT_EQ(numbers(all), (std::vector<std::uint64_t>{6, 51, 7}));
  EXPECT_EQ(all.back().hosts, 3);
}

TEST(Seeds, OfAFileHaveNothingBesideThem) {
  for (const char* line : {"six", "6junk", "6 0", "6 9", "6 two", "6 2 1", "-6"}) {
    const SeedsFile file(std::string("5\n") + line + "\n");
    EXPECT_THROW(static_cast<void>(kept_seeds(file.path())), std::runtime_error) << line;
  }
  EXPECT_THROW(static_cast<void>(kept_seeds("/no/such/file")), std::runtime_error);
}

TEST(Seeds, AreKeptOnce) {
  const SeedsFile file("# for people\n");
  for (int i = 0; i < 2; ++i) {
    keep_seed(file.path(), {5}, "it broke");
    keep_seed(file.path(), {5, 2}, "it broke");
  }
  EXPECT_EQ(numbers(kept_seeds(file.path())), (std::vector<std::uint64_t>{5, 5}));
}

TEST(Program, RefusesToRunNothing) {
  const SeedsFile none("# for people\n");
  for (const std::string& arguments :
       {std::string("--seeds 9-3"), std::string("--seeds 1-2x"), std::string("--seed 12junk"),
        std::string("--seed 1-5"), "--kept " + none.path()}) {
    const ProgramRun run = quarry_sim(arguments);
    EXPECT_EQ(run.exit_code, 2) << arguments << ": " << run.text;
    EXPECT_THAT(run.text, HasSubstr("quarry-sim: ")) << arguments;
    EXPECT_THAT(run.text, HasSubstr("seed")) << arguments;
  }
}

TEST(Program, RunsWhatItIsAskedFor) {
  const ProgramRun run = quarry_sim("--seeds 1-2");
  EXPECT_EQ(run.exit_code, 0) << run.text;
  EXPECT_THAT(run.text, HasSubstr("2 seeds: "));
  EXPECT_THAT(run.text, HasSubstr("dealt: queue fails "));
  EXPECT_THAT(run.text, HasSubstr("0 seeds with violations"));
}

}  // namespace
}  // namespace quarry::sim
