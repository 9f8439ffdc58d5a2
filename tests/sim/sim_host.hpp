// SPDX-License-Identifier: MIT
// One life of a host: its duties, its queue service, and what befalls it. Everything in it dies with it.
#pragma once

#include "client_gate.hpp"
#include "sim_indexer.hpp"
#include "sim_records.hpp"
#include "store_gate.hpp"

#include "queue/dispatcher.hpp"
#include "queue/queue_service.hpp"
#include "queue/reconciler.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace quarry::sim {

class World;

/// What becomes of one call of a host.
enum class Fate {
  normal,
  fails,          ///< before it has any effect
  loses_answer,   ///< after it had its effect
  never_arrives,  ///< it has no effect, and looks like loses_answer to the host
  twice,          ///< it arrives twice
  dead,           ///< the host ended before it
};
/// How likely each is; the rest of what may befall a host is the same for all calls.
struct Odds {
  double fails = 0, loses_answer = 0, twice = 0;  ///< loses_answer: half of these never arrive
};

class SimHost {
 public:
  SimHost(World& world, const sdk::Clock& clock, std::string owner);
  ~SimHost();

  /// "h2.1": the first life of the second host; the owner of its leases and the head of its command ids.
  [[nodiscard]] const std::string& owner() const noexcept { return owner_; }
  [[nodiscard]] bool is_alive() const noexcept { return alive_; }
  /// Something of it is under way.
  [[nodiscard]] bool is_busy() const noexcept { return busy_ > 0; }
  [[nodiscard]] bool is_awake(std::int64_t now_ms) const noexcept {
    return alive_ && !stopping_ && now_ms >= asleep_until_ms_;
  }
  /// It begins nothing new, and ends in good order once what is under way has come to its end.
  void stop() { stopping_ = true; }
  /// The end of it, when nothing of it is under way.
  void let_go();
  [[nodiscard]] bool is_stopping() const noexcept { return stopping_; }
  [[nodiscard]] std::int64_t next_due() const;
  void run_due();

  /// Before and after the effect of a call; `what` names it in the trace. Other hosts may act in between, and
  /// this one may die. after_call() answers whether it still lives to see the answer.
  [[nodiscard]] Fate before_call(const char* what, const Odds& odds);
  [[nodiscard]] bool after_call(const char* what);

  /// Its records are open: until then it serves nobody and does nothing else.
  [[nodiscard]] bool is_open() const noexcept { return records_->opened() != nullptr; }
  /// Once it is open.
  [[nodiscard]] const records::Movies& films() const noexcept { return records_->opened()->movies(); }
  /// A user's request to this host, which is open.
  template <class F>
  auto serve(F request) {
    ++busy_;
    auto answer = request(*service_);
    --busy_;
    return answer;
  }

 private:
  struct Duty {
    std::function<std::int64_t(std::int64_t)> step;
    std::int64_t due_ms = 0;
    bool under_way = false;
  };

  [[nodiscard]] queue::EnginePorts ports(const sdk::Clock& clock);
  void add_duty(std::function<std::int64_t(std::int64_t)> step);
  /// Waits so long, and as long as the host sleeps.
  void wait(std::int64_t ms);
  /// May end it, put it to sleep or make it wait.
  void befall(const char* when, const char* what);

  World& world_;
  std::string owner_;
  StoreGate store_;
  SimIndexer indexer_;
  std::vector<std::unique_ptr<ClientGate>> clients_;
  int commands_ = 0;
  queue::StoreClient store_client_;
  queue::LeaseKeeper leases_;
  std::vector<std::unique_ptr<queue::Dispatcher>> dispatchers_;
  std::vector<std::unique_ptr<queue::Reconciler>> reconcilers_;
  std::unique_ptr<queue::Housekeeper> housekeeper_;
  std::unique_ptr<SimRecords> records_;
  std::unique_ptr<queue::QueueService> service_;
  std::vector<Duty> duties_;  ///< the first is that of the records
  bool alive_ = true;
  bool stopping_ = false;
  int busy_ = 0;
  std::int64_t asleep_until_ms_ = 0;
};

}  // namespace quarry::sim
