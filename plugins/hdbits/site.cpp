// SPDX-License-Identifier: MIT
#include "site.hpp"

#include "query.hpp"
#include "release.hpp"

#include <quarry/sdk/helpers/barrier.hpp>
#include <quarry/sdk/helpers/sinks.hpp>

#include <algorithm>

namespace quarry::hdbits {
namespace {

constexpr std::string_view kStateKey = "state";
constexpr std::string_view kUserAgent = "Quarry/" QUARRY_VERSION " (+https://github.com/quarry-host/quarry)";
constexpr std::int64_t kLongestWaitMs = 10'000;
constexpr std::int64_t kTimeForAnswerMs = 2'000;  // a wait must leave this much of the call
constexpr std::int64_t kMaxAnswerBytes = 16LL << 20U;
constexpr std::int64_t kMaxTorrentBytes = 32LL << 20U;

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

Site::Site(sdk::HostServices& services, const Settings& settings, std::uint64_t seed)
    : settings_(settings),
      http_(services),
      clock_(sdk::get<sdk::Clock>(services)),
      kv_(sdk::get<sdk::KeyValue>(services)),
      log_(sdk::get<sdk::Log>(services)),
      ledger_(settings),
      random_(seed) {
  if (clock_ == nullptr) { throw sdk::Error(sdk::Code::unsupported, "this host offers no quarry.clock/1"); }
  if (kv_ == nullptr) { throw sdk::Error(sdk::Code::unsupported, "this host offers no quarry.kv/1"); }
  draw_interval();
}

void Site::log(sdk::LogLevel level, std::string_view text) {
  if (log_ != nullptr && log_->enabled(level)) { log_->write(level, clean(text)); }
}

void Site::draw_interval() {
  const std::int64_t most = settings_.min_interval_ms * settings_.jitter_percent / 100;
  interval_ms_ = settings_.min_interval_ms + std::uniform_int_distribution<std::int64_t>(0, most)(random_);
}

std::string Site::clean(std::string_view text) const {
  std::string out(text);
  replace_all(out, settings_.passkey, "***");
  replace_all(out, sdk::percent_encode(settings_.passkey), "***");
  return out;
}

void Site::load(sdk::CallContext& ctx) {
  if (loaded_) { return; }
  sdk::Bytes text(64 * 1024);
  const sdk::Status status = kv_->get(ctx, kStateKey, text);
  if (status.ok()) { ledger_.load(text.data); }
  // Without what is remembered a pause could be broken, so a store that fails stops the call.
  if (!status.ok() && status.code != sdk::Code::not_found) {
    throw sdk::Error(status,
                     settings_.site + ": the back-off and budget of this account cannot be read from the host's store");
  }
  loaded_ = true;
}

void Site::save(sdk::CallContext& ctx) {
  if (!kv_->put(ctx, kStateKey, ledger_.save()).ok()) {
    log(sdk::LogLevel::warning, "back-off and budget cannot be stored; a restart would forget them");
  }
}

std::int64_t Site::newest_id(sdk::CallContext& ctx) { return load(ctx), ledger_.newest_id(); }

void Site::set_newest_id(sdk::CallContext& ctx, std::int64_t id) {
  if (id <= ledger_.newest_id()) { return; }
  ledger_.set_newest_id(id);
  save(ctx);
}

std::string Site::api_use(sdk::CallContext& ctx) {
  load(ctx);
  return std::to_string(ledger_.api_calls(clock_->wall_ms())) + " of " + std::to_string(settings_.daily_api_calls);
}

std::string Site::download_use(sdk::CallContext& ctx) {
  load(ctx);
  return std::to_string(ledger_.downloads(clock_->wall_ms())) + " of " + std::to_string(settings_.daily_downloads);
}

void Site::good(sdk::CallContext& ctx) {
  if (ledger_.good()) { save(ctx); }
}

void Site::raise(sdk::CallContext& ctx, const Problem& problem) {
  sdk::Status status = problem.status;
  std::string text = settings_.site + ": " + problem.text;
  if (problem.effect == Effect::none) {
    good(ctx);
  } else {
    const std::int64_t wait = ledger_.bad(problem, clock_->wall_ms());
    save(ctx);
    if (wait > 0) {
      status.retry_after_ms = static_cast<std::uint32_t>(wait);
      text += "; the next request may go in " + duration_text(wait);
    }
    log(sdk::LogLevel::warning, text);
  }
  throw sdk::Error(status, clean(text));
}

std::int64_t Site::wait_for_turn(sdk::CallContext& ctx) {
  const std::int64_t wait = ledger_.spacing_ms(interval_ms_, clock_->wall_ms());
  // The first request of a run is not delayed by the host, which knows of none before: refuse instead.
  const std::int64_t longest = sent_ ? std::min(kLongestWaitMs, ctx.remaining_ms() - kTimeForAnswerMs) : 0;
  if (wait > 0 && wait > longest) {
    throw sdk::Error(
        sdk::Status{sdk::Code::rate_limited, sdk::kRetryable | sdk::kNotStarted, static_cast<std::uint32_t>(wait), 0},
        settings_.site + ": requests keep a distance (\"min_interval_ms\"); the next may go in " + duration_text(wait));
  }
  return wait;
}

sdk::HttpReply Site::exchange(sdk::CallContext& ctx, Call call, sdk::HttpCall request) {
  sdk::check_cancelled(ctx);
  load(ctx);
  const std::int64_t now = clock_->wall_ms();
  if (const auto obstacle = ledger_.obstacle(call, now)) {
    throw sdk::Error(obstacle->status, settings_.site + ": " + obstacle->text);
  }
  const std::int64_t wait = wait_for_turn(ctx);
  ledger_.count(call, now + wait, now);
  save(ctx);
  request.headers.emplace_back("User-Agent", kUserAgent);
  request.min_interval_ms = interval_ms_;  // the host waits for the turn
  draw_interval();
  sent_ = true;
  const bool fair = ctx.remaining_ms() >= wait + kTimeForAnswerMs;  // else a deadline says nothing of the site
  try {
    return http_.send(ctx, request);
  } catch (const sdk::Error& e) {
    const sdk::Code code = e.status().code;
    const bool trouble = code == sdk::Code::unavailable || (code == sdk::Code::deadline && fair);
    if (!trouble) { throw sdk::Error(e.status(), clean(settings_.site + ": " + e.what())); }
    raise(ctx, {e.status(), e.what(), Effect::trouble, 0});
  }
}

sdk::JsonDocument Site::api(sdk::CallContext& ctx, Call call, std::string_view method, std::string_view canonical) {
  sdk::HttpCall request;
  request.method = "POST";
  request.url = settings_.url + "/api/" + std::string(method);
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  request.body = with_credentials(settings_, canonical);
  request.max_response_bytes = kMaxAnswerBytes;
  const sdk::HttpReply reply = exchange(ctx, call, std::move(request));
  if (const auto problem = api_problem(reply, clock_->wall_ms())) { raise(ctx, *problem); }
  auto envelope = sdk::JsonDocument::parse(reply.body);
  if (!envelope) { raise(ctx, nonsense_problem(reply.body, envelope.error().text)); }
  const auto status = lenient_integer((*envelope)["status"]);
  if (!status) { raise(ctx, nonsense_problem(reply.body, {})); }
  if (*status != 0) { raise(ctx, status_problem(*status, (*envelope)["message"].as_string())); }
  good(ctx);
  return std::move(*envelope);
}

std::string Site::download(sdk::CallContext& ctx, std::int64_t id) {
  sdk::HttpCall request;
  request.url =
      settings_.url + "/download.php?id=" + std::to_string(id) + "&passkey=" + sdk::percent_encode(settings_.passkey);
  request.max_response_bytes = kMaxTorrentBytes;
  sdk::HttpReply reply = exchange(ctx, Call::download, std::move(request));
  if (const auto problem = download_problem(reply, clock_->wall_ms())) { raise(ctx, *problem); }
  good(ctx);
  return std::move(reply.body);
}

}  // namespace quarry::hdbits
