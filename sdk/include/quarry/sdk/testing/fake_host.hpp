// SPDX-License-Identifier: MIT
// A host for tests of plugins: time by hand, HTTP by script, everything on one thread.
#pragma once

#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/http_client.hpp>

#include <atomic>
#include <functional>
#include <iosfwd>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace quarry::sdk {
/// For GoogleTest, which would print the bytes.
void PrintTo(Code code, std::ostream* out);
}  // namespace quarry::sdk

namespace quarry::sdk::testing {

/// Stands still until it is moved. [thread-safe]
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t wall_ms = 1'700'000'000'000) : wall_(wall_ms) {}
  [[nodiscard]] std::int64_t wall_ms() const noexcept override { return wall_.load(); }
  [[nodiscard]] std::int64_t steady_ms() const noexcept override { return steady_.load(); }
  void advance(std::int64_t ms) {
    steady_ += ms;
    jump(ms);
  }
  /// Moves the wall clock alone, as an administrator or a bad battery does.
  void jump(std::int64_t ms) {
    wall_ += ms;
    if (on_move_) { on_move_(wall_ms()); }
  }
  /// Called after each move, with the wall time: for what keeps a clock of its own, as a database does. Set it before
  /// others look at the clock.
  void on_move(std::function<void(std::int64_t wall_ms)> tell) { on_move_ = std::move(tell); }

 private:
  std::function<void(std::int64_t)> on_move_;
  std::atomic<std::int64_t> wall_;
  std::atomic<std::int64_t> steady_{1'000'000};
};

/// Keeps the lines it is given.
class MemoryLog final : public Log {
 public:
  [[nodiscard]] bool enabled(LogLevel) const noexcept override { return true; }
  void write(LogLevel level, std::string_view text) noexcept override;
  [[nodiscard]] std::string all() const;

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

/// A request as the plugin made it.
struct SeenRequest {
  std::string method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
  /// The url without scheme, host and query: "/api/v2/torrents/info".
  [[nodiscard]] std::string path() const;
};

/// Answers requests by a script, and remembers them.
class ScriptedHttp final : public Http {
 public:
  /// An answer, or a Failure in place of one (refused, timed out …).
  using Handler = std::function<Result<HttpReply>(const SeenRequest&)>;

  /// Everything is answered by `handler`.
  void serve(Handler handler);
  Status send(CallContext& ctx, const HttpRequest& request, HttpSink& sink) noexcept override;
  [[nodiscard]] std::vector<SeenRequest> seen() const;
  void forget() { seen_.clear(); }

 private:
  mutable std::mutex mutex_;
  Handler handler_;
  std::vector<SeenRequest> seen_;
};

[[nodiscard]] HttpReply reply(std::int32_t status, std::string body,
                              std::vector<std::pair<std::string, std::string>> headers = {});

/// Keeps values in memory.
class MemoryKeyValue final : public KeyValue {
 public:
  Status get(CallContext& ctx, std::string_view key, ByteSink& value) noexcept override;
  Status put(CallContext& ctx, std::string_view key, std::string_view value) noexcept override;
  Status erase(CallContext& ctx, std::string_view key) noexcept override;

 private:
  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> values_;
};

/// All of them together, as a plugin meets them.
class FakeHost final : public HostServices {
 public:
  void* query(std::string_view interface_id) noexcept override;
  /// A context with this much time, by `clock`.
  [[nodiscard]] BasicContext context(std::int64_t timeout_ms = 30'000) { return {clock, timeout_ms, "test"}; }

  ManualClock clock;
  MemoryLog log;
  ScriptedHttp http;
  MemoryKeyValue kv;
};

}  // namespace quarry::sdk::testing
