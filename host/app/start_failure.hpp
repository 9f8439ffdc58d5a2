// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace quarry::app {

/// Why the host did not start; exit_code 0: it did.
struct StartFailure {
  int exit_code = 0;
  std::string text;
};

}  // namespace quarry::app
