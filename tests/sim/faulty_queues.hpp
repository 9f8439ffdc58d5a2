// SPDX-License-Identifier: MIT
// Storages that each break one promise of the queue.
#pragma once

#include "forwarding.hpp"

#include "queue/engine.hpp"

#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/queue_store_row.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace quarry::sim {

/// A storage with one fault.
class FaultyQueue : public ForwardingQueue {
 public:
  using ForwardingQueue::ForwardingQueue;

 protected:
  using Changes = std::vector<sdk::Transition>;
  static Changes copy_of(std::span<const sdk::Transition> changes) { return {changes.begin(), changes.end()}; }
  [[nodiscard]] sdk::testing::QueueRow row(Context& ctx, std::int64_t id) {
    sdk::testing::QueueRow found;
    sdk::FindRequest request;
    request.id = id;
    auto sink = sdk::download_sink([&](const sdk::DownloadView& view) { found = sdk::testing::QueueRow(view); });
    static_cast<void>(inner_.find(ctx, request, sink));
    return found;
  }
};

class IgnoresLimit final : public FaultyQueue {
 public:
  using FaultyQueue::FaultyQueue;
  sdk::Status claim(Context& ctx, const sdk::ClaimRequest& request, sdk::DownloadSink& rows) noexcept override {
    sdk::LaneSettings lane;
    lane.lane = request.lane;
    lane.max_active = 1000;
    static_cast<void>(inner_.set_lane(ctx, lane));
    return inner_.claim(ctx, request, rows);
  }
};

