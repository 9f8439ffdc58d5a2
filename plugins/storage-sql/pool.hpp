// SPDX-License-Identifier: MIT
// A few things of one kind, handed out one call at a time.
#pragma once

#include <quarry/sdk/helpers/barrier.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace quarry::storage_sql {

/// [thread-safe] `T` is made by `make` when it is needed first, never more than `size` of them at a time.
template <class T>
class Pool {
 public:
  Pool(std::size_t size, std::function<std::unique_ptr<T>()> make) : size_(size), make_(std::move(make)) {}

  /// One of them for one call; given back on destruction, unless it was dropped.
  class Lease {
   public:
    /// Waits until one is free; throws Error(deadline or cancelled) when the caller's time is over before.
    Lease(Pool& pool, const sdk::CallContext& ctx) : pool_(pool), held_(pool.take(ctx)) {}
    ~Lease() { pool_.give_back(std::move(held_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    T* operator->() const noexcept { return held_.get(); }
    T& operator*() const noexcept { return *held_; }
    /// It is broken: the next caller gets a new one.
    void drop() noexcept { held_.reset(); }

   private:
    Pool& pool_;
    std::unique_ptr<T> held_;
  };

 private:
  static constexpr std::int64_t kLookMs = 50;

  std::unique_ptr<T> take(const sdk::CallContext& ctx) {
    std::unique_lock lock(mutex_);
    while (true) {
      sdk::check_cancelled(ctx);
      if (!free_.empty()) {
        std::unique_ptr<T> one = std::move(free_.back());
        free_.pop_back();
        return one;
      }
      if (out_ < size_) { break; }
      const std::int64_t pause = std::clamp<std::int64_t>(ctx.remaining_ms(), 1, kLookMs);
      given_back_.wait_for(lock, std::chrono::milliseconds(pause));
    }
    ++out_;
    lock.unlock();
    try {
      return make_();
    } catch (...) {
      give_back(nullptr);
      throw;
    }
  }
  void give_back(std::unique_ptr<T> one) noexcept {
    {
      const std::lock_guard lock(mutex_);
      if (one != nullptr) {
        free_.push_back(std::move(one));  // never more than size_, for which there is room
      } else {
        --out_;
      }
    }
    given_back_.notify_one();
  }

  const std::size_t size_;
  const std::function<std::unique_ptr<T>()> make_;
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<std::unique_ptr<T>> free_;
  std::size_t out_ = 0;  ///< made and not dropped
};

}  // namespace quarry::storage_sql
