// SPDX-License-Identifier: MIT
#include "canceller.hpp"

#include "failures.hpp"
#include "libpq.hpp"

#include <quarry/sdk/helpers/barrier.hpp>

#include <signal.h>

#include <algorithm>
#include <array>
#include <system_error>

namespace quarry::storage_postgres {
namespace {

/// Signals are the host's: none is for this thread.
void leave_signals_to_others() noexcept {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

CancelRequest::CancelRequest(soci::session& session) : handle_(PQgetCancel(libpq(session))) {}
void CancelRequest::Free::operator()(void* request) const noexcept { PQfreeCancel(static_cast<PGcancel*>(request)); }

void CancelRequest::send() noexcept {
  // Nobody is told of a failure: it is tried again, and the deadline stands.
  std::array<char, 256> why{};
  PQcancel(static_cast<PGcancel*>(handle_.get()), why.data(), static_cast<int>(why.size()));
}

Canceller::Watch::Watch(Canceller& by, CancelRequest* request, const sdk::CallContext& ctx)
    : by_(by), request_(request), ctx_(ctx) {
  if (request_ == nullptr) { return; }
  const std::lock_guard lock(by_.mutex_);
  try {
    if (!by_.thread_.joinable()) { by_.thread_ = std::thread(&Canceller::run, &by_); }
  } catch (const std::system_error&) {
    request_ = nullptr;  // no thread to be had: the call goes on, and its deadline stands
    return;
  }
  by_.watched_.push_back(this);
  if (by_.asleep_) {
    by_.asleep_ = false;
    by_.wake_.notify_one();
  }
}

bool Canceller::Watch::end() noexcept {
  if (request_ == nullptr) { return asked_; }
  std::unique_lock lock(by_.mutex_);
  by_.answered_.wait(lock, [this] { return !asking_; });
  by_.watched_.erase(std::find(by_.watched_.begin(), by_.watched_.end(), this));
  request_ = nullptr;
  return asked_;
}

Canceller::~Canceller() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) { thread_.join(); }
}

void Canceller::run() noexcept {
  leave_signals_to_others();
  std::unique_lock lock(mutex_);
  while (!ending_) {
    // Woken once and not for each call: calls that are over before the next look cost it nothing.
    asleep_ = watched_.empty();
    wake_.wait(lock, [this] { return !asleep_ || ending_; });
    wake_.wait_for(lock, look_, [this] { return ending_; });
    look_at_all(lock);
  }
}

void Canceller::look_at_all(std::unique_lock<std::mutex>& lock) noexcept {
  ++looks_;
  const auto given_up = [this](const Watch* one) { return one->looked_ != looks_ && one->ctx_.cancelled(); };
  while (true) {
    // From the start each time: others came and went while the lock was open.
    const auto found = std::find_if(watched_.begin(), watched_.end(), given_up);
    if (found == watched_.end()) { return; }
    Watch& one = **found;
    one.looked_ = looks_;
    one.asking_ = true;
    one.asked_ = true;
    lock.unlock();
    one.request_->send();
    lock.lock();
    one.asking_ = false;
    answered_.notify_all();
  }
}

void check_given_up(const std::exception& error, const sdk::CallContext& ctx) {
  if (sqlstate(error) == kQueryCanceled) { sdk::check_cancelled(ctx); }
}

}  // namespace quarry::storage_postgres
