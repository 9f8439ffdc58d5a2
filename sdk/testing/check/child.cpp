// SPDX-License-Identifier: MIT
#include "child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace quarry::sdk::check {
namespace {

volatile std::sig_atomic_t interrupted = 0;
constexpr char kWhole = '\0';  ///< ends an answer, so that one cut short is seen
int parent = -1;               ///< in a child: where its answer goes

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

[[noreturn]] void work_and_end(int to_parent, const std::function<std::string()>& work) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) { ::signal(signal, SIG_DFL); }
  parent = to_parent;
  tell(work());
  tell(std::string_view(&kWhole, 1));
  // _exit: the plugin's threads and static objects must not run on.
  ::_exit(0);
}

/// What comes until the other end is closed.
ChildEnd receive(int from_child, std::int64_t timeout_ms, std::string& text) {
  std::int64_t end_ms = now_ms() + timeout_ms;
  while (interrupted == 0) {
    const std::int64_t left = end_ms - now_ms();
    pollfd readable{from_child, POLLIN, 0};
    const int ready = left <= 0 ? 0 : ::poll(&readable, 1, static_cast<int>(left));
    if (ready == 0) { return ChildEnd::timed_out; }
    if (ready < 0) { continue; }  // a signal
    std::array<char, 4096> buffer{};
    const ssize_t n = ::read(from_child, buffer.data(), buffer.size());
    if (n <= 0) { return ChildEnd::answered; }
    text.append(buffer.data(), static_cast<std::size_t>(n));
    end_ms = now_ms() + timeout_ms;
  }
  return ChildEnd::interrupted;
}

}  // namespace

void tell(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(parent, text.data(), text.size());
    if (n < 0) { return; }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void heed_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) { ::sigaction(signal, &action, nullptr); }
}

ChildAnswer in_child(std::int64_t timeout_ms, const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) { throw std::runtime_error("no pipe can be made"); }
  const pid_t child = ::fork();
  if (child < 0) { throw std::runtime_error("no child process can be made"); }
  if (child == 0) { work_and_end(ends[1], work); }
  ::setpgid(child, child);  // whichever of both comes first
  ::close(ends[1]);
  ChildAnswer answer;
  answer.end = receive(ends[0], timeout_ms, answer.text);
  ::close(ends[0]);
  if (answer.end != ChildEnd::answered) { ::kill(child, SIGKILL); }
  // What it has started goes too, and first: a child that is not yet reaped keeps its group's number.
  siginfo_t ended{};
  while (::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) < 0 && errno == EINTR) {}
  ::kill(-child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (answer.end != ChildEnd::answered) { return answer; }
  if (WIFSIGNALED(status)) {
    answer.end = ChildEnd::crashed;
    answer.why = std::string("crashed: ") + ::strsignal(WTERMSIG(status));
  } else if (!answer.text.ends_with(kWhole)) {
    answer.end = ChildEnd::crashed;
    answer.why = "ended the process, with exit code " + std::to_string(WEXITSTATUS(status));
  } else {
    answer.text.pop_back();
  }
  return answer;
}

}  // namespace quarry::sdk::check
