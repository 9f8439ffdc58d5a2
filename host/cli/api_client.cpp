// SPDX-License-Identifier: MIT
#include "cli/api_client.hpp"

#include "cli/exit_codes.hpp"

#include <curl/curl.h>

#include <array>
#include <new>
#include <stdexcept>

namespace quarry::cli {
namespace {

constexpr long kConnectTimeoutMs = 5000;
constexpr std::size_t kMostBytes = 64U * 1024 * 1024;

std::size_t append(char* data, std::size_t, std::size_t size, void* target) {
  auto& body = *static_cast<std::string*>(target);
  if (body.size() + size > kMostBytes) { return 0; }
  body.append(data, size);
  return size;
}

int on_progress(void* cancelled, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return (*static_cast<std::function<bool()>*>(cancelled))() ? 1 : 0;
}

class Headers {
 public:
  Headers() = default;
  ~Headers() { curl_slist_free_all(list_); }
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;
  void add(const std::string& line) {
    curl_slist* longer = curl_slist_append(list_, line.c_str());
    if (longer == nullptr) { throw std::bad_alloc(); }
    list_ = longer;
  }
  [[nodiscard]] curl_slist* get() const noexcept { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

Answer no_answer(CURLcode code, const std::string& detail, const std::string& url, int timeout_s, bool connected) {
  Answer answer;
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      answer.exit_code = kExitUnreachable;
      answer.problem = "no host answers at " + url + ": start it with `quarry serve`, or name its address with --url";
      break;
    case CURLE_COULDNT_RESOLVE_HOST:
      answer.exit_code = kExitUnreachable;
      answer.problem = "the name in " + url + " is not known: correct --url or QUARRY_URL";
      break;
    case CURLE_OPERATION_TIMEDOUT:
      answer.exit_code = connected ? kExitFailed : kExitUnreachable;
      answer.problem =
          connected ? url + " gave no answer within " + std::to_string(timeout_s) +
                          " s: it may still do what was asked; look with `quarry queue`"
                    : "no host answers at " + url + " within 5 s: is the address right, and reachable from here?";
      break;
    case CURLE_WRITE_ERROR:
      answer.exit_code = kExitFailed;
      answer.problem = "the answer of " + url + " is larger than 64 MiB: ask for a smaller page";
      break;
    default:
      answer.exit_code = kExitFailed;
      answer.problem = "no usable answer from " + url + ": " + detail;
  }
  return answer;
}

}  // namespace

struct ApiClient::Curl {
  Curl() : handle(curl_easy_init()) {
    if (handle == nullptr) { throw std::runtime_error("libcurl cannot be initialised"); }
  }
  ~Curl() { curl_easy_cleanup(handle); }
  Curl(const Curl&) = delete;
  Curl& operator=(const Curl&) = delete;
  CURL* handle;
};

ApiClient::ApiClient(Connection connection, std::function<bool()> cancelled)
    : connection_(std::move(connection)), cancelled_(std::move(cancelled)), curl_(std::make_unique<Curl>()) {}

ApiClient::~ApiClient() = default;

Answer ApiClient::request(const std::string& method, const std::string& path, const std::string& json, int timeout_s) {
  CURL* curl = curl_->handle;
  curl_easy_reset(curl);  // options only: the connection is kept for the next request
  Answer answer;
  Headers headers;
  headers.add("X-Api-Key: " + connection_.api_key);
  headers.add("Accept: application/json");
  headers.add("Expect:");
  std::array<char, CURL_ERROR_SIZE> error{};
  const std::string url = connection_.url + path;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "quarry");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(timeout_s));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  if (method != "GET") {
    headers.add("Content-Type: application/json");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(json.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, json.c_str());
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  if (cancelled_) {
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &cancelled_);
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) {
    curl_off_t connect_us = 0;
    curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &connect_us);
    const std::string detail = error[0] != '\0' ? error.data() : curl_easy_strerror(code);
    return no_answer(code, detail, connection_.url, timeout_s, connect_us > 0);
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  if (curl_header* header = nullptr;
      curl_easy_header(curl, "X-Indexer-Problems", 0, CURLH_HEADER, -1, &header) == CURLHE_OK) {
    answer.indexer_problems = header->value;
  }
  answer.exit_code = exit_code_for(answer.status);
  return answer;
}

int exit_code_for(int http_status) noexcept {
  if (http_status >= 200 && http_status <= 299) { return kExitOk; }
  switch (http_status) {
    case 401:
    case 403:
      return kExitUsage;
    case 404:
      return kExitNotFound;
    case 409:
      return kExitConflict;
    default:
      return kExitFailed;
  }
}

}  // namespace quarry::cli
