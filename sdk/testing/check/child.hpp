// SPDX-License-Identifier: MIT
// Work in a process of its own: a crash or a hang of it is an answer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace quarry::sdk::check {

enum class ChildEnd {
  answered,     ///< with `text`
  crashed,      ///< `why` says how; `text` is what it told before
  timed_out,    ///< it was killed
  interrupted,  ///< somebody wants this program to end; it was killed
};
struct ChildAnswer {
  ChildEnd end = ChildEnd::answered;
  std::string text;
  std::string why;
};

/// Runs `work` in a child and brings back what it answers. The child and all it has started are ended when
/// `timeout_ms` have passed without a word of it, and when this program ends. Its standard output is this program's
/// standard error. Throws std::runtime_error when no child can be made. To be called while the process has one thread.
[[nodiscard]] ChildAnswer in_child(std::int64_t timeout_ms, const std::function<std::string()>& work);

/// In the child: sends the parent a piece of the answer at once, so that it is known even if the child crashes.
void tell(std::string_view text);

/// From now on SIGINT, SIGTERM and SIGHUP end the child at work, and in_child() answers `interrupted`.
void heed_signals();

}  // namespace quarry::sdk::check
