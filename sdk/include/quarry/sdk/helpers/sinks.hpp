// SPDX-License-Identifier: MIT
// Sinks made from lambdas, for whoever calls an interface.
#pragma once

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/abi/scorer.hpp>

#include <string>
#include <utility>
#include <vector>

namespace quarry::sdk {

/// Calls `F` for each view. F returns bool (false: enough) or nothing. F must not throw.
template <class Interface, class View, class F>
class LambdaSink final : public Interface {
 public:
  explicit LambdaSink(F f) : f_(std::move(f)) {}
  bool add(const View& view) noexcept override {
    if constexpr (std::is_void_v<decltype(f_(view))>) {
      f_(view);
      return true;
    } else {
      return f_(view);
    }
  }

 private:
  F f_;
};

template <class F>
[[nodiscard]] auto download_sink(F f) {
  return LambdaSink<DownloadSink, DownloadView, F>(std::move(f));
}
template <class F>
[[nodiscard]] auto release_sink(F f) {
  return LambdaSink<ReleaseSink, ReleaseView, F>(std::move(f));
}
template <class F>
[[nodiscard]] auto event_sink(F f) {
  return LambdaSink<EventSink, EventView, F>(std::move(f));
}
template <class F>
[[nodiscard]] auto file_sink(F f) {
  return LambdaSink<FileSink, FileView, F>(std::move(f));
}

/// Gathers outcomes.
class Outcomes final : public OutcomeSink {
 public:
  void add(const Outcome& outcome) noexcept override { all.push_back(outcome); }
  std::vector<Outcome> all;
};

/// Gathers bytes up to a limit; more than that stops the writer and sets overflow.
class Bytes final : public ByteSink {
 public:
  explicit Bytes(std::size_t limit) : limit_(limit) {}
  bool write(std::span<const std::byte> piece) noexcept override {
    if (data.size() + piece.size() > limit_) {
      overflow = true;
      return false;
    }
    data.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return true;
  }
  std::string data;
  bool overflow = false;

 private:
  std::size_t limit_;
};

[[nodiscard]] inline std::span<const std::byte> as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace quarry::sdk
