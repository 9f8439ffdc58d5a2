// SPDX-License-Identifier: MIT
#include "plugins/call_wall.hpp"

#include <quarry/sdk/helpers/context.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace quarry::plugins {
namespace {

using sdk::Code;
using sdk::Status;

/// A caller's cancel switch can only be polled; this bounds how late it is seen.
constexpr std::chrono::milliseconds kPoll{20};

/// How long a closed wall lets a call that saw its cancel come back.
constexpr std::int64_t kPartingMs = 2'000;
/// Told with every failure of a closed wall: it says nothing of the work, which is to be tried again.
constexpr std::uint32_t kComeBackMs = 1'000;

constexpr Status kNotBegun{Code::unavailable, sdk::kRetryable | sdk::kNotStarted, 0, 0};

}  // namespace

struct CallWall::Job {
  Job(const sdk::Clock& clock, std::int64_t remaining_ms, std::string request, std::string method_name,
      std::function<Status(sdk::CallContext&)> what)
      : context(clock, remaining_ms, std::move(request)), method(std::move(method_name)), work(std::move(what)) {}

  sdk::BasicContext context;
  std::string method;
  std::function<Status(sdk::CallContext&)> work;
  std::condition_variable changed;
  Status status;
  bool probe = false;
  bool started = false;
  bool finished = false;
  bool abandoned = false;
};

struct CallWall::Shared {
  std::string instance;
  WallPorts ports;
  WallNumbers numbers;

  mutable std::mutex mutex;
  std::condition_variable work_waits;
  std::condition_variable drained;
  std::deque<std::shared_ptr<Job>> queue;
  std::vector<std::shared_ptr<Job>> running;
  Breaker breaker;
  int threads = 0;
  int idle = 0;
  int stuck = 0;
  std::string credentials_problem;  ///< WallState::refusal
  bool closed = false;
  std::int64_t part_at_ms = INT64_MAX;  ///< callers leave calls that still run then

  Shared(std::string name, WallPorts p, WallNumbers n)
      : instance(std::move(name)), ports(std::move(p)), numbers(n), breaker(n.breaker, ports.random) {
    numbers.slots = std::clamp(numbers.slots, 1, 64);
  }

  [[nodiscard]] std::int64_t now() const noexcept { return ports.clock->steady_ms(); }
  [[nodiscard]] bool all_stuck() const noexcept { return stuck >= numbers.slots; }
  [[nodiscard]] std::string name() const { return "\"" + instance + "\""; }
  [[nodiscard]] std::string clean(std::string_view text) const {
    return ports.redact ? ports.redact(text) : std::string(text);
  }
  void log(sdk::LogLevel level, std::string_view text) const {
    if (ports.log) { ports.log(level, text); }
  }

  std::optional<std::pair<Status, std::string>> refusal(Breaker::Answer& asked);
  bool ensure_thread(const std::shared_ptr<Shared>& self);
  void record(const Job& job, const Status& status);
  /// What the end of a call says about the credentials; most failures say nothing.
  void note_refusal(const Status& status, const std::string& text);
  /// Runs the plugin's code. Methods are noexcept, so only code built against other headers can throw.
  static Status run_guarded(Job& job) noexcept;
  static void worker(const std::shared_ptr<Shared>& self);
  static void execute(Shared& shared, std::unique_lock<std::mutex>& lock, const std::shared_ptr<Job>& job);
};

std::optional<std::pair<Status, std::string>> CallWall::Shared::refusal(Breaker::Answer& asked) {
  if (closed) { return std::pair{kNotBegun, name() + " is being stopped"}; }
  if (all_stuck()) {
    return std::pair{kNotBegun, "every call slot of " + name() +
                                    " is stuck in a call that does not return: restart Quarry if this lasts"};
  }
  asked = breaker.ask(now());
  if (asked.allowed) { return std::nullopt; }
  Status status = kNotBegun;
  status.retry_after_ms = static_cast<std::uint32_t>(std::min<std::int64_t>(asked.retry_after_ms, UINT32_MAX));
  // No number of seconds: whoever keeps this sentence would show it for longer than it is true.
  const std::string text = name() + " failed too often and is left alone for a while";
  if (credentials_problem.empty()) { return std::pair{status, text}; }
  status.code = Code::unauthenticated;
  return std::pair{status, text + ": " + credentials_problem};
}