class IgnoresEndOfLease final : public FaultyQueue {
 public:
  using FaultyQueue::FaultyQueue;
  sdk::Status record_intent(Context& ctx, const sdk::Intent& intent, Out& out) noexcept override {
    const sdk::LeaseRef lease{intent.id, intent.epoch};
    sdk::Outcomes nobody;
    static_cast<void>(inner_.heartbeat(ctx, row(ctx, intent.id).lease_owner, 30'000, {&lease, 1}, nobody));
    return inner_.record_intent(ctx, intent, out);
  }
};

class IgnoresEpochOfIntent final : public FaultyQueue {
 public:
  using FaultyQueue::FaultyQueue;
  sdk::Status record_intent(Context& ctx, const sdk::Intent& intent, Out& out) noexcept override {
    sdk::Intent any = intent;
    any.epoch = row(ctx, intent.id).data.epoch;
    return inner_.record_intent(ctx, any, out);
  }
};

class IgnoresEpoch final : public FaultyQueue {
 public:
  using FaultyQueue::FaultyQueue;
  sdk::Status transition(Context& ctx, std::span<const sdk::Transition> changes, Out& out) noexcept override {
    Changes any = copy_of(changes);
    for (sdk::Transition& change : any) { change.epoch = row(ctx, change.id).data.epoch; }
    return inner_.transition(ctx, any, out);
  }
};

class IgnoresDuty final : public FaultyQueue {
 public:
  using FaultyQueue::FaultyQueue;
  sdk::Status transition(Context& ctx, std::span<const sdk::Transition> changes, Out& out) noexcept override {
    Changes any = copy_of(changes);
    for (sdk::Transition& change : any) { change.duty = {}; }
    return inner_.transition(ctx, any, out);
  }
};

class KeepsVersion final : public FaultyQueue {
 public:
  using FaultyQueue::FaultyQueue;
  sdk::Status transition(Context& ctx, std::span<const sdk::Transition> changes, Out& out) noexcept override {
    sdk::Outcomes got;
    const sdk::Status status = inner_.transition(ctx, changes, got);
    for (sdk::Outcome& outcome : got.all) {
      outcome.version = 1;
      out.add(outcome);
    }
    return status;
  }
};

class GrantsDutyTwice final : public FaultyQueue {
 public:
  using FaultyQueue::FaultyQueue;
  sdk::Status take_duty(Context& ctx, const sdk::DutyRequest& request, sdk::Duty& out) noexcept override {
    const sdk::Status status = inner_.take_duty(ctx, request, out);
    if (request.give_up == 0 && std::exchange(out.held, 1) == 0) { ++out.epoch; }
    return status;
  }
};

class KeepsEpochOfDuty final : public FaultyQueue {
 public:
  using FaultyQueue::FaultyQueue;
  sdk::Status take_duty(Context& ctx, const sdk::DutyRequest& request, sdk::Duty& out) noexcept override {
    const sdk::Status status = inner_.take_duty(ctx, request, out);
    out.epoch = 1;
    return status;
  }
};

class ForgetsIntent final : public FaultyQueue {
 public:
  using FaultyQueue::FaultyQueue;
  sdk::Status record_intent(Context&, const sdk::Intent& intent, Out& out) noexcept override {
    sdk::Outcome outcome;
    outcome.result = sdk::CommandResult::already_applied;
    outcome.id = intent.id;
    out.add(outcome);
    return {};
  }
};

class ForgetsData final : public FaultyQueue {
 public:
  using FaultyQueue::FaultyQueue;
  sdk::Status transition(Context& ctx, std::span<const sdk::Transition> changes, Out& out) noexcept override {
    Changes any = copy_of(changes);
    for (sdk::Transition& change : any) { change.patch.cleanup = std::min(change.patch.cleanup, 1); }
    return inner_.transition(ctx, any, out);
  }
};

class UnderstatesAttempts final : public FaultyQueue {
 public:
  using FaultyQueue::FaultyQueue;
  sdk::Status claim(Context& ctx, const sdk::ClaimRequest& request, sdk::DownloadSink& rows) noexcept override {
    auto first = sdk::download_sink([&](const sdk::DownloadView& row) {
      sdk::DownloadView told = row;
      told.attempts = 1;
      return rows.add(told);
    });
    return inner_.claim(ctx, request, first);
  }
};

class TakesReleaseTwice final : public FaultyQueue {
 public:
  using FaultyQueue::FaultyQueue;
  sdk::Status enqueue(Context& ctx, std::span<const sdk::NewDownload> items, Out& out) noexcept override {
    std::vector<sdk::NewDownload> different(items.begin(), items.end());
    std::vector<std::string> keys;
    keys.reserve(items.size());  // the views below must stay
    for (sdk::NewDownload& item : different) {
      item.release_key = keys.emplace_back(std::string(item.release_key) + "~" + std::to_string(++taken_));
      item.infohash_v1 = {};
    }
    return inner_.enqueue(ctx, different, out);
  }
  sdk::Status list(Context& ctx, const sdk::ListRequest& request, sdk::DownloadSink& rows,
                   std::int64_t& total) noexcept override {
    auto same = sdk::download_sink([&](const sdk::DownloadView& row) {
      sdk::DownloadView told = row;
      told.release_key = row.release_key.substr(0, row.release_key.find('~'));
      return rows.add(told);
    });
    return inner_.list(ctx, request, same, total);
  }

 private:
  int taken_ = 0;
};

class ClaimsNothing final : public ForwardingQueue {
 public:
  using ForwardingQueue::ForwardingQueue;
  sdk::Status claim(Context&, const sdk::ClaimRequest&, sdk::DownloadSink&) noexcept override { return {}; }
};

class LosesRows final : public ForwardingQueue {
 public:
  using ForwardingQueue::ForwardingQueue;
  sdk::Status transition(Context& ctx, std::span<const sdk::Transition> changes, Out& out) noexcept override {
    const sdk::Status status = inner_.transition(ctx, changes, out);
    std::int64_t removed = 0;
    static_cast<void>(inner_.prune(ctx, queue::bit(sdk::DownloadState::completed),
                                   std::numeric_limits<std::int64_t>::max(), 100, removed));
    return status;
  }
};

/// Answers once as if it had made a row, and makes none.
class LosesEnqueue final : public ForwardingQueue {
 public:
  using ForwardingQueue::ForwardingQueue;
  sdk::Status enqueue(Context& ctx, std::span<const sdk::NewDownload> items, Out& out) noexcept override {
    if (std::exchange(has_lost_, true)) { return inner_.enqueue(ctx, items, out); }
    for (std::size_t i = 0; i < items.size(); ++i) {
      sdk::Outcome outcome;
      outcome.result = sdk::CommandResult::applied;
      outcome.id = 1001;
      outcome.version = 1;
      out.add(outcome);
    }
    return {};
  }

 private:
  bool has_lost_ = false;
};

class ForgetsFilm final : public ForwardingQueue {
 public:
  using ForwardingQueue::ForwardingQueue;
  sdk::Status enqueue(Context& ctx, std::span<const sdk::NewDownload> items, Out& out) noexcept override {
    std::vector<sdk::NewDownload> without(items.begin(), items.end());
    for (sdk::NewDownload& item : without) { item.movie_id = 0; }
    return inner_.enqueue(ctx, without, out);
  }
};

}  // namespace quarry::sim
