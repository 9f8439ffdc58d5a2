// SPDX-License-Identifier: MIT
// For tests: an HTTP server of raw texts on a free port of 127.0.0.1.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace quarry::plugins::testing {

/// Answers one connection at a time. The handler gets a request as it came (head and body) and gives the
/// bytes to send; nullopt: send nothing and keep the connection open until the server ends. An answer
/// with "Connection: close" closes it.
class LoopbackServer {
 public:
  using Handler = std::function<std::optional<std::string>(const std::string& request)>;

  explicit LoopbackServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 || ::pipe(stop_) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LoopbackServer() {
    ::close(stop_[1]);
    thread_.join();
    ::close(stop_[0]);
    ::close(listener_);
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  [[nodiscard]] std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] int connections() const noexcept { return connections_.load(); }
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  /// False: the server is to stop.
  bool wait_for(int fd) const {
    pollfd fds[2] = {{fd, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    return ::poll(fds, 2, -1) > 0 && fds[1].revents == 0;
  }
  void serve() {
    while (wait_for(listener_)) {
      const int peer = ::accept(listener_, nullptr, nullptr);
      ++connections_;
      converse(peer);
      ::close(peer);
    }
  }
  void converse(int peer) {
    std::string buffer;
    while (wait_for(peer)) {
      char piece[4096];
      const ssize_t n = ::recv(peer, piece, sizeof piece, 0);
      if (n <= 0) { return; }
      buffer.append(piece, static_cast<std::size_t>(n));
      const auto request = take_request(buffer);
      if (!request) { continue; }
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(*request);
      }
      const auto answer = handler_(*request);
      if (!answer) { continue; }
      for (std::size_t sent = 0; sent < answer->size();) {
        const ssize_t m = ::send(peer, answer->data() + sent, answer->size() - sent, MSG_NOSIGNAL);
        if (m <= 0) { return; }
        sent += static_cast<std::size_t>(m);
      }
      if (answer->find("Connection: close") != std::string::npos) { return; }
    }
  }
  static std::optional<std::string> take_request(std::string& buffer) {
    const auto end = buffer.find("\r\n\r\n");
    if (end == std::string::npos) { return std::nullopt; }
    std::size_t size = end + 4;
    if (const auto at = buffer.find("Content-Length: "); at != std::string::npos && at < end) {
      size += std::stoul(buffer.substr(at + 16));
    }
    if (buffer.size() < size) { return std::nullopt; }
    std::string request = buffer.substr(0, size);
    buffer.erase(0, size);
    return request;
  }

  Handler handler_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

[[nodiscard]] inline std::string http_answer(const std::string& status, const std::string& body,
                                             const std::string& headers = {}) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

}  // namespace quarry::plugins::testing
