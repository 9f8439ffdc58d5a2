// SPDX-License-Identifier: MIT
// A tiny HTTP server for tests: one thread, one request per connection, answers from a function.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace quarry::cli::testing {

struct SeenRequest {
  std::string line;  ///< "GET /ping HTTP/1.1"
  std::string head;  ///< the header lines
  std::string body;
};

/// What goes back, byte for byte.
using Respond = std::function<std::string(const SeenRequest&)>;

inline std::string http_answer(int status, const std::string& body, const std::string& extra_header = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\nConnection: close\r\n" +
         extra_header + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class LoopbackServer {
 public:
  explicit LoopbackServer(Respond respond) : respond_(std::move(respond)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, generic, size) != 0 || listen(listener_, 16) != 0 ||
        getsockname(listener_, generic, &size) != 0) {
      throw std::runtime_error("no loopback port");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LoopbackServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::vector<SeenRequest> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void serve() {
    while (true) {
      const int peer = accept(listener_, nullptr, nullptr);
      if (peer < 0) { return; }
      const SeenRequest request = read_request(peer);
      {
        const std::lock_guard lock(mutex_);
        seen_.push_back(request);
      }
      const std::string answer = respond_(request);
      std::size_t sent = 0;
      while (sent < answer.size()) {
        const ssize_t n = send(peer, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) { break; }
        sent += static_cast<std::size_t>(n);
      }
      close(peer);
    }
  }

  static SeenRequest read_request(int peer) {
    std::string text;
    char buffer[4096];
    std::size_t head_end = std::string::npos;
    std::size_t whole = std::string::npos;
    while (text.size() < whole) {
      const ssize_t n = recv(peer, buffer, sizeof buffer, 0);
      if (n <= 0) { break; }
      text.append(buffer, static_cast<std::size_t>(n));
      head_end = text.find("\r\n\r\n");
      if (head_end == std::string::npos) { continue; }
      const auto length = text.find("Content-Length: ");
      whole = head_end + 4 + (length < head_end ? std::stoul(text.substr(length + 16)) : 0);
    }
    SeenRequest request;
    if (head_end == std::string::npos) { return request; }
    request.line = text.substr(0, text.find("\r\n"));
    request.head = text.substr(0, head_end + 2);
    request.body = text.substr(head_end + 4);
    return request;
  }

  Respond respond_;
  int listener_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<SeenRequest> seen_;
  std::thread thread_;
};

}  // namespace quarry::cli::testing
