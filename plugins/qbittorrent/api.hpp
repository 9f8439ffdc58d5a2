// SPDX-License-Identifier: MIT
// The calls that several operations of the client are made of.
#pragma once

#include "plugins/qbittorrent/keys.hpp"
#include "plugins/qbittorrent/session.hpp"
#include "plugins/qbittorrent/torrent.hpp"

#include <functional>

namespace quarry::qbittorrent {

class Api {
 public:
  /// A listing larger than this is refused (about 60,000 torrents).
  static constexpr std::int64_t kMaxListBytes = 64LL << 20U;

  explicit Api(Session& session) : session_(session) {}

  /// How a listing ended.
  enum class Walk { complete, partial, stopped };
  /// Gets each row, as JSON too. False: enough.
  using RowVisitor = std::function<bool(const TorrentRow&, sdk::Json)>;

  /// All rows. `partial`: rows were left out because they named no torrent, so nothing can be said about
  /// what is absent. Throws Error when the answer is not a whole JSON list.
  Walk each(sdk::CallContext& ctx, const RowVisitor& visit) const;
  /// The rows of these keys only, 100 ids a request. No request without keys.
  Walk each(sdk::CallContext& ctx, const KeySet& keys, const RowVisitor& visit) const;
  /// Whether an item with one of these keys is there.
  [[nodiscard]] bool holds(sdk::CallContext& ctx, const KeySet& keys) const;

  /// POSTs an action for these items, 100 a request; `on_conflict` throws for 409. Items that do not
  /// exist are no error, and without keys nothing is sent.
  void act(sdk::CallContext& ctx, const std::string& action, const KeySet& keys, const Fields& more,
           const std::function<void()>& on_conflict = {}) const;
  /// The same for an action that 5.0 renamed: tries the name of the server's dialect, on 404 the other.
  void act_renamed(sdk::CallContext& ctx, const std::string& old_action, const std::string& new_action,
                   const KeySet& keys) const;

  /// The body as JSON. Throws `unavailable` when it is none.
  [[nodiscard]] sdk::JsonDocument json(const std::string& action, const sdk::HttpReply& reply) const;
  [[nodiscard]] Session& session() const noexcept { return session_; }

 private:
  Walk walk(sdk::CallContext& ctx, const Fields& query, const KeySet* keys, const RowVisitor& visit) const;

  Session& session_;
};

/// Runs one more step of an operation whose first step the server has already seen: a failure no longer
/// claims that nothing has started.
template <class Step>
auto later_step(Step&& step) {
  try {
    return step();
  } catch (const sdk::Error& e) {
    sdk::Status status = e.status();
    status.flags &= ~static_cast<std::uint32_t>(sdk::kNotStarted);
    throw sdk::Error(status, e.what());
  }
}

}  // namespace quarry::qbittorrent
