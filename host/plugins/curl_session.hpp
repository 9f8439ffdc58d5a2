// SPDX-License-Identifier: MIT
// One libcurl transfer at a time, with the connections it keeps open between transfers.
#pragma once

#include "plugins/http_policy.hpp"

#include <quarry/sdk/abi/services.hpp>

#include <curl/curl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace quarry::plugins {

struct TransferRequest {
  std::string method;
  std::string url;
  std::vector<std::string> headers;  ///< "Name: value"
  std::span<const std::byte> body;
  std::string user_agent;
  std::int64_t deadline_steady_ms = 0;
  std::int64_t max_response_bytes = 0;
  /// Whether a connection to this address may be opened.
  std::function<bool(const sockaddr&)> may_connect;
  /// Given the status and Location of an answer, true to keep the answer from the sink and end there.
  std::function<bool(std::int32_t status, const std::string& location)> is_redirect;
};

enum class TransferEnd { complete, redirect, sink_stopped, too_large, cancelled, deadline, address_refused, failed };

struct TransferResult {
  TransferEnd end = TransferEnd::failed;
  bool request_sent = false;  ///< a byte of the request may have reached the server
  bool bad_url = false;
  std::string location;  ///< with redirect
  std::int32_t status = 0;
  std::string text;  ///< with failed: libcurl's reason
};

/// Not thread-safe; at home in one thread at a time.
class CurlSession {
 public:
  /// Throws std::bad_alloc when libcurl cannot make its handles.
  CurlSession();
  ~CurlSession();
  CurlSession(const CurlSession&) = delete;
  CurlSession& operator=(const CurlSession&) = delete;

  [[nodiscard]] TransferResult run(const sdk::CallContext& ctx, const sdk::Clock& clock, const TransferRequest& request,
                                   sdk::HttpSink& sink);

 private:
  struct Transfer;
  void configure(Transfer& transfer);
  [[nodiscard]] CURLcode drive(Transfer& transfer);
  [[nodiscard]] TransferResult conclude(Transfer& transfer, CURLcode code);

  CURL* easy_;
  CURLM* multi_;
};

}  // namespace quarry::plugins
