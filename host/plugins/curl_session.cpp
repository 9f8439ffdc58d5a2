// SPDX-License-Identifier: MIT
#include "plugins/curl_session.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <mutex>
#include <new>
#include <optional>

namespace quarry::plugins {
namespace {

constexpr int kPollMs = 20;  // how late a cancel is seen
constexpr long kConnectTimeoutMs = 10'000;
constexpr std::size_t kMaxHeaders = 256;
constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr long kMaxConnections = 4;

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) { text.remove_prefix(1); }
  while (!text.empty() && blank(text.back())) { text.remove_suffix(1); }
  return text;
}

bool same_name(std::string_view a, std::string_view b) {
  const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return low(x) == low(y); });
}

}  // namespace

/// The state of one transfer, as libcurl's callbacks see it. They must not throw through C code.
struct CurlSession::Transfer {
  struct SlistFree {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
  };
  const sdk::CallContext& ctx;
  const sdk::Clock& clock;
  const TransferRequest& request;
  sdk::HttpSink& sink;

  std::unique_ptr<curl_slist, SlistFree> header_list;
  std::array<char, CURL_ERROR_SIZE> error{};
  std::vector<std::pair<std::string, std::string>> headers;
  std::size_t header_bytes = 0;
  std::int64_t body_bytes = 0;
  std::int32_t status = 0;
  bool head_done = false;
  bool address_refused = false;
  std::optional<TransferEnd> stop;
  std::string location;

  bool stop_with(TransferEnd end) noexcept {
    stop = end;
    return false;
  }
  bool header_line(std::string_view line);
  bool end_of_head();
  bool body(std::span<const std::byte> piece);
};

bool CurlSession::Transfer::header_line(std::string_view line) {
  if (head_done) { return true; }  // a trailer
  if (line.starts_with("HTTP/")) {
    headers.clear();
    const auto code = trimmed(line.substr(std::min(line.find(' '), line.size())));
    std::from_chars(code.data(), code.data() + std::min<std::size_t>(code.size(), 3), status);
    return true;
  }
  if (trimmed(line).empty()) { return status >= 200 ? end_of_head() : true; }
  header_bytes += line.size();
  if (headers.size() >= kMaxHeaders || header_bytes > kMaxHeaderBytes) { return stop_with(TransferEnd::too_large); }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) { return true; }
  headers.emplace_back(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  return true;
}

bool CurlSession::Transfer::end_of_head() {
  head_done = true;
  for (const auto& [name, value] : headers) {
    if (same_name(name, "location")) { location = value; }
  }
  if (!location.empty() && request.is_redirect(status, location)) { return stop_with(TransferEnd::redirect); }
  std::vector<sdk::HttpHeader> views;
  views.reserve(headers.size());
  for (const auto& [name, value] : headers) { views.push_back({name, value}); }
  return sink.head(status, views) || stop_with(TransferEnd::sink_stopped);
}

bool CurlSession::Transfer::body(std::span<const std::byte> piece) {
  body_bytes += static_cast<std::int64_t>(piece.size());
  if (body_bytes > request.max_response_bytes) { return stop_with(TransferEnd::too_large); }
  return sink.body(piece) || stop_with(TransferEnd::sink_stopped);
}

CurlSession::CurlSession() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  easy_ = curl_easy_init();
  multi_ = curl_multi_init();
  if (easy_ == nullptr || multi_ == nullptr) {
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
    throw std::bad_alloc();
  }
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kMaxConnections);
}

CurlSession::~CurlSession() {
  curl_easy_cleanup(easy_);
  curl_multi_cleanup(multi_);
}

