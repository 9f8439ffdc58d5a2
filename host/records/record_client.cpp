// SPDX-License-Identifier: MIT
#include "records/record_client.hpp"

#include <quarry/sdk/helpers/sinks.hpp>

#include <algorithm>
#include <limits>
#include <string>

namespace quarry::records {
namespace {

constexpr std::int64_t kTimeoutMs = 10'000;
constexpr std::int64_t kPage = 500;
constexpr int kUnknownCommitTries = 5;
constexpr char kNoReason[] = "the storage failed without saying why";

template <class F>
class OutcomeTaker final : public sdk::WriteSink {
 public:
  explicit OutcomeTaker(F f) : f_(std::move(f)) {}
  void add(const sdk::WriteOutcome& outcome) noexcept override { f_(outcome); }

 private:
  F f_;
};

sdk::Value value_at(const sdk::RecordView& record, std::int32_t field) {
  sdk::Value out;
  out.kind = sdk::Value::Kind::integer;
  switch (field) {
    case sdk::kFieldId:
      out.integer = record.id;
      return out;
    case sdk::kFieldVersion:
      out.integer = record.version;
      return out;
    case sdk::kFieldCreatedAt:
      out.integer = record.created_at_ms;
      return out;
    case sdk::kFieldUpdatedAt:
      out.integer = record.updated_at_ms;
      return out;
    default:
      return static_cast<std::size_t>(field) < record.values.size() ? record.values[static_cast<std::size_t>(field)]
                                                                    : sdk::Value{};
  }
}

/// Where a page ended, kept beyond it.
class Bookmark {
 public:
  void set(const sdk::RecordView& record, std::span<const sdk::SortField> order) {
    values_.clear();
    for (const sdk::SortField& sort : order) { values_.push_back(value_at(record, sort.field)); }
    values_.push_back(value_at(record, sdk::kFieldId));
    texts_.assign(values_.size(), {});
    for (std::size_t i = 0; i < values_.size(); ++i) {
      texts_[i] = values_[i].text;
      values_[i].text = texts_[i];
    }
  }
  [[nodiscard]] std::span<const sdk::Value> values() const noexcept { return values_; }

