// SPDX-License-Identifier: MIT
// The contract suites of the SDK, which a program beside this one has.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace quarry::app {

/// Starts quarry-plugin-check, gives it `config` as its standard input and copies what it prints to `out` as it comes.
/// Answers whether all is well; when the program cannot be started, `problem` says why.
[[nodiscard]] bool run_contract_check(const std::vector<std::string>& arguments, const std::string& config,
                                      std::ostream& out, std::string& problem);

}  // namespace quarry::app
