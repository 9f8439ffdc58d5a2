// SPDX-License-Identifier: MIT
#include "queue/dispatcher.hpp"

#include <quarry/sdk/helpers/context.hpp>

#include <algorithm>
#include <array>

namespace quarry::queue {
namespace {

constexpr std::int64_t kStoreDownMaxMs = 10'000;

class LeaseHold {
 public:
  LeaseHold(LeaseKeeper& keeper, const Download& d) : keeper_(keeper), id_(d.id) { keeper_.hold(d.id, d.epoch); }
  LeaseHold(const LeaseHold&) = delete;
  LeaseHold& operator=(const LeaseHold&) = delete;
  ~LeaseHold() { keeper_.drop(id_); }

 private:
  LeaseKeeper& keeper_;
  std::int64_t id_;
};

}  // namespace

Dispatcher::Dispatcher(EnginePorts ports, EngineSettings settings, LeaseKeeper& leases)
    : ports_(std::move(ports)), settings_(std::move(settings)), leases_(leases) {}

std::int64_t Dispatcher::step(std::int64_t now_ms) {
  auto rows = ports_.store->claim(settings_.lane, 1, ports_.owner, settings_.lease_ms);
  if (!rows) {
    ++store_failures_;
    if (store_log_.tell()) {
      ports_.log(sdk::LogLevel::warning, "cannot take work from the queue: " + rows.error().text);
    }
    return now_ms + std::min(kStoreDownMaxMs, settings_.idle_ms << std::min(store_failures_, 4));
  }
  store_failures_ = 0;
  store_log_.reset();
  claimed_ms_ = now_ms;
  if (rows->empty()) { return now_ms + settings_.idle_ms; }
  for (Download& d : *rows) {
    const LeaseHold lease(leases_, d);
    dispatch(d);
  }
  return now_ms;
}

void Dispatcher::dispatch(Download& d) {
  const auto source = obtain_source(ports_, settings_, d);
  if (!source) { return not_dispatched(d, source.error(), Party::source); }
  if (!source->facts.danger.empty()) { return now_blocked(d, source->facts); }

  // A client that failed to load may come back with the item in it; one that is configured no more does not.
  const bool stays = !d.client.empty() && (!ports_.knows_client || ports_.knows_client(d.client));
  const std::string client_id = stays ? d.client : ports_.choose_client();
  sdk::DownloadClient* client = client_id.empty() ? nullptr : ports_.client(client_id);
  if (client == nullptr) {
    const std::string why = client_id.empty() ? "no download client is configured, or none of them loaded"
                                              : "the download client \"" + client_id + "\" is not loaded";
    return not_dispatched(d, sdk::failure(sdk::Code::unavailable, why), Party::client);
  }
  if (!commit_intent(d, *source, client_id)) { return; }
  hand_over(d, *source, *client);
}

bool Dispatcher::commit_intent(Download& d, const SourceMaterial& source, const std::string& client_id) {
  sdk::Intent intent;
  intent.id = d.id;
  intent.epoch = d.epoch;
  intent.client = client_id;
  intent.infohash_v1 = source.facts.infohash_v1;
  intent.infohash_v2 = source.facts.infohash_v2;
  intent.magnet = source.magnet;
  intent.metainfo = sdk::as_bytes(source.metainfo);
  intent.size_bytes = source.facts.size_bytes;
  const auto outcome = ports_.store->record_intent(intent);
  if (!outcome) {
    // Nothing was sent; the lease runs out and the row is rescued as it was.
    ports_.log(sdk::LogLevel::warning, name_of(d) + ": the intent cannot be recorded: " + outcome.error().text);
    return false;
  }
  switch (outcome->result) {
    case sdk::CommandResult::applied:
    case sdk::CommandResult::already_applied:
      d.client = client_id;
      d.infohash_v1 = source.facts.infohash_v1;
      d.infohash_v2 = source.facts.infohash_v2;
      return true;
    case sdk::CommandResult::conflict:
      not_dispatched(d,
                     sdk::failure(sdk::Code::conflict, "the same torrent is in the queue already, as download " +
                                                           std::to_string(outcome->existing_id)),
                     Party::source);
      return false;
    default:
      ports_.log(sdk::LogLevel::info, name_of(d) + " was taken away before it was sent; leaving it");
      return false;
  }
}

void Dispatcher::hand_over(Download& d, const SourceMaterial& source, sdk::DownloadClient& client) {
  const Found before = look(d, client);
  if (before.seen == Seen::yes) { return take_over(d, before); }
  // The client does not answer, and this worker has sent nothing: the download simply waits.
  if (before.seen == Seen::unknown) { return not_dispatched(d, {before.status, before.text}, Party::client); }

  const sdk::Failure answer = add(d, source, client);
  const Found after = look(d, client);
  const bool met_it = answer.status.code == sdk::Code::conflict;
  if (after.seen == Seen::yes) { return met_it ? take_over(d, after) : now_downloading(d, after, true); }
  const bool sent = !answer.status.not_started();
  if (!sent) { return not_dispatched(d, answer, Party::client); }
  const bool refused = answer.status.code == sdk::Code::invalid || answer.status.code == sdk::Code::unsupported;
  if (refused && after.seen == Seen::no) { return not_dispatched(d, answer, Party::client); }
  now_verifying(d, answer.status.ok() ? "the client took it but does not show it" : answer.text);
}

sdk::Failure Dispatcher::add(const Download& d, const SourceMaterial& source, sdk::DownloadClient& client) {
  const std::string tag = tag_of(d.id);
  const std::array<std::string_view, 1> tags = {tag};
  sdk::AddRequest request;
  request.priority = d.priority;
  request.metainfo = sdk::as_bytes(source.metainfo);
  request.magnet = source.magnet;
  request.key = key_of(d);
  request.category = d.category;
  request.tags = tags;
  sdk::BasicContext ctx(*ports_.clock, settings_.call_timeout_ms, tag);
  const sdk::Status status = client.add(ctx, request);
  return ctx.failure(status, "the download client \"" + d.client + "\" did not take it");
}

Dispatcher::Found Dispatcher::look(const Download& d, sdk::DownloadClient& client) {
  class Sink final : public sdk::ItemSink {
   public:
    explicit Sink(const Download& wanted) : wanted_(wanted) {}
    bool add(const sdk::ItemView& item) noexcept override {
      if (is_item_of(wanted_, item)) {
        found.seen = Seen::yes;
        found.item_id = item.id;
        found.output_path = item.content_path;
        found.tags = item.tags;
      }
      return true;
    }
    void finish(bool whole, std::string_view) noexcept override { complete = whole; }
    Found found;
    bool complete = false;

   private:
    const Download& wanted_;
  } sink(d);
  const sdk::ItemKey key = key_of(d);
  sdk::ListQuery query;
  query.scope = sdk::ListScope::keys;
  query.keys = {&key, 1};
  sdk::BasicContext ctx(*ports_.clock, settings_.call_timeout_ms, tag_of(d.id));
  const sdk::Status status = client.list(ctx, query, sink);
  if (sink.found.seen == Seen::yes) { return sink.found; }
  if (status.ok() && sink.complete) {
    sink.found.seen = Seen::no;
    return sink.found;
  }
  const sdk::Status failed = status.ok() ? sdk::Status{sdk::Code::unavailable, sdk::kRetryable, 0, 0} : status;
  sink.found.status = failed;
  sink.found.text = ctx.failure(failed, "the download client \"" + d.client + "\" gave half an answer").text;
  return sink.found;
}

sdk::CommandResult Dispatcher::change(const Download& d, sdk::DownloadState to, const sdk::Patch& patch,
                                      std::string_view reason) {
  sdk::Transition t;
  t.actor = sdk::Actor::worker;
  t.id = d.id;
  t.epoch = d.epoch;
  t.from = sdk::DownloadState::dispatching;
  t.to = to;
  t.reason = reason;
  t.patch = patch;
  const auto outcome = ports_.store->transition(t);
  if (!outcome) {
    // The lease runs out; rescue puts the row where its intent says.
    ports_.log(sdk::LogLevel::warning, name_of(d) + ": its new state cannot be recorded: " + outcome.error().text);
    return sdk::CommandResult::unavailable;
  }
  return outcome->result;
}

/// The item was there. When it is about to be removed for an earlier download of the same torrent, it is not taken
/// over before that is settled: the reconciler either removes it or leaves it to this one.
void Dispatcher::take_over(const Download& d, const Found& found) {
  const std::int64_t tagged = id_in_tags(found.tags);
  if (tagged == 0 || tagged == d.id) { return now_downloading(d, found, false); }
  sdk::ListFilter leaving;
  leaving.client = d.client;
  leaving.cleanup = 1;
  const auto rows = ports_.store->list_all(leaving);
  if (!rows) { return not_dispatched(d, rows.error(), Party::client); }
  const bool leaves = std::any_of(rows->begin(), rows->end(), [&](const Download& r) {
    return (!d.infohash_v1.empty() && r.infohash_v1 == d.infohash_v1) ||
           (!d.infohash_v2.empty() && r.infohash_v2 == d.infohash_v2);
  });
  if (!leaves) { return now_downloading(d, found, false); }
  not_dispatched(
      d,
      sdk::failure(sdk::Code::unavailable, d.client + " still has it from an earlier download that is being removed"),
      Party::client);
}

void Dispatcher::now_downloading(const Download& d, const Found& found, bool added_by_us) {
  sdk::Patch patch;
  patch.fields = sdk::kPatchClientItem | sdk::kPatchOutput | sdk::kPatchError | sdk::kPatchDue;
  patch.client_item_id = found.item_id;
  patch.output_path = found.output_path;
  if (!added_by_us && id_in_tags(found.tags) != 0) {
    // An earlier download of ours may have left it paused.
    patch.fields |= sdk::kPatchFlags;
    patch.set_flags = sdk::kHoldApplied;
  }
  const auto result =
      change(d, sdk::DownloadState::downloading, patch, added_by_us ? "added to " + d.client : "found in " + d.client);
  const bool lost = result == sdk::CommandResult::stale_epoch || result == sdk::CommandResult::wrong_state ||
                    result == sdk::CommandResult::not_found;
  if (lost && added_by_us) { mark_if_cancelled(d); }
}

/// A user cancelled while the item was on its way, and perhaps the reconciler has looked for it in vain: it must
/// look again.
void Dispatcher::mark_if_cancelled(const Download& d) {
  sdk::FindRequest request;
  request.id = d.id;
  const auto row = ports_.store->find(request);
  if (!row || row->state != sdk::DownloadState::cancelled) { return; }
  ports_.log(sdk::LogLevel::info, name_of(d) + " was cancelled while it was being added; it is removed again");
  if (row->cleanup != 0) { return; }
  sdk::Edit mark;
  mark.id = d.id;
  mark.expected_version = row->version;
  mark.fields = sdk::kEditCleanup;
  mark.cleanup = 1;
  // Failing that, it is an orphan that the next complete listing finds.
  static_cast<void>(ports_.store->edit(mark));
}

void Dispatcher::now_verifying(const Download& d, const std::string& why) {
  sdk::Patch patch;
  patch.fields = sdk::kPatchError;
  patch.error_code = sdk::Code::deadline;
  patch.error = why;
  static_cast<void>(change(d, sdk::DownloadState::verifying, patch, why));
}

void Dispatcher::now_blocked(const Download& d, const TorrentFacts& facts) {
  sdk::Patch patch;
  patch.fields = sdk::kPatchError;
  patch.error_code = sdk::Code::invalid;
  patch.error = facts.danger;
  if (facts.size_bytes > 0) {
    // The person sees the true size; a retry is then a yes to it.
    patch.fields |= sdk::kPatchSize;
    patch.size_bytes = facts.size_bytes;
  }
  ports_.log(sdk::LogLevel::warning, name_of(d) + " is blocked: " + facts.danger);
  static_cast<void>(change(d, sdk::DownloadState::blocked, patch, facts.danger));
}

/// Due times are judged by the storage's clock, and this host's may be wrong by a day; the lease tells what
/// the storage's showed at the claim.
std::int64_t Dispatcher::store_wall_ms(const Download& d) const {
  return d.lease_until_ms - settings_.lease_ms + (ports_.clock->steady_ms() - claimed_ms_);
}

void Dispatcher::not_dispatched(const Download& d, const sdk::Failure& failure, Party party) {
  const Verdict verdict = judge(failure.status, party, d.attempts, d.max_retries, settings_.retry, ports_.random());
  sdk::Patch patch;
  patch.fields = sdk::kPatchError;
  patch.error_code = failure.status.code;
  patch.error = failure.text;
  if (verdict.to == sdk::DownloadState::queued) {
    patch.fields |= sdk::kPatchDue;
    patch.due_at_ms = store_wall_ms(d) + verdict.delay_ms;
    patch.due_reason = failure.text;
    if (!verdict.counts) {
      patch.fields |= sdk::kPatchAttempts;
      patch.attempts = std::max(0, d.attempts - 1);
    }
  }
  ports_.log(sdk::LogLevel::info,
             name_of(d) +
                 (verdict.to == sdk::DownloadState::failed ? " failed: "
                                                           : " waits " + std::to_string(verdict.delay_ms) + " ms: ") +
                 failure.text);
  static_cast<void>(change(d, verdict.to, patch, failure.text));
}

}  // namespace quarry::queue
