// SPDX-License-Identifier: MIT
// A target with bugs on purpose: driver_test.py sees to it that the driver finds and keeps them.
#include "require.hpp"

#include <stdexcept>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = quarry::fuzz::text_of(data, size);
  quarry::fuzz::require(text.find("promise") == std::string_view::npos, "no input says promise");
  if (text.find("throw") != std::string_view::npos) { throw std::runtime_error("thrown on purpose"); }
  if (text.find("leave") != std::string_view::npos) { std::_Exit(0); }
  return 0;
}
