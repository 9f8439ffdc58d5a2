// SPDX-License-Identifier: MIT
#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

namespace quarry::cli {
namespace {

constexpr int kDefaultWidth = 80;
constexpr int kDefaultHeight = 24;

int number_in(const Environment& environment, std::string_view name, int fallback) {
  const std::string text = environment(name).value_or("");
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value > 0 ? value : fallback;
}

}  // namespace

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

bool speaks_utf8(const Environment& environment) {
  for (const std::string_view name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value = environment(name).value_or("");
    if (value.empty()) { continue; }
    for (char& c : value) { c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

Terminal detect_terminal(int fd, const Environment& environment) {
  Terminal terminal;
  if (isatty(fd) == 0) { return terminal; }
  terminal.redraw = environment("TERM").value_or("dumb") != "dumb";
  terminal.utf8 = speaks_utf8(environment);
  winsize size{};
  const bool known = ioctl(fd, TIOCGWINSZ, &size) == 0;
  terminal.width = known && size.ws_col > 0 ? size.ws_col : number_in(environment, "COLUMNS", kDefaultWidth);
  terminal.height = known && size.ws_row > 0 ? size.ws_row : number_in(environment, "LINES", kDefaultHeight);
  return terminal;
}

}  // namespace quarry::cli
