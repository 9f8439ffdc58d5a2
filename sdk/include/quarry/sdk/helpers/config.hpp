// SPDX-License-Identifier: MIT
// The configuration of an instance. The host has checked it against the schema before, so reading a
// field the schema requires cannot fail; the fallbacks here are the documented defaults.
#pragma once

#include <quarry/sdk/helpers/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace quarry::sdk {

class Config {
 public:
  /// Throws Error(invalid) when `json` is no JSON object.
  [[nodiscard]] static Config parse(std::string_view json);

  [[nodiscard]] Json operator[](std::string_view key) const noexcept { return (*document_)[key]; }
  [[nodiscard]] Json root() const noexcept { return document_->root(); }
  [[nodiscard]] std::string text(std::string_view key, std::string_view fallback = {}) const;
  [[nodiscard]] std::int64_t integer(std::string_view key, std::int64_t fallback) const noexcept;
  [[nodiscard]] double number(std::string_view key, double fallback) const noexcept;
  [[nodiscard]] bool flag(std::string_view key, bool fallback) const noexcept;
  /// Strings of an array; `fallback` when the key is absent.
  [[nodiscard]] std::vector<std::string> texts(std::string_view key, std::vector<std::string> fallback = {}) const;

 private:
  std::shared_ptr<const JsonDocument> document_;
};

}  // namespace quarry::sdk
