// SPDX-License-Identifier: MIT
// The least HTTP/1.1 client that can stand in for the host's service against a server of a test.
#pragma once

#include <quarry/sdk/abi/services.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::lab {

/// One connection a request, to http://127.0.0.1:PORT only; needs an answer with Content-Length.
/// Keeps no distance between requests.
class LoopbackHttp final : public sdk::Http {
 public:
  sdk::Status send(sdk::CallContext& ctx, const sdk::HttpRequest& request, sdk::HttpSink& sink) noexcept override {
    constexpr std::string_view kHost = "http://127.0.0.1:";
    const std::size_t slash = request.url.find('/', kHost.size());
    if (!request.url.starts_with(kHost) || slash == std::string_view::npos) {
      return ctx.fail({sdk::Code::invalid, 0, 0, 0}, "not a server of a test");
    }
    std::string head(request.method);
    head.append(" ").append(request.url.substr(slash)).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n");
    for (const sdk::HttpHeader& h : request.headers) {
      head.append(h.name).append(": ").append(h.value).append("\r\n");
    }
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n";
    head.append(reinterpret_cast<const char*>(request.body.data()), request.body.size());
    const std::string answer = exchange(number(request.url.substr(kHost.size())), head);
    return give(ctx, answer, sink);
  }

 private:
  /// The digits at the beginning of a text; 0 when there are none.
  static std::uint32_t number(std::string_view text) {
    std::uint32_t n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
  }

  static std::string exchange(std::uint32_t port, std::string_view request) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      std::size_t sent = 0;
      for (ssize_t n = 1; n > 0 && sent < request.size(); sent += static_cast<std::size_t>(n)) {
        n = ::send(fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
        if (n < 0) { break; }
      }
      char piece[16384];
      for (ssize_t n = read(fd, piece, sizeof piece); n > 0; n = read(fd, piece, sizeof piece)) {
        answer.append(piece, static_cast<std::size_t>(n));
      }
    }
    close(fd);
    return answer;
  }

  static sdk::Status give(sdk::CallContext& ctx, std::string_view answer, sdk::HttpSink& sink) {
    const sdk::Status broken{sdk::Code::unavailable, sdk::kRetryable, 0, 0};
    const std::size_t end = answer.find("\r\n\r\n");
    if (!answer.starts_with("HTTP/1.1 ") || end == std::string_view::npos) { return ctx.fail(broken, "no answer"); }
    std::vector<sdk::HttpHeader> headers;
    std::size_t length = 0;
    for (std::size_t at = answer.find("\r\n"); at < end;) {
      const std::size_t next = answer.find("\r\n", at + 2);
      const std::string_view line = answer.substr(at + 2, next - at - 2);
      const std::size_t colon = line.find(": ");
      if (colon != std::string_view::npos) { headers.push_back({line.substr(0, colon), line.substr(colon + 2)}); }
      if (line.starts_with("Content-Length: ")) { length = number(line.substr(16)); }
      at = next;
    }
    const std::string_view body = answer.substr(end + 4);
    if (body.size() != length) { return ctx.fail(broken, "the answer was cut short"); }
    const std::span<const std::byte> bytes{reinterpret_cast<const std::byte*>(body.data()), body.size()};
    const bool wanted = sink.head(static_cast<std::int32_t>(number(answer.substr(9))), headers) && sink.body(bytes);
    return wanted ? sdk::Status{} : sdk::Status{sdk::Code::cancelled, 0, 0, 0};
  }
};

}  // namespace quarry::lab
