// SPDX-License-Identifier: MIT
// What the place we print to can show.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace quarry::cli {

/// Reads an environment variable; nullopt when it is not set. A test passes its own.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
/// The environment of this process.
[[nodiscard]] Environment process_environment();

/// The default is a file or a pipe: nothing is cut, nothing is redrawn, UTF-8 as it comes.
struct Terminal {
  bool redraw = false;  ///< a terminal that understands ANSI sequences
  bool utf8 = true;     ///< shows more than ASCII
  int width = 0;        ///< columns; 0: without limit
  int height = 0;       ///< lines; 0: without limit
};

/// Of this file descriptor. A terminal's characters are told by LC_ALL, LC_CTYPE or LANG, the first
/// that is set; TERM=dumb understands no sequences. COLUMNS and LINES stand in where the size is unknown.
[[nodiscard]] Terminal detect_terminal(int fd, const Environment& environment);
/// Whether LC_ALL, LC_CTYPE or LANG, the first that is set and not empty, names UTF-8.
[[nodiscard]] bool speaks_utf8(const Environment& environment);

/// Where a command prints to. Both streams outlive the command.
struct Console {
  std::ostream& out;
  std::ostream& err;
  Terminal terminal;
};

}  // namespace quarry::cli