bool CallWall::Shared::ensure_thread(const std::shared_ptr<Shared>& self) {
  if (static_cast<int>(queue.size()) <= idle || threads >= numbers.slots) {
    work_waits.notify_one();
    return true;
  }
  try {
    std::thread([self] { worker(self); }).detach();
    ++threads;
    return true;
  } catch (const std::system_error&) {
    return threads > stuck;  // another one will take the job
  }
}

void CallWall::Shared::record(const Job& job, const Status& status) {
  const auto before = breaker.state(now());
  breaker.record(status, job.probe, now());
  const auto after = breaker.state(now());
  if (before == BreakerState::closed && after == BreakerState::open) {
    log(sdk::LogLevel::warning, name() + " failed too often and is left alone for " +
                                    std::to_string(breaker.retry_after_ms(now()) / 1000) + " s");
  } else if (job.probe && after == BreakerState::closed) {
    log(sdk::LogLevel::info, name() + " works again");
  }
}

void CallWall::Shared::note_refusal(const Status& status, const std::string& text) {
  if (status.ok()) { credentials_problem.clear(); }
  if (status.code == Code::unauthenticated) { credentials_problem = text; }
}

Status CallWall::Shared::run_guarded(Job& job) noexcept {
  try {
    return job.work(job.context);
  } catch (const std::exception& e) {
    return job.context.fail({Code::internal, 0, 0, 0}, std::string("the plugin threw an exception: ") + e.what());
  } catch (...) {
    return job.context.fail({Code::internal, 0, 0, 0}, "the plugin threw something that is not a std::exception");
  }
}

void CallWall::Shared::worker(const std::shared_ptr<Shared>& self) {
  std::unique_lock lock(self->mutex);
  const std::chrono::milliseconds patience(self->numbers.idle_thread_ms);
  while (true) {
    ++self->idle;
    self->work_waits.wait_for(lock, patience, [&] { return self->closed || !self->queue.empty(); });
    --self->idle;
    if (self->queue.empty()) { break; }
    auto job = std::move(self->queue.front());
    self->queue.pop_front();
    execute(*self, lock, job);
  }
  --self->threads;
  self->drained.notify_all();
}

void CallWall::Shared::execute(Shared& shared, std::unique_lock<std::mutex>& lock, const std::shared_ptr<Job>& job) {
  job->started = true;
  shared.running.push_back(job);
  lock.unlock();
  Status status;
  if (shared.ports.sentinel != nullptr) {
    const CrashSentinel::Mark mark(*shared.ports.sentinel, shared.instance);
    status = run_guarded(*job);
  } else {
    status = run_guarded(*job);
  }
  job->work = nullptr;
  lock.lock();
  std::erase(shared.running, job);
  job->status = status;
  job->finished = true;
  if (job->abandoned) {
    --shared.stuck;
    shared.log(sdk::LogLevel::info, shared.name() + ": the abandoned call of " + job->method + " has returned");
  }
  job->changed.notify_all();
  shared.drained.notify_all();
}

CallWall::CallWall(std::string instance, WallPorts ports, WallNumbers numbers)
    : shared_(std::make_shared<Shared>(std::move(instance), std::move(ports), numbers)) {}

CallWall::~CallWall() { close(); }

