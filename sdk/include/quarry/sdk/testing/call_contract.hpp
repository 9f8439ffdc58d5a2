// SPDX-License-Identifier: MIT
// What every call of every plugin promises, whatever its interface: failures are explained, a caller that
// gives up is answered soon, calls at once do not disturb each other. The contract suites are built on it.
#pragma once

#include <quarry/sdk/testing/fake_host.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace quarry::sdk::testing {

enum class GivesUp { by_cancelling, by_deadline };

/// A caller that gives up after its context was asked `looks` times, by cancelling or because its time is
/// over. Whoever never asks never learns of it. Not for more than one thread.
class ImpatientCaller final : public CallContext {
 public:
  ImpatientCaller(GivesUp how, int looks) : how_(how), looks_(looks) {}
  [[nodiscard]] std::int64_t remaining_ms() const noexcept override;
  [[nodiscard]] bool cancelled() const noexcept override;
  [[nodiscard]] std::string_view request_id() const noexcept override { return "test"; }
  Status fail(Status status, std::string_view text) noexcept override;

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool gave_up() const noexcept { return gave_up_at_.has_value(); }
  /// Real time since it gave up; 0 when it has not.
  [[nodiscard]] std::chrono::milliseconds since() const noexcept;

 private:
  void look() const noexcept;

  GivesUp how_;
  mutable int looks_;
  mutable std::optional<std::chrono::steady_clock::time_point> gave_up_at_;
  std::string text_;
};

/// FakeHost, with an http that ends a request whose caller has given up, as the host's own does.
class ContractHost final : public HostServices {
 public:
  void* query(std::string_view interface_id) noexcept override;

  FakeHost fake;

 private:
  class AttentiveHttp final : public Http {
   public:
    explicit AttentiveHttp(Http& script) : script_(script) {}
    Status send(CallContext& ctx, const HttpRequest& request, HttpSink& sink) noexcept override;

   private:
    Http& script_;
  };
  AttentiveHttp http_{fake.http};
};

/// A failure has a sentence, which does not hold `secret` (empty: there is none), and says that trying
/// again can help only when it can.
void expect_explained(const Status& status, std::string_view text, std::string_view secret);

/// Makes `call` with callers that give up ever later, until it comes to its end first. Each time it must
/// answer `cancelled` or `deadline` soon, or ok; and a caller that has given up before must never get ok.
/// `what` names it in messages.
void expect_gives_up(std::string_view what, std::string_view secret, const std::function<Status(CallContext&)>& call);

/// Runs call(0) … call(n - 1) at once and waits for all of them.
template <class Call>
void at_once(unsigned n, Call call) {
  std::atomic<unsigned> ready{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < n; ++i) {
    threads.emplace_back([&, i] {
      ++ready;
      while (ready < n) { std::this_thread::yield(); }
      call(i);
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
}

}  // namespace quarry::sdk::testing
