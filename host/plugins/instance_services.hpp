// SPDX-License-Identifier: MIT
// What one instance finds when it asks the host: log, clock, http, kv, each its own.
#pragma once

#include "plugins/http_service.hpp"
#include "plugins/kv_service.hpp"
#include "plugins/redactor.hpp"

#include <quarry/sdk/abi/plugin.hpp>
#include <quarry/sdk/abi/services.hpp>

#include <functional>
#include <memory>
#include <string>

namespace quarry::plugins {

using LogHook = std::function<void(sdk::LogLevel, std::string_view instance, std::string_view text)>;

/// Lines of one instance: redacted, on one line, at most 8 KiB each.
class LogService final : public sdk::Log {
 public:
  LogService(std::string instance, sdk::LogLevel least, LogHook hook, std::shared_ptr<const Redactor> redactor)
      : instance_(std::move(instance)), least_(least), hook_(std::move(hook)), redactor_(std::move(redactor)) {}

  [[nodiscard]] bool enabled(sdk::LogLevel level) const noexcept override { return hook_ && level >= least_; }
  void write(sdk::LogLevel level, std::string_view text) noexcept override;

 private:
  std::string instance_;
  sdk::LogLevel least_;
  LogHook hook_;
  std::shared_ptr<const Redactor> redactor_;
};

class InstanceServices final : public sdk::HostServices {
 public:
  InstanceServices(std::unique_ptr<LogService> log, const sdk::Clock& clock, HttpOptions http,
                   std::filesystem::path kv_file);

  void* query(std::string_view interface_id) noexcept override;
  [[nodiscard]] LogService& log() noexcept { return *log_; }

 private:
  std::unique_ptr<LogService> log_;
  const sdk::Clock& clock_;
  HttpService http_;
  KvService kv_;
};

}  // namespace quarry::plugins
