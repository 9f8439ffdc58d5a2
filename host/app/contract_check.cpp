// SPDX-License-Identifier: MIT
#include "app/contract_check.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <ostream>

namespace quarry::app {
namespace {

constexpr char kProgram[] = "quarry-plugin-check";

/// Two ends of a pipe, each closed once.
struct Pipe {
  Pipe() { made = ::pipe2(ends.data(), O_CLOEXEC) == 0; }
  ~Pipe() {
    close(0);
    close(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close(std::size_t end) {
    if (made && ends[end] >= 0) { ::close(ends[end]); }
    ends[end] = -1;
  }
  std::array<int, 2> ends{-1, -1};
  bool made = false;
};

/// The program's standard input is `in`, its standard output `out`. Answers its process id, or 0 and errno.
pid_t start(const std::string& program, const std::vector<std::string>& arguments, int in, int out) {
  std::vector<std::string> texts = arguments;
  texts.insert(texts.begin(), program);
  std::vector<char*> argv;
  for (std::string& text : texts) { argv.push_back(text.data()); }
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  errno = failed;
  return failed == 0 ? child : 0;
}

void send(int to, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(to, text.data(), text.size());
    if (n < 0 && errno != EINTR) { return; }  // it ended before it read all; its exit code says so
    if (n > 0) { text.remove_prefix(static_cast<std::size_t>(n)); }
  }
}

void copy(int from, std::ostream& out) {
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t n = ::read(from, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) { continue; }
    if (n <= 0) { return; }
    out.write(buffer.data(), n).flush();
  }
}

}  // namespace

bool run_contract_check(const std::vector<std::string>& arguments, const std::string& config, std::ostream& out,
                        std::string& problem) {
  std::error_code ec;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", ec).parent_path() / kProgram;
  if (!std::filesystem::exists(program, ec)) {
    problem = program.string() + " is missing: it has the contract suites, and is built with QUARRY_TESTS=ON";
    return false;
  }
  Pipe input;
  Pipe output;
  ::signal(SIGPIPE, SIG_IGN);
  const pid_t child = input.made && output.made ? start(program.string(), arguments, input.ends[0], output.ends[1]) : 0;
  if (child == 0) {
    problem = program.string() + " cannot be started: " + std::strerror(errno);
    return false;
  }
  input.close(0);
  output.close(1);
  send(input.ends[1], config);
  input.close(1);
  copy(output.ends[0], out);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (WIFSIGNALED(status)) { problem = program.string() + " ended with: " + ::strsignal(WTERMSIG(status)); }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace quarry::app
