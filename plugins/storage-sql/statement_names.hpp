// SPDX-License-Identifier: MIT
// For tests that ask how each statement of a store is carried out: whether they know all of them.
#pragma once

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

namespace quarry::storage_sql::testing {

/// The names of the text constants in the header `path`, the first of which is `first`: those before it are left out.
inline std::set<std::string> statement_names(const std::string& path, std::string_view first) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  const std::string header = text.str();
  constexpr std::string_view kConstant = "constexpr char ";
  std::set<std::string> names;
  for (std::size_t at = header.find(kConstant); at != header.npos; at = header.find(kConstant, at)) {
    at += kConstant.size();
    const std::string name = header.substr(at, header.find('[', at) - at);
    if (!names.empty() || name == first) { names.insert(name); }
  }
  return names;
}

}  // namespace quarry::storage_sql::testing
