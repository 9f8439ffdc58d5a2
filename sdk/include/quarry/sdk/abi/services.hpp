// SPDX-License-Identifier: MIT
// The services a host offers to its plugins: log, clock, http, kv.
#pragma once

#include <quarry/sdk/abi/plugin.hpp>

namespace quarry::sdk {

enum class LogLevel : std::int32_t { debug = 0, info = 1, warning = 2, error = 3 };

/// Lines in the host's log, under the name of the instance. Values of configuration fields that the
/// schema marks "secret" are replaced before a line is written.
struct Log {
  static constexpr std::string_view kId = "quarry.log/1";
  [[nodiscard]] virtual bool enabled(LogLevel level) const noexcept = 0;   // [thread-safe]
  virtual void write(LogLevel level, std::string_view text) noexcept = 0;  // [thread-safe]

 protected:
  ~Log() = default;
};

/// Time as the host sees it. A test or a simulation drives it by hand, so never read another clock.
struct Clock {
  static constexpr std::string_view kId = "quarry.clock/1";
  /// Milliseconds since 1970-01-01 UTC; may jump.
  [[nodiscard]] virtual std::int64_t wall_ms() const noexcept = 0;  // [thread-safe]
  /// Milliseconds since some fixed moment; never goes back.
  [[nodiscard]] virtual std::int64_t steady_ms() const noexcept = 0;  // [thread-safe]

 protected:
  ~Clock() = default;
};

struct HttpHeader {
  std::string_view name;
  std::string_view value;
};

/// Bits of HttpRequest::flags.
enum HttpFlag : std::uint32_t {
  kFollowRedirects = 1U << 0,  ///< up to 5, and only to the same scheme, host and port
};

struct HttpRequest {
  std::uint32_t struct_size = sizeof(HttpRequest);
  std::uint32_t flags = 0;  ///< HttpFlag bits
  std::string_view method = "GET";
  std::string_view url;                 ///< http or https, absolute
  std::span<const HttpHeader> headers;  ///< neither Host, Content-Length nor Connection
  std::span<const std::byte> body;
  std::int64_t timeout_ms = 0;          ///< 0: what remains of the call; never more than that
  std::int64_t max_response_bytes = 0;  ///< 0: 16 MiB
  std::int64_t min_interval_ms = 0;     ///< least time between two requests of this instance to this host; 0: none
};

/// Receives one answer: head once, then body in pieces. False from either ends the transfer, and
/// send() answers Code::cancelled.
struct HttpSink {
  virtual bool head(std::int32_t status, std::span<const HttpHeader> headers) noexcept = 0;
  virtual bool body(std::span<const std::byte> piece) noexcept = 0;

 protected:
  ~HttpSink() = default;
};

/// The host's HTTP client: TLS is always verified; time, size and rate are limited; addresses are
/// checked (an instance reaches the hosts named in its own configuration and public ones); secrets
/// never reach a log. No cookie is kept: a plugin sends its own.
struct Http {
  static constexpr std::string_view kId = "quarry.http/1";
  /// Blocks until the answer is complete. ok: an HTTP answer of any status came whole. Otherwise
  /// `unavailable` (refused, reset, cut short, TLS; kNotStarted when no byte of the request can have
  /// been read by the server), `deadline`, `cancelled`, `invalid` (not a usable URL, address not
  /// allowed, answer too large). The failure's text names scheme, host and path, never the query.
  virtual Status send(CallContext& ctx, const HttpRequest& request, HttpSink& sink) noexcept = 0;  // [thread-safe]

 protected:
  ~Http() = default;
};

/// A few lasting values of one instance (a cursor, a back-off time): at most 256 keys, keys up to
/// 128 bytes, values up to 64 KiB, 1 MiB in all. A put is durable when it returns ok.
struct KeyValue {
  static constexpr std::string_view kId = "quarry.kv/1";
  virtual Status get(CallContext& ctx, std::string_view key, ByteSink& value) noexcept = 0;  // [thread-safe] not_found
  virtual Status put(CallContext& ctx, std::string_view key, std::string_view value) noexcept = 0;  // [thread-safe]
  virtual Status erase(CallContext& ctx, std::string_view key) noexcept = 0;  // [thread-safe] ok when absent too

 protected:
  ~KeyValue() = default;
};

}  // namespace quarry::sdk
