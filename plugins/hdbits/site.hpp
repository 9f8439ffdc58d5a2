// SPDX-License-Identifier: MIT
// The one road to the site: every request goes through here, at the pace it asks for.
#pragma once

#include "ledger.hpp"
#include "problem.hpp"
#include "settings.hpp"

#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/http_client.hpp>
#include <quarry/sdk/helpers/json.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace quarry::hdbits {

/// Speaks HTTP with one account. One thread at a time; the host keeps to that, since the plugin offers
/// a concurrency of one. Methods throw sdk::Error; its text begins with the site's name and never holds
/// the passkey. A request that has to wait longer than 10 s, or than the call lasts, is not sent:
/// `rate_limited` with the time to wait.
class Site {
 public:
  /// Needs quarry.http/1, quarry.clock/1 and quarry.kv/1; throws Error(unsupported) without. `settings`
  /// must outlive the site. `seed` chooses the jitter.
  Site(sdk::HostServices& services, const Settings& settings, std::uint64_t seed);

  /// POSTs `canonical` with the credentials put in to /api/`method`, and gives back the envelope once
  /// its status is 0.
  [[nodiscard]] sdk::JsonDocument api(sdk::CallContext& ctx, Call call, std::string_view method,
                                      std::string_view canonical);
  /// The bytes of a .torrent, at most 32 MiB, checked by their first byte only.
  [[nodiscard]] std::string download(sdk::CallContext& ctx, std::int64_t id);

  [[nodiscard]] sdk::Clock& clock() noexcept { return *clock_; }
  [[nodiscard]] std::int64_t newest_id(sdk::CallContext& ctx);
  /// Remembers how far polls came; does nothing when that is no news.
  void set_newest_id(sdk::CallContext& ctx, std::int64_t id);
  /// "3 of 200": calls of the last 24 hours.
  [[nodiscard]] std::string api_use(sdk::CallContext& ctx);
  [[nodiscard]] std::string download_use(sdk::CallContext& ctx);

  void log(sdk::LogLevel level, std::string_view text);

 private:
  [[nodiscard]] sdk::HttpReply exchange(sdk::CallContext& ctx, Call call, sdk::HttpCall request);
  [[nodiscard]] std::int64_t wait_for_turn(sdk::CallContext& ctx);
  void draw_interval();
  void good(sdk::CallContext& ctx);
  [[noreturn]] void raise(sdk::CallContext& ctx, const Problem& problem);
  [[nodiscard]] std::string clean(std::string_view text) const;
  void load(sdk::CallContext& ctx);
  void save(sdk::CallContext& ctx);

  const Settings& settings_;
  sdk::HttpClient http_;
  sdk::Clock* clock_;
  sdk::KeyValue* kv_;
  sdk::Log* log_;  // may be null
  Ledger ledger_;
  bool loaded_ = false;
  bool sent_ = false;  // the host's http service knows of a request to keep the distance from
  std::mt19937_64 random_;
  std::int64_t interval_ms_ = 0;  // distance to the next request, jitter included
};

}  // namespace quarry::hdbits
