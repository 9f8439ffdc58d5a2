// SPDX-License-Identifier: MIT
// Forgets a thread when it is destroyed.
#include "raw_entry.hpp"

#include <thread>

#include <unistd.h>

namespace {
class LeavesThread final : public faulty::Quiet {
 public:
  LeavesThread() {
    std::thread([] { ::sleep(60); }).detach();
  }
};
}  // namespace

FAULTY_ENTRY(faulty::sound_entry("leaves-thread", &faulty::make<LeavesThread>));