CallWall::Answer CallWall::run(sdk::CallContext& caller, std::string_view method,
                               std::function<Status(sdk::CallContext&)> work) {
  Shared& shared = *shared_;
  const auto failed = [&](Status status, const std::string& text) {
    if (shared.closed) { status.retry_after_ms = std::max(status.retry_after_ms, kComeBackMs); }
    return caller.fail(status, text);
  };
  const auto refuse = [&](Status status, const std::string& text) { return Answer{failed(status, text), false}; };
  const std::string call = shared.name() + ": " + std::string(method);
  const std::int64_t remaining = caller.remaining_ms();
  constexpr Status kLate{Code::deadline, sdk::kRetryable, 0, 0};
  constexpr Status kLateNotBegun{Code::deadline, sdk::kRetryable | sdk::kNotStarted, 0, 0};
  if (remaining <= 0) { return {caller.fail(kLateNotBegun, call + " was not begun: no time was left for it"), false}; }

  auto job = std::make_shared<Job>(*shared.ports.clock, remaining, std::string(caller.request_id()),
                                   std::string(method), std::move(work));
  std::unique_lock lock(shared.mutex);
  Breaker::Answer asked;
  if (const auto refused = shared.refusal(asked)) { return refuse(refused->first, refused->second); }
  job->probe = asked.probe;
  shared.queue.push_back(job);
  const auto give_back = [&] {  // only while the job has not started
    std::erase(shared.queue, job);
    shared.breaker.forget(job->probe);
    shared.drained.notify_all();
  };
  if (!shared.ensure_thread(shared_)) {
    give_back();
    return refuse(kNotBegun, call + " was not begun: no thread can be started");
  }

  while (!job->finished) {
    const bool cancelled = caller.cancelled() || shared.now() >= shared.part_at_ms;
    const std::int64_t left = caller.remaining_ms();
    if (!job->started && (cancelled || left <= 0 || shared.closed || shared.all_stuck())) {
      give_back();
      if (cancelled) { return refuse({Code::cancelled, sdk::kNotStarted, 0, 0}, call + " was not begun: cancelled"); }
      if (left <= 0) { return refuse(kLateNotBegun, call + " was not begun: all its call slots were busy"); }
      return refuse(kNotBegun, call + " was not begun: its call slots are stuck or it is being stopped");
    }
    if (cancelled || left <= 0) {
      job->abandoned = true;
      job->context.cancel();
      ++shared.stuck;
      const Status status = cancelled ? Status{Code::cancelled, 0, 0, 0} : kLate;
      shared.record(*job, status);
      const std::string text =
          cancelled ? call + " was cancelled" : call + " did not return within its time and goes on without its caller";
      shared.log(cancelled ? sdk::LogLevel::debug : sdk::LogLevel::warning, text);
      return refuse(status, text);
    }
    job->changed.wait_for(lock, std::min<std::chrono::milliseconds>(std::chrono::milliseconds(left), kPoll));
  }
  Status status = job->status;
  std::string text = shared.clean(job->context.text());
  if (status.code < Code::ok || status.code > Code::internal) {
    text = call + " answered the unknown code " + std::to_string(static_cast<std::int32_t>(status.code));
    status = {Code::internal, 0, 0, 0};
  }
  if (!status.ok() && text.empty()) { text = call + " failed and gave no reason"; }
  shared.record(*job, status);
  shared.note_refusal(status, text);
  if (status.ok()) { return {status, true}; }
  return {failed(status, text), true};
}

WallState CallWall::state() const {
  const std::lock_guard lock(shared_->mutex);
  return {shared_->breaker.state(shared_->now()), shared_->breaker.retry_after_ms(shared_->now()),
          static_cast<int>(shared_->running.size()), shared_->stuck, shared_->credentials_problem};
}

void CallWall::close() {
  const std::lock_guard lock(shared_->mutex);
  if (!shared_->closed) { shared_->part_at_ms = shared_->now() + kPartingMs; }
  shared_->closed = true;
  for (const auto& job : shared_->running) { job->context.cancel(); }
  for (const auto& job : shared_->queue) { job->changed.notify_all(); }  // they give up by themselves
  shared_->work_waits.notify_all();
}

bool CallWall::drain(std::int64_t timeout_ms) {
  std::unique_lock lock(shared_->mutex);
  const auto none_runs = [&] { return shared_->running.empty() && shared_->queue.empty(); };
  if (!shared_->drained.wait_for(lock, std::chrono::milliseconds(timeout_ms), none_runs)) { return false; }
  // Threads without a call are on their way out: this is no wait for a plugin.
  shared_->drained.wait(lock, [&] { return shared_->threads == 0; });
  return true;
}

}  // namespace quarry::plugins
