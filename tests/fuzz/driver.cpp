// SPDX-License-Identifier: MIT
// Runs a fuzz target without libFuzzer.
//
//   fuzz_NAME FILE…                                replays these inputs
//   fuzz_NAME --corpus DIR --dictionary FILE --failures DIR [--rounds N] [--seed N]
//                                                  replays the corpus, then N inputs made from it
//
// The inputs run in a child process, each first written into memory that both share. So whatever ends the child
// (abort, a sanitizer, an endless loop), the parent still holds the input: it writes it into --failures.
#include "mutator.hpp"
#include "require.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>

namespace fs = std::filesystem;

namespace quarry::fuzz {
namespace {

constexpr std::size_t kLargestSeed = 1U << 20U;
constexpr unsigned kLongestRun_s = 20;

struct Options {
  fs::path corpus;
  fs::path dictionary;
  fs::path failures;
  std::uint64_t rounds = 0;
  std::uint64_t seed = 1;
  std::vector<fs::path> files;
};

/// What parent and child share.
struct Board {
  bool finished;
  std::size_t size;
  std::array<char, kLargestSeed> bytes;
};

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) { throw std::runtime_error("cannot read " + file.string()); }
  if (text.size() > kLargestSeed) { throw std::runtime_error(file.string() + " is larger than 1 MiB"); }
  return text;
}

std::vector<std::string> read_corpus(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) { files.push_back(entry.path()); }
  std::sort(files.begin(), files.end());  // the order of a folder is the file system's whim
  std::vector<std::string> out;
  for (const auto& file : files) { out.push_back(read_file(file)); }
  if (out.empty()) { throw std::runtime_error("the corpus " + folder.string() + " is empty"); }
  return out;
}

void run_one(std::string_view input, Board& board) {
  board.size = input.size();
  std::copy(input.begin(), input.end(), board.bytes.begin());
  // Memory of exactly this size, so that AddressSanitizer sees a read behind the end.
  const auto exact = std::make_unique<std::uint8_t[]>(input.size());
  std::copy(input.begin(), input.end(), exact.get());
  alarm(kLongestRun_s);
  LLVMFuzzerTestOneInput(exact.get(), input.size());
  alarm(0);
}

/// Corpus and mutations. Answers how many inputs ran.
std::uint64_t run_all(const std::vector<std::string>& corpus, Mutator mutator, std::uint64_t rounds, Board& board) {
  for (const auto& input : corpus) { run_one(input, board); }
  for (std::uint64_t i = 0; i < rounds; ++i) { run_one(mutator.next(), board); }
  return corpus.size() + rounds;
}

std::string ending(int status) {
  if (WIFEXITED(status)) { return "ended with code " + std::to_string(WEXITSTATUS(status)); }
  const int signal = WTERMSIG(status);
  return signal == SIGALRM ? "did not end within " + std::to_string(kLongestRun_s) + " s"
                           : std::string("ended by ") + strsignal(signal);
}

/// The same input always gets the same name.
fs::path keep(const Board& board, const fs::path& program, const fs::path& folder) {
  std::uint64_t hash = 14695981039346656037U;
  for (std::size_t i = 0; i < board.size; ++i) {
    hash = (hash ^ static_cast<unsigned char>(board.bytes[i])) * 1099511628211U;
  }
  fs::create_directories(folder);
  std::array<char, 17> name{};
  std::snprintf(name.data(), name.size(), "%016llx", static_cast<unsigned long long>(hash));
  fs::path file = fs::absolute(folder / (program.filename().string() + "-" + name.data()));
  std::ofstream out(file, std::ios::binary);
  out.write(board.bytes.data(), static_cast<std::streamsize>(board.size));
  if (!out.flush()) { throw std::runtime_error("cannot write " + file.string()); }
  return file;
}

int run_in_child(const Options& options, const fs::path& program) {
  const auto corpus = read_corpus(options.corpus);
  Mutator mutator(corpus, parse_dictionary(read_file(options.dictionary)), options.seed);
  void* const memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) { throw std::runtime_error("no memory to share with the child process"); }
  auto& board = *static_cast<Board*>(memory);
  const pid_t child = fork();
  if (child < 0) { throw std::runtime_error("cannot start a child process"); }
  if (child == 0) {
    const std::uint64_t count = run_all(corpus, std::move(mutator), options.rounds, board);
    board.finished = true;
    std::cout << program.filename().string() << ": " << count << " inputs, seed " << options.seed << std::endl;
    std::exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (status == 0 && board.finished) { return 0; }
  if (board.finished) {
    std::cerr << program.filename().string() << ' ' << ending(status) << " after its last input (a leak?)\n";
  } else {
    const fs::path file = keep(board, program, options.failures);
    std::cerr << program.filename().string() << ' ' << ending(status) << "; the input is kept. To replay it:\n  "
              << fs::absolute(program).string() << ' ' << file.string() << '\n';
  }
  return 1;
}

Options parse(int argc, char** argv) {
  Options out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (!name.starts_with("--")) {
      out.files.emplace_back(name);
      continue;
    }
    if (++i == argc) { throw std::runtime_error(std::string(name) + " needs a value"); }
    if (name == "--corpus") {
      out.corpus = argv[i];
    } else if (name == "--dictionary") {
      out.dictionary = argv[i];
    } else if (name == "--failures") {
      out.failures = argv[i];
    } else if (name == "--rounds") {
      out.rounds = std::stoull(argv[i]);
    } else if (name == "--seed") {
      out.seed = std::stoull(argv[i]);
    } else {
      throw std::runtime_error("unknown option " + std::string(name));
    }
  }
  const bool whole = !out.corpus.empty() && !out.dictionary.empty() && !out.failures.empty();
  if (out.files.empty() != whole) {
    throw std::runtime_error("name input files, or --corpus, --dictionary and --failures");
  }
  return out;
}

int run(int argc, char** argv) {
  const Options options = parse(argc, argv);
  if (options.files.empty()) { return run_in_child(options, argv[0]); }
  const auto board = std::make_unique<Board>();
  for (const auto& file : options.files) {
    run_one(read_file(file), *board);
    std::cout << file.string() << ": nothing found" << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace quarry::fuzz

int main(int argc, char** argv) {
  try {
    return quarry::fuzz::run(argc, argv);
  } catch (const std::exception& e) {
    // In the child this is what the target let escape: it ends with 2, and the parent keeps the input.
    std::cerr << argv[0] << ": " << e.what() << '\n';
    return 2;
  }
}
