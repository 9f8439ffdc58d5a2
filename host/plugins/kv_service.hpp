// SPDX-License-Identifier: MIT
// quarry.kv/1: one JSON file per instance, replaced whole with each put.
#pragma once

#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <filesystem>
#include <map>
#include <mutex>
#include <string>

namespace quarry::plugins {

/// Limits as in services.hpp. A put that answers ok is on the disk: the new file is flushed, renamed over
/// the old one, and the folder flushed. A file that cannot be read as ours is kept beside as FILE.damaged
/// and the store starts empty. [thread-safe]
class KvService final : public sdk::KeyValue {
 public:
  /// Nothing is read before the first call. The folder must exist by then.
  explicit KvService(std::filesystem::path file) : file_(std::move(file)) {}

  sdk::Status get(sdk::CallContext& ctx, std::string_view key, sdk::ByteSink& value) noexcept override;
  sdk::Status put(sdk::CallContext& ctx, std::string_view key, std::string_view value) noexcept override;
  sdk::Status erase(sdk::CallContext& ctx, std::string_view key) noexcept override;

 private:
  using Values = std::map<std::string, std::string, std::less<>>;
  [[nodiscard]] sdk::Done load();
  [[nodiscard]] sdk::Done save(const Values& values) const;

  std::filesystem::path file_;
  std::mutex mutex_;
  bool loaded_ = false;
  Values values_;
};

}  // namespace quarry::plugins
