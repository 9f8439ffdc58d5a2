// SPDX-License-Identifier: MIT
#include "cli/signals.hpp"

#include <cerrno>
#include <ctime>

namespace quarry::cli {

EndSignals::EndSignals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGINT);
  sigaddset(&set_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set_, &before_);
}

EndSignals::~EndSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool EndSignals::pending() const {
  sigset_t waiting;
  return sigpending(&waiting) == 0 && (sigismember(&waiting, SIGINT) == 1 || sigismember(&waiting, SIGTERM) == 1);
}

int EndSignals::wait(std::int64_t ms) const {
  const timespec span{ms / 1000, (ms % 1000) * 1'000'000};
  while (true) {
    const int signal = sigtimedwait(&set_, nullptr, &span);
    if (signal > 0) { return signal; }
    // EINTR: another signal, such as SIGWINCH, was handled; the wait begins anew.
    if (errno != EINTR) { return 0; }
  }
}

}  // namespace quarry::cli
