// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/api.hpp"

#include <quarry/sdk/helpers/barrier.hpp>

namespace quarry::qbittorrent {
namespace {
constexpr ApiVersion kStopStart{2, 11, 0};  // from here on pause is called stop, and resume start
}

sdk::JsonDocument Api::json(const std::string& action, const sdk::HttpReply& reply) const {
  auto document = sdk::JsonDocument::parse(reply.body);
  if (!document) {
    throw sdk::Error(sdk::Status{sdk::Code::unavailable, sdk::kRetryable, 0, reply.status},
                     session_.name() + " answered " + action + " with what is no JSON: " + document.error().text);
  }
  return std::move(*document);
}

Api::Walk Api::each(sdk::CallContext& ctx, const RowVisitor& visit) const { return walk(ctx, {}, nullptr, visit); }

Api::Walk Api::each(sdk::CallContext& ctx, const KeySet& keys, const RowVisitor& visit) const {
  Walk all = Walk::complete;
  for (const std::string& ids : keys.chunks()) {
    const Walk one = walk(ctx, {{"hashes", ids}}, &keys, visit);
    if (one == Walk::stopped) { return one; }
    if (one == Walk::partial) { all = one; }
  }
  return all;
}

Api::Walk Api::walk(sdk::CallContext& ctx, const Fields& query, const KeySet* keys, const RowVisitor& visit) const {
  ApiCall call;
  call.action = "torrents/info";
  call.query = query;
  call.max_response_bytes = kMaxListBytes;
  const sdk::HttpReply reply = session_.call(ctx, call);
  if (!reply.success()) { throw session_.unexpected(call.action, reply); }
  const sdk::JsonDocument document = json(call.action, reply);
  const sdk::Json rows = document.root();
  if (!rows.is_array()) {
    throw sdk::Error(sdk::Code::unavailable, session_.name() + " answered torrents/info with JSON that is no list");
  }
  Walk result = Walk::complete;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const TorrentRow row(rows.at(i));
    if (!row.usable()) {
      result = Walk::partial;
    } else if ((keys == nullptr || keys->matches(row.view())) && !visit(row, rows.at(i))) {
      return Walk::stopped;
    }
  }
  return result;
}

bool Api::holds(sdk::CallContext& ctx, const KeySet& keys) const {
  return each(ctx, keys, [](const TorrentRow&, sdk::Json) { return false; }) == Walk::stopped;
}

void Api::act(sdk::CallContext& ctx, const std::string& action, const KeySet& keys, const Fields& more,
              const std::function<void()>& on_conflict) const {
  bool first = true;
  for (const std::string& ids : keys.chunks()) {
    Fields form{{"hashes", ids}};
    form.insert(form.end(), more.begin(), more.end());
    const auto step = [&] { return session_.post(ctx, action, form); };
    const sdk::HttpReply reply = first ? step() : later_step(step);
    if (reply.status == 409 && on_conflict) {
      on_conflict();
    } else if (!reply.success()) {
      throw session_.unexpected(action, reply);
    }
    first = false;
  }
}

void Api::act_renamed(sdk::CallContext& ctx, const std::string& old_action, const std::string& new_action,
                      const KeySet& keys) const {
  if (keys.ids().empty()) { return; }
  const auto version = session_.version(ctx);
  const bool modern = !version || *version >= kStopStart;
  try {
    act(ctx, modern ? new_action : old_action, keys, {});
  } catch (const sdk::Error& e) {
    if (e.status().vendor_code != 404) { throw; }
    act(ctx, modern ? old_action : new_action, keys, {});
  }
}

}  // namespace quarry::qbittorrent
