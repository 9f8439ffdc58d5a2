// SPDX-License-Identifier: MIT
#include <quarry/sdk/helpers/http_client.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <random>

namespace quarry::sdk {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_without_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

class ReplySink final : public HttpSink {
 public:
  explicit ReplySink(HttpReply& reply) : reply_(reply) {}
  bool head(std::int32_t status, std::span<const HttpHeader> headers) noexcept override {
    reply_.status = status;
    reply_.headers.clear();
    for (const HttpHeader& h : headers) { reply_.headers.emplace_back(h.name, h.value); }
    return true;
  }
  bool body(std::span<const std::byte> piece) noexcept override {
    reply_.body.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return true;
  }

 private:
  HttpReply& reply_;
};

/// Keeps the sentence of the service, so that the plugin's Error carries it on.
class ForwardingContext final : public CallContext {
 public:
  explicit ForwardingContext(CallContext& inner) : inner_(inner) {}
  [[nodiscard]] std::int64_t remaining_ms() const noexcept override { return inner_.remaining_ms(); }
  [[nodiscard]] bool cancelled() const noexcept override { return inner_.cancelled(); }
  [[nodiscard]] std::string_view request_id() const noexcept override { return inner_.request_id(); }
  Status fail(Status status, std::string_view text) noexcept override {
    said = text;
    return status;
  }
  std::string said;

 private:
  CallContext& inner_;
};

}  // namespace

std::string_view HttpReply::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers) {
    if (equal_without_case(key, name)) { return value; }
  }
  return {};
}

std::uint32_t HttpReply::retry_after_ms(std::int64_t now_wall_ms) const noexcept {
  constexpr std::int64_t kMost = 24LL * 3600 * 1000;
  const std::string_view text = header("Retry-After");
  if (text.empty()) { return 0; }
  std::int64_t seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  std::int64_t wait = std::clamp<std::int64_t>(seconds, 0, kMost / 1000) * 1000;
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    std::tm date{};
    const std::string copy(text);
    if (strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr) { return 0; }
    wait = static_cast<std::int64_t>(timegm(&date)) * 1000 - now_wall_ms;
  }
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(wait, 0, kMost));
}

HttpClient::HttpClient(HostServices& services) : http_(get<Http>(services)) {
  if (http_ == nullptr) { throw Error(Code::unsupported, "this host offers no quarry.http/1"); }
}

HttpReply HttpClient::send(CallContext& ctx, const HttpCall& call) const {
  std::vector<HttpHeader> headers;
  headers.reserve(call.headers.size());
  for (const auto& [name, value] : call.headers) { headers.push_back({name, value}); }
  HttpRequest request;
  request.flags = call.follow_redirects ? kFollowRedirects : 0U;
  request.method = call.method;
  request.url = call.url;
  request.headers = headers;
  request.body = {reinterpret_cast<const std::byte*>(call.body.data()), call.body.size()};
  request.timeout_ms = call.timeout_ms;
  request.max_response_bytes = call.max_response_bytes;
  request.min_interval_ms = call.min_interval_ms;
  HttpReply reply;
  ReplySink sink(reply);
  ForwardingContext inner(ctx);
  const Status status = http_->send(inner, request, sink);
  if (!status.ok()) { throw Error(status, inner.said.empty() ? "the HTTP request failed" : inner.said); }
  return reply;
}

std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return out;
}

std::string form_encode(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (!out.empty()) { out += '&'; }
    out += percent_encode(name) + '=' + percent_encode(value);
  }
  return out;
}

Multipart::Multipart() {
  // A .torrent is arbitrary bytes, so the boundary must not be guessable by whoever made the file.
  std::random_device random;
  std::array<char, 9> digits{};
  boundary_ = "quarry";
  for (int i = 0; i < 4; ++i) {
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), random(), 16);
    boundary_.append(digits.data(), end.ptr);
  }
}
void Multipart::field(std::string_view name, std::string_view value) {
  body_ += "--" + boundary_ + "\r\nContent-Disposition: form-data; name=\"";
  body_.append(name).append("\"\r\n\r\n").append(value).append("\r\n");
}
void Multipart::file(std::string_view name, std::string_view filename, std::string_view content_type,
                     std::string_view bytes) {
  body_ += "--" + boundary_ + "\r\nContent-Disposition: form-data; name=\"";
  body_.append(name).append("\"; filename=\"").append(filename).append("\"\r\nContent-Type: ");
  body_.append(content_type).append("\r\n\r\n").append(bytes).append("\r\n");
}
std::string Multipart::take() {
  body_ += "--" + boundary_ + "--\r\n";
  return std::move(body_);
}
std::string Multipart::content_type() const { return "multipart/form-data; boundary=" + boundary_; }

}  // namespace quarry::sdk
