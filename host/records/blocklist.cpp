// SPDX-License-Identifier: MIT
#include "records/blocklist.hpp"

#include "records/collections.hpp"
#include "records/values.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <algorithm>
#include <array>

namespace quarry::records {
namespace {

constexpr std::size_t kMostInOneQuestion = 500;

BlocklistEntry blocked_entry_of(const sdk::RecordView& record) {
  BlocklistEntry out;
  out.id = record.id;
  out.movie_id = integer_at(record, blocklist::kMovieId);
  out.release_key = text_at(record, blocklist::kReleaseKey);
  out.infohash = text_at(record, blocklist::kInfohash);
  out.title = text_at(record, blocklist::kTitle);
  out.indexer = text_at(record, blocklist::kIndexer);
  out.reason = text_at(record, blocklist::kReason);
  out.at_ms = integer_at(record, blocklist::kAt);
  return out;
}

/// The reasons of entries whose `field` is one of `texts`.
sdk::Done look_up(const RecordClient& client, std::int32_t field, std::span<const std::string> texts,
                  std::map<std::string, std::string, std::less<>>& out) {
  while (!texts.empty()) {
    const auto batch = texts.first(std::min(texts.size(), kMostInOneQuestion));
    texts = texts.subspan(batch.size());
    std::vector<sdk::Value> values;
    for (const std::string& one : batch) { values.push_back(text(one)); }
    const std::array where = {condition(field, sdk::Match::in, values)};
    sdk::FindRecords request;
    request.collection = blocklist::kName;
    request.where = where;
    // Whatever else is wrong with an entry: the release was blocked.
    auto done = client.find_all(
        request,
        [&](const sdk::RecordView& record) {
          out.emplace(text_at(record, field), sdk::repaired_text(text_at(record, blocklist::kReason)));
        },
        Visit::all);
    if (!done) { return done; }
  }
  return sdk::Unit{};
}

}  // namespace

std::vector<sdk::Assignment> assignments_of(const BlocklistEntry& entry) {
  return {
      assign(blocklist::kReleaseKey, text(entry.release_key)),
      assign(blocklist::kInfohash, known(entry.infohash)),
      assign(blocklist::kMovieId, known(entry.movie_id)),
      assign(blocklist::kTitle, known(entry.title)),
      assign(blocklist::kIndexer, known(entry.indexer)),
      assign(blocklist::kReason, known(entry.reason)),
      assign(blocklist::kAt, integer(entry.at_ms)),
  };
}

sdk::RecordWrite upsert_of(std::span<const sdk::Assignment> values) {
  sdk::RecordWrite write;
  write.kind = sdk::WriteKind::upsert;
  write.collection = blocklist::kName;
  write.key = blocklist::kReleaseKey;
  write.values = values;
  return write;
}

sdk::Done Blocklist::add(BlocklistEntry entry) const {
  while (true) {
    const auto values = assignments_of(entry);
    const auto written = client_.write_surely(upsert_of(values));
    if (!written) { return written.error(); }
    if (written->result == sdk::WriteResult::applied) { return sdk::Unit{}; }
    if (written->result != sdk::WriteResult::dangling || entry.movie_id == 0) {
      return refused("an entry of the blocklist", *written);
    }
    entry.movie_id = 0;
  }
}

sdk::Done Blocklist::remove(std::int64_t id) const {
  sdk::RecordWrite write;
  write.kind = sdk::WriteKind::remove;
  write.collection = blocklist::kName;
  write.id = id;
  const auto written = client_.write_surely(write);
  if (!written) { return written.error(); }
  if (written->result == sdk::WriteResult::applied) { return sdk::Unit{}; }
  if (written->result != sdk::WriteResult::not_found) { return refused("removing from the blocklist", *written); }
  return sdk::failure(sdk::Code::not_found, "there is no entry of the blocklist with id " + std::to_string(id));
}

sdk::Done Blocklist::list(bool descending, Slice slice, const std::function<void(const BlocklistEntry&)>& visit) const {
  const std::array order = {sdk::SortField{blocklist::kAt, descending ? 1 : 0}};
  sdk::FindRecords request;
  request.collection = blocklist::kName;
  request.order = order;
  return client_.find_slice(request, slice, [&](const sdk::RecordView& record) { visit(blocked_entry_of(record)); });
}

sdk::Result<std::int64_t> Blocklist::count() const { return client_.count(blocklist::kName, {}); }

sdk::Result<Blocked> Blocklist::lookup(std::span<const std::string> keys,
                                       std::span<const std::string> infohashes) const {
  Blocked out;
  if (const auto done = look_up(client_, blocklist::kReleaseKey, keys, out.by_key); !done) { return done.error(); }
  const auto done = look_up(client_, blocklist::kInfohash, infohashes, out.by_infohash);
  if (!done) { return done.error(); }
  return out;
}

}  // namespace quarry::records
