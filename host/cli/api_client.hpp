// SPDX-License-Identifier: MIT
// Speaks HTTP to a running host.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace quarry::cli {

/// For what makes the host search: it waits for slow indexers itself, and for less than this.
inline constexpr int kSearchTimeoutS = 120;

/// Where the host is, and what opens it.
struct Connection {
  std::string url;      ///< "http://127.0.0.1:7878", without a slash at its end; may hold a path before /api
  std::string api_key;  ///< printable ASCII without blanks
};

/// What came back. `status` 0: no whole answer came, and `problem` says why, for a person.
struct Answer {
  int status = 0;
  std::string body;              ///< JSON, unless something else than Quarry answers there
  std::string indexer_problems;  ///< the header X-Indexer-Problems, JSON; empty when there is none
  std::string problem;           ///< never holds the key
  int exit_code = 0;             ///< of exit_codes.hpp: what the process should end with; 0 for 200–299

  [[nodiscard]] bool ok() const noexcept { return exit_code == 0; }
};

/// Nothing is retried: whoever asks a second time is the user, who saw what happened. Redirects are
/// not followed and proxies not used, so the key goes to the host named in the URL and nowhere else.
/// One thread at a time.
class ApiClient {
 public:
  /// `cancelled` is asked several times a second while a request runs; true breaks it off.
  explicit ApiClient(Connection connection, std::function<bool()> cancelled = {});
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  /// `path` begins with "/api/v3/" and is percent-encoded; `json` is the body, empty: none. Waits at
  /// most 5 s for the connection and `timeout_s` in all. An answer of more than 64 MiB is refused.
  [[nodiscard]] Answer request(const std::string& method, const std::string& path, const std::string& json = {},
                               int timeout_s = 30);

  [[nodiscard]] const std::string& url() const noexcept { return connection_.url; }

 private:
  struct Curl;
  Connection connection_;
  std::function<bool()> cancelled_;
  std::unique_ptr<Curl> curl_;
};

/// 401, 403: usage (the key); 404: not found; 409: conflict; 2xx: 0; any other: failed.
[[nodiscard]] int exit_code_for(int http_status) noexcept;

}  // namespace quarry::cli
