// SPDX-License-Identifier: MIT
// A client for tests that sends exactly the bytes it is told to, over a real loopback socket.
#pragma once

#include "http/message.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace quarry::http::testing {

struct Answer {
  int status = 0;  ///< 0: the connection ended before an answer came
  Fields headers;
  std::string body;

  [[nodiscard]] std::string_view header(std::string_view name) const { return value_of(headers, name); }
};

/// Every wait ends after ten seconds, with what has come until then.
class RawClient {
 public:
  /// Connects to 127.0.0.1 with a small receive buffer when `receive_buffer` is not 0.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False when the peer has closed.
  bool send(std::string_view bytes) const;
  /// Says that nothing more will be sent.
  void finish() const;
  /// One answer by its Content-Length; `body_expected` false for the answer to HEAD.
  [[nodiscard]] Answer read(bool body_expected = true);
  /// Whether the server has closed its side: true once the end is seen, false when bytes came first.
  [[nodiscard]] bool closed();
  /// Waits until the server hangs up for good, and throws away what comes before.
  [[nodiscard]] bool wait_until_cut();

 private:
  bool fill();

  int fd_ = -1;
  std::string buffer_;
};

/// A well-formed request with Host and the key "sesame".
[[nodiscard]] std::string request(std::string_view method, std::string_view target, std::string_view body = {},
                                  std::string_view more_headers = {});

inline RawClient::RawClient(std::uint16_t port, int receive_buffer)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{10, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (receive_buffer > 0) { ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer); }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd_);
    throw std::runtime_error("cannot connect to the server under test");
  }
}

inline RawClient::~RawClient() { ::close(fd_); }

inline bool RawClient::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) { return false; }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

inline void RawClient::finish() const { ::shutdown(fd_, SHUT_WR); }

inline bool RawClient::fill() {
  char chunk[16384];
  const auto n = ::recv(fd_, chunk, sizeof chunk, 0);
  if (n <= 0) { return false; }
  buffer_.append(chunk, static_cast<std::size_t>(n));
  return true;
}

inline Answer RawClient::read(bool body_expected) {
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) { return {}; }
  }
  Answer answer;
  const std::string head = buffer_.substr(0, end + 2);
  answer.status = std::atoi(head.c_str() + head.find(' ') + 1);
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t line_end = head.find("\r\n", at);
    const std::size_t colon = head.find(": ", at);
    answer.headers.emplace_back(head.substr(at, colon - at), head.substr(colon + 2, line_end - colon - 2));
    at = line_end + 2;
  }
  buffer_.erase(0, end + 4);
  const auto length =
      body_expected ? std::strtoull(std::string(answer.header("content-length")).c_str(), nullptr, 10) : 0;
  while (buffer_.size() < length) {
    if (!fill()) { return {}; }
  }
  answer.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return answer;
}

inline bool RawClient::closed() { return buffer_.empty() && !fill() && errno != EAGAIN; }

inline bool RawClient::wait_until_cut() {
  errno = 0;
  while (fill()) { buffer_.clear(); }
  return errno != EAGAIN;
}

inline std::string request(std::string_view method, std::string_view target, std::string_view body,
                           std::string_view more_headers) {
  std::string out(method);
  out += ' ';
  out += target;
  out += " HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: sesame\r\n";
  out += more_headers;
  if (!body.empty()) { out += "Content-Length: " + std::to_string(body.size()) + "\r\n"; }
  out += "\r\n";
  out += body;
  return out;
}

}  // namespace quarry::http::testing
