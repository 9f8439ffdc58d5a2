// SPDX-License-Identifier: MIT
// Ends the statements of callers who have given up. A deadline is kept by the server (statement_timeout); that a caller
// gives up before is learned from CallContext::cancelled() alone, which has to be looked at while his thread waits
// for the server.
//
// It is for those who wait for a statement of their own: reads of the queue and of records, and storage_admin/1. Not
// for the lines of writers, where one statement carries the commands of several callers: there the deadline stands, as
// it does for a batch of records, which other hosts may wait for, and for connecting. Nor behind a pooler: one that is
// older than PgBouncer 1.18 may hand a request on to whoever has the connection to the server by then.
//
// No statement of a later call is hit. A request is sent only while the call is watched, and the watch ends no sooner
// than the server has closed the connection of the request, which it does once its process for the session has the
// signal. That process has it before whatever the session sends next, and drops it when there is no statement. Should
// something between here and the server close that connection too early, a session that was asked may still be hit: so
// readers do not use it again, and who cannot do without it (storage_admin/1) gets 57014, as for any other end of a
// statement from outside: `unavailable`, nothing was changed.
#pragma once

#include <quarry/sdk/abi/plugin.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace soci {
class session;
}

namespace quarry::storage_postgres {

/// What it takes to ask the server to end the statement that a session runs. Stays of use for the life of its
/// connection.
class CancelRequest {
 public:
  explicit CancelRequest(soci::session& session);
  /// Comes back once the server has taken or refused it, over a connection made for it. Where no statement runs
  /// nothing happens, and a statement between two of its messages goes on. [thread-safe]
  void send() noexcept;

 private:
  struct Free {
    void operator()(void* request) const noexcept;
  };
  std::unique_ptr<void, Free> handle_;
};

/// One thread, made with the first watch. It sleeps while nothing is watched. [thread-safe]
class Canceller {
 public:
  using Milliseconds = std::chrono::milliseconds;
  static constexpr Milliseconds kLook{50};

  /// A watched call is looked at each time that `look` has passed.
  explicit Canceller(Milliseconds look = kLook) : look_(look) {}
  /// Nothing is watched any more.
  ~Canceller();
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;

  /// While it lives the statements of a session are those of one call: once that is cancelled the server is asked to
  /// end them, again at each look. Whoever rolls back does so after the watch, or a request may hit that, too.
  class Watch {
   public:
    /// All must outlive it. Without `request` nothing is watched.
    Watch(Canceller& by, CancelRequest* request, const sdk::CallContext& ctx);
    ~Watch() { end(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    /// Waits for a request that is under way. Whether the server was asked, be it in vain.
    bool end() noexcept;

   private:
    friend class Canceller;
    Canceller& by_;
    CancelRequest* request_;  ///< null: it has ended
    const sdk::CallContext& ctx_;
    // By the mutex of the canceller:
    std::uint64_t looked_ = 0;  ///< the last look at it
    bool asking_ = false;
    bool asked_ = false;
  };

 private:
  void run() noexcept;
  void look_at_all(std::unique_lock<std::mutex>& lock) noexcept;

  const Milliseconds look_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable answered_;  ///< a request has come back
  std::vector<Watch*> watched_;
  std::uint64_t looks_ = 0;
  bool asleep_ = false;  ///< until it is woken
  bool ending_ = false;
  std::thread thread_;
};

/// Throws sdk::Error(cancelled or deadline) where `error` is that of a statement which the server has ended since its
/// caller gave up or is out of time.
void check_given_up(const std::exception& error, const sdk::CallContext& ctx);

}  // namespace quarry::storage_postgres