void CurlSession::configure(Transfer& transfer) {
  using Self = Transfer;
  const TransferRequest& request = transfer.request;
  curl_easy_reset(easy_);
  const auto set = [&](CURLoption option, auto value) {
    if (curl_easy_setopt(easy_, option, value) == CURLE_OUT_OF_MEMORY) { throw std::bad_alloc(); }
  };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a cancelled transfer must not wait for the resolver's thread
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  set(CURLOPT_USERAGENT, request.user_agent.c_str());
  set(CURLOPT_ERRORBUFFER, transfer.error.data());
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || (request.method != "GET" && request.method != "DELETE")) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    // On a kept connection that turns out to be dead libcurl sends the request again by itself, and
    // the server may have acted on the first one.
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : reinterpret_cast<const char*>(request.body.data()));
  }
  set(CURLOPT_CUSTOMREQUEST, request.method == "HEAD" ? nullptr : request.method.c_str());
  for (const auto& line : request.headers) {
    curl_slist* longer = curl_slist_append(transfer.header_list.get(), line.c_str());
    if (longer == nullptr) { throw std::bad_alloc(); }
    static_cast<void>(transfer.header_list.release());
    transfer.header_list.reset(longer);
  }
  set(CURLOPT_HTTPHEADER, transfer.header_list.get());

  curl_write_callback on_header = [](char* data, size_t, size_t size, void* self) noexcept -> size_t {
    return static_cast<Self*>(self)->header_line({data, size}) ? size : 0;
  };
  curl_write_callback on_body = [](char* data, size_t, size_t size, void* self) noexcept -> size_t {
    return static_cast<Self*>(self)->body({reinterpret_cast<const std::byte*>(data), size}) ? size : 0;
  };
  curl_opensocket_callback on_open = [](void* self, curlsocktype, curl_sockaddr* address) noexcept -> curl_socket_t {
    auto& t = *static_cast<Self*>(self);
    if (!t.request.may_connect(address->addr)) {
      t.address_refused = true;
      return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  };
  set(CURLOPT_HEADERFUNCTION, on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
  set(CURLOPT_WRITEFUNCTION, on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  set(CURLOPT_OPENSOCKETFUNCTION, on_open);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&transfer));
}

CURLcode CurlSession::drive(Transfer& transfer) {
  int running = 1;
  while (running != 0) {
    if (curl_multi_perform(multi_, &running) != CURLM_OK) { return CURLE_FAILED_INIT; }
    if (running == 0) { break; }
    const std::int64_t left = transfer.request.deadline_steady_ms - transfer.clock.steady_ms();
    if (transfer.ctx.cancelled()) {
      transfer.stop = TransferEnd::cancelled;
    } else if (left <= 0) {
      transfer.stop = TransferEnd::deadline;
    }
    if (transfer.stop) { return CURLE_ABORTED_BY_CALLBACK; }
    const int wait = static_cast<int>(std::min<std::int64_t>(left, kPollMs));
    if (curl_multi_poll(multi_, nullptr, 0, wait, nullptr) != CURLM_OK) { return CURLE_FAILED_INIT; }
  }
  int queued = 0;
  const CURLMsg* message = curl_multi_info_read(multi_, &queued);
  return message == nullptr ? CURLE_FAILED_INIT : message->data.result;
}

TransferResult CurlSession::conclude(Transfer& transfer, CURLcode code) {
  TransferResult result;
  long sent = 0;
  curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &sent);
  result.request_sent = sent > 0;
  result.status = transfer.status;
  result.location = std::move(transfer.location);
  result.bad_url = !result.request_sent && (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL);
  if (transfer.stop) {
    result.end = *transfer.stop;
  } else if (code == CURLE_OK) {
    result.end = TransferEnd::complete;
  } else if (transfer.address_refused && !result.request_sent) {
    result.end = TransferEnd::address_refused;
  } else {
    result.text = transfer.error[0] != '\0' ? transfer.error.data() : curl_easy_strerror(code);
  }
  return result;
}

TransferResult CurlSession::run(const sdk::CallContext& ctx, const sdk::Clock& clock, const TransferRequest& request,
                                sdk::HttpSink& sink) {
  Transfer transfer{ctx, clock, request, sink, {}, {}, {}, 0, 0, 0, false, false, std::nullopt, {}};
  configure(transfer);
  if (curl_multi_add_handle(multi_, easy_) != CURLM_OK) { throw std::bad_alloc(); }
  const CURLcode code = drive(transfer);
  TransferResult result = conclude(transfer, code);
  curl_multi_remove_handle(multi_, easy_);
  // Its pointers lead into this function: nothing may follow them later.
  curl_easy_reset(easy_);
  return result;
}

}  // namespace quarry::plugins
