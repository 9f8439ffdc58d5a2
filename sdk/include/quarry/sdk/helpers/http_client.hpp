// SPDX-License-Identifier: MIT
// A pleasant face for the host's http service.
#pragma once

#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quarry::sdk {

/// A whole answer.
struct HttpReply {
  std::int32_t status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< as received
  std::string body;

  [[nodiscard]] bool success() const noexcept { return status >= 200 && status < 300; }
  /// First value of a header, name compared without case; empty when absent.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
  /// Retry-After in milliseconds (seconds form or HTTP date against `now_wall_ms`), or 0.
  [[nodiscard]] std::uint32_t retry_after_ms(std::int64_t now_wall_ms) const noexcept;
};

/// One request in the making.
struct HttpCall {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::int64_t timeout_ms = 0;
  std::int64_t max_response_bytes = 0;
  std::int64_t min_interval_ms = 0;
  bool follow_redirects = false;
};

class HttpClient {
 public:
  /// Throws Error(unsupported) when the host offers no http service.
  explicit HttpClient(HostServices& services);

  /// The whole answer, of any status; throws Error when none came (see Http::send).
  [[nodiscard]] HttpReply send(CallContext& ctx, const HttpCall& call) const;

 private:
  Http* http_;
};

/// a=b&c=d, percent-encoded.
[[nodiscard]] std::string form_encode(const std::vector<std::pair<std::string, std::string>>& fields);
[[nodiscard]] std::string percent_encode(std::string_view text);

/// A multipart/form-data body.
class Multipart {
 public:
  Multipart();
  void field(std::string_view name, std::string_view value);
  void file(std::string_view name, std::string_view filename, std::string_view content_type, std::string_view bytes);
  /// Ends the body and takes it.
  [[nodiscard]] std::string take();
  [[nodiscard]] std::string content_type() const;

 private:
  std::string boundary_;
  std::string body_;
};

}  // namespace quarry::sdk