 private:
  std::vector<sdk::Value> values_;
  std::vector<std::string> texts_;
};

}  // namespace

sdk::BasicContext RecordClient::context() const { return {clock_, kTimeoutMs, "records"}; }

sdk::Done RecordClient::get(std::string_view collection, std::int64_t id, const RecordVisit& visit) const {
  auto ctx = context();
  bool sound = true;
  const RecordVisit judged = [&](const sdk::RecordView& record) {
    sound = set_aside_.admits(collection, record);
    if (sound) { visit(record); }
  };
  auto sink = sdk::LambdaSink<sdk::RecordSink, sdk::RecordView, const RecordVisit&>(judged);
  const sdk::Status status = store_.get(ctx, collection, id, sink);
  if (status.code == sdk::Code::not_found) { set_aside_.forget({std::string(collection), id}); }
  if (!status.ok()) { return ctx.failure(status, kNoReason); }
  if (!sound) { return sdk::failure(sdk::Code::conflict, set_aside_.sentence({std::string(collection), id})); }
  return sdk::Unit{};
}

sdk::Done RecordClient::find_first(sdk::FindRecords request, const RecordVisit& visit) const {
  request.limit = 1;
  std::int64_t unsound = 0;
  auto done = find(request, [&](const sdk::RecordView& record) {
    if (set_aside_.admits(request.collection, record)) { return visit(record); }
    unsound = record.id;
  });
  if (done && unsound != 0) {
    return sdk::failure(sdk::Code::conflict, set_aside_.sentence({std::string(request.collection), unsound}));
  }
  return done;
}

sdk::Done RecordClient::find(const sdk::FindRecords& request, const RecordVisit& visit) const {
  auto ctx = context();
  auto sink = sdk::LambdaSink<sdk::RecordSink, sdk::RecordView, const RecordVisit&>(visit);
  const sdk::Status status = store_.find(ctx, request, sink);
  if (!status.ok()) { return ctx.failure(status, kNoReason); }
  return sdk::Unit{};
}

sdk::Done RecordClient::walk(sdk::FindRecords request, Slice slice, Visit which, const RecordVisit& visit) const {
  Bookmark end;
  std::int64_t seen = 0;
  while (seen < slice.offset + slice.limit) {
    // What is only passed over comes in the largest pages.
    const std::int64_t wanted = std::min(slice.offset + slice.limit - seen, kPage);
    request.limit = static_cast<std::int32_t>(wanted);
    std::int64_t got = 0;
    const auto done = find(request, [&](const sdk::RecordView& record) {
      const bool wanted_one = seen + got >= slice.offset;
      if (wanted_one && (which == Visit::all || set_aside_.admits(request.collection, record))) { visit(record); }
      if (++got == wanted) { end.set(record, request.order); }
    });
    if (!done || got < wanted) { return done; }
    seen += got;
    request.after = end.values();
  }
  return sdk::Unit{};
}

sdk::Done RecordClient::find_all(sdk::FindRecords request, const RecordVisit& visit, Visit which) const {
  request.after = {};
  return walk(request, {0, std::numeric_limits<std::int64_t>::max()}, which, visit);
}

sdk::Done RecordClient::find_slice(sdk::FindRecords request, Slice slice, const RecordVisit& visit) const {
  if (slice.offset > kMostReachable - slice.limit) {
    return sdk::failure(sdk::Code::invalid, "only the first " + std::to_string(kMostReachable) +
                                                " entries of a list can be reached by page");
  }
  request.after = {};
  return walk(request, slice, Visit::sound, visit);
}

void RecordClient::look_again() const {
  for (const auto& [collection, id] : set_aside_.keys()) {
    const auto done = get(collection, id, [](const sdk::RecordView&) {});
    const sdk::Code code = done ? sdk::Code::ok : done.error().status.code;
    if (code != sdk::Code::ok && code != sdk::Code::conflict && code != sdk::Code::not_found) { return; }
  }
}

sdk::Result<std::int64_t> RecordClient::count(std::string_view collection,
                                              std::span<const sdk::Condition> where) const {
  auto ctx = context();
  std::int64_t count = 0;
  const sdk::Status status = store_.count(ctx, collection, where, count);
  if (!status.ok()) { return ctx.failure(status, kNoReason); }
  return count;
}

sdk::Result<Outcomes> RecordClient::write(std::span<const sdk::RecordWrite> writes) const {
  auto ctx = context();
  Outcomes outcomes;
  outcomes.reserve(writes.size());
  OutcomeTaker sink([&](const sdk::WriteOutcome& outcome) { outcomes.push_back(outcome); });
  const sdk::Status status = store_.write(ctx, writes, sink);
  if (!status.ok()) { return ctx.failure(status, kNoReason); }
  if (outcomes.size() != writes.size()) {
    return sdk::failure(sdk::Code::internal, "the storage answered " + std::to_string(outcomes.size()) +
                                                 " outcomes for " + std::to_string(writes.size()) + " writes");
  }
  return outcomes;
}

sdk::Result<sdk::WriteOutcome> RecordClient::write_surely(const sdk::RecordWrite& one) const {
  for (int tries = 1;; ++tries) {
    const auto outcomes = write({&one, 1});
    if (outcomes) { return outcomes->front(); }
    if (!maybe_applied(outcomes.error()) || tries == kUnknownCommitTries) { return outcomes.error(); }
  }
}

const sdk::WriteOutcome* refusal_of(const Outcomes& outcomes) noexcept {
  const auto it = std::find_if(outcomes.begin(), outcomes.end(), [](const sdk::WriteOutcome& o) {
    return o.result != sdk::WriteResult::applied && o.result != sdk::WriteResult::not_applied;
  });
  return it == outcomes.end() ? nullptr : &*it;
}

sdk::Failure refused(std::string_view what, const sdk::WriteOutcome& outcome) {
  return sdk::failure(sdk::Code::internal, std::string(what) + " was refused by the storage, result " +
                                               std::to_string(static_cast<int>(outcome.result)) + ", field " +
                                               std::to_string(outcome.field));
}

}  // namespace quarry::records
