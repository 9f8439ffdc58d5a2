// SPDX-License-Identifier: MIT
// Blocks without a look at the call's context, until the test lets go.
#pragma once

#include "raw_entry.hpp"

#include <string>

#include <unistd.h>

namespace faulty {

/// Its configuration names a file: calls block until it exists, at most a minute.
class WaitsForFile : public Quiet {
 public:
  explicit WaitsForFile(std::string file) : file_(std::move(file)) {}
  Status test(CallContext&, TestSink&) noexcept override { return block(); }

 protected:
  Status block() const noexcept {
    for (int i = 0; i < 6000 && ::access(file_.c_str(), F_OK) != 0; ++i) { ::usleep(10'000); }
    return {};
  }

 private:
  std::string file_;
};

/// {"file": "/path"}; no JSON reader here: the path is what stands between the last two quotes.
template <class T>
Instance* make_with_file(CallContext&, HostServices&, std::string_view config) noexcept {
  const auto end = config.rfind('"');
  const auto begin = config.rfind('"', end - 1) + 1;
  return new T(std::string(config.substr(begin, end - begin)));
}

}  // namespace faulty
