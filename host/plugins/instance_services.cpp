// SPDX-License-Identifier: MIT
#include "plugins/instance_services.hpp"

#include <algorithm>

namespace quarry::plugins {

void LogService::write(sdk::LogLevel level, std::string_view text) noexcept {
  constexpr std::size_t kMaxLine = 8 * 1024;
  if (!enabled(level)) { return; }
  try {
    // Redacted before it is cut: half a secret would not be recognised.
    std::string line = redactor_->clean(text);
    if (line.size() > kMaxLine) { line.resize(kMaxLine); }
    // A plugin must not be able to forge the next line.
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    hook_(level, instance_, line);
  } catch (...) {
    // A line lost to lack of memory is no reason to end the process.
  }
}

InstanceServices::InstanceServices(std::unique_ptr<LogService> log, const sdk::Clock& clock, HttpOptions http,
                                   std::filesystem::path kv_file)
    : log_(std::move(log)), clock_(clock), http_(std::move(http)), kv_(std::move(kv_file)) {}

void* InstanceServices::query(std::string_view interface_id) noexcept {
  if (interface_id == sdk::Log::kId) { return static_cast<sdk::Log*>(log_.get()); }
  if (interface_id == sdk::Clock::kId) { return const_cast<sdk::Clock*>(&clock_); }  // its methods are const
  if (interface_id == sdk::Http::kId) { return static_cast<sdk::Http*>(&http_); }
  if (interface_id == sdk::KeyValue::kId) { return static_cast<sdk::KeyValue*>(&kv_); }
  return nullptr;
}

}  // namespace quarry::plugins
