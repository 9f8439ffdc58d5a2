// SPDX-License-Identifier: MIT
#include "ops/logging.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

namespace quarry::ops {
namespace {

constexpr std::size_t kLongestText = std::size_t{16} * 1024;
constexpr std::string_view kMask = "[secret]";
/// Shorter secrets are looked for as whole words only: "x" would be found in every sentence, and its places would tell
/// what it is.
constexpr std::size_t kLongEnough = 6;
constexpr std::string_view kUpperHex = "0123456789ABCDEF";
constexpr std::string_view kLowerHex = "0123456789abcdef";

bool is_unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string percent_encoded(std::string_view text, std::string_view digits) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(byte)) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    }
  }
  return out;
}

std::string json_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') { out += '\\'; }
    out += c;
  }
  return out;
}

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

class Secrets {
 public:
  void add(std::string_view secret) {
    if (secret.empty()) { return; }
    const std::lock_guard lock(mutex_);
    for (std::string form : {std::string(secret), percent_encoded(secret, kUpperHex),
                             percent_encoded(secret, kLowerHex), json_escaped(secret)}) {
      if (std::find(forms_.begin(), forms_.end(), form) == forms_.end()) {
        first_.set(static_cast<unsigned char>(form.front()));
        forms_.push_back(std::move(form));
      }
    }
    std::stable_sort(forms_.begin(), forms_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  }

  [[nodiscard]] std::string redact(std::string_view text) const {
    std::string out;
    out.reserve(text.size());
    const std::shared_lock lock(mutex_);
    // One pass over the original, so that a mask is never searched again.
    for (char before = ' '; !text.empty();) {
      const std::size_t length = match(before, text);
      before = text[length == 0 ? 0 : length - 1];
      if (length == 0) {
        out += text.front();
        text.remove_prefix(1);
      } else {
        out += kMask;
        text.remove_prefix(length);
      }
    }
    return out;
  }

 private:
  /// Length of the longest form that `text` begins with; 0: none.
  [[nodiscard]] std::size_t match(char before, std::string_view text) const {
    if (!first_.test(static_cast<unsigned char>(text.front()))) { return 0; }
    const auto joined = [](char a, char b) { return is_word(a) && is_word(b); };
    const auto form = std::find_if(forms_.begin(), forms_.end(), [&](const std::string& f) {
      if (!text.starts_with(f)) { return false; }
      const char after = f.size() < text.size() ? text[f.size()] : ' ';
      return f.size() >= kLongEnough || (!joined(before, f.front()) && !joined(f.back(), after));
    });
    return form == forms_.end() ? 0 : form->size();
  }

  mutable std::shared_mutex mutex_;
  std::vector<std::string> forms_;  // longest first: a secret that begins with another one leaves no tail
  std::bitset<256> first_;          // bytes that some form begins with
};

// Both live until the very end: threads of plugins may still log while the process exits.
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables, cppcoreguidelines-owning-memory)
Secrets& secrets() {
  static auto& all = *new Secrets;
  return all;
}

spdlog::logger& logger() {
  static auto& it = *[] {
    auto made = std::make_unique<spdlog::logger>("quarry", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc));
    made->set_level(spdlog::level::info);
    // A full disk or a closed pipe under stderr is no reason to complain on stderr.
    made->set_error_handler([](const std::string&) {});
    return made.release();
  }();
  return it;
}
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables, cppcoreguidelines-owning-memory)

spdlog::level::level_enum spdlog_level(sdk::LogLevel level) {
  switch (level) {
    case sdk::LogLevel::debug:
      return spdlog::level::debug;
    case sdk::LogLevel::info:
      return spdlog::level::info;
    case sdk::LogLevel::warning:
      return spdlog::level::warn;
    case sdk::LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

void append_printable(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += kLowerHex[byte >> 4U];
      out += kLowerHex[byte & 15U];
    } else {
      out += c;
    }
  }
}

}  // namespace

void init_logging(sdk::LogLevel level) { logger().set_level(spdlog_level(level)); }

bool log_enabled(sdk::LogLevel level) noexcept { return logger().should_log(spdlog_level(level)); }

void log(sdk::LogLevel level, std::string_view component, std::string_view text) noexcept {
  try {
    if (!log_enabled(level)) { return; }
    std::string line(to_string(level));
    line += ' ';
    append_printable(line, component);
    line += ": ";
    // Redacted before it is cut and escaped: neither may leave a piece of a secret unrecognised.
    const std::string safe = redact(text);
    append_printable(line, std::string_view(safe).substr(0, kLongestText));
    if (safe.size() > kLongestText) { line += " … (cut)"; }
    logger().log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
  } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory; the line is lost, as documented
  }
}

void register_secret(std::string_view secret) { secrets().add(secret); }

std::string redact(std::string_view text) { return secrets().redact(text); }

std::string_view to_string(sdk::LogLevel level) noexcept {
  constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
  const auto i = static_cast<std::size_t>(level);
  return i < kNames.size() ? kNames[i] : "error";
}

}  // namespace quarry::ops
