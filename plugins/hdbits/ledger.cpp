// SPDX-License-Identifier: MIT
#include "ledger.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace quarry::hdbits {
namespace {

constexpr std::int64_t kLatestMs = 100'000'000'000'000;  // year 5138: no sum of two times overflows
constexpr std::array<std::int64_t, 5> kTroubleSteps = {kMinuteMs, 5 * kMinuteMs, 15 * kMinuteMs, 30 * kMinuteMs,
                                                       kHourMs};
// Restarts that may each try refused credentials once more; after that, one try an hour. A corrected
// passkey works at once, and a service that restarts in a loop does not get the account banned.
constexpr std::int64_t kFreeRestarts = 3;

std::string hex(std::uint64_t number) {
  std::array<char, 16> digits{};
  auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  return {digits.data(), end};
}

Problem stop(sdk::Code code, std::int64_t wait_ms, std::int32_t vendor, std::string text) {
  const std::uint32_t retry = code == sdk::Code::unauthenticated ? 0U : sdk::kRetryable;
  const auto wait = static_cast<std::uint32_t>(std::clamp<std::int64_t>(wait_ms, 0, kDayMs));
  return {sdk::Status{code, retry | sdk::kNotStarted, wait, vendor}, std::move(text), Effect::none, wait_ms};
}

}  // namespace

Ledger::Ledger(const Settings& settings)
    : account_(hex(account_mark(settings))),
      daily_api_calls_(settings.daily_api_calls),
      daily_downloads_(settings.daily_downloads) {}

void Ledger::load(std::string_view text) {
  const auto parsed = sdk::JsonDocument::parse(text);
  if (!parsed || (*parsed)["account"].as_string() != account_) { return; }
  const auto number = [&](std::string_view key) {
    return std::clamp<std::int64_t>((*parsed)[key].as_int(), 0, kLatestMs);
  };
  last_call_ms_ = number("last_call_ms");
  window_ms_ = number("window_ms");
  api_calls_ = number("api_calls");
  downloads_ = number("downloads");
  const std::string_view kind = (*parsed)["pause"].as_string();
  pause_kind_ = kind == "limit" ? Effect::limit : kind == "trouble" ? Effect::trouble : Effect::none;
  pause_from_ms_ = number("pause_from_ms");
  pause_until_ms_ = std::min(number("pause_until_ms"), pause_from_ms_ + kDayMs);
  pause_steps_ = std::min<std::int64_t>(number("pause_steps"), 100);
  pause_vendor_ = static_cast<std::int32_t>(std::min<std::int64_t>(number("pause_status"), 9999));
  refusals_ = number("refusals");
  refused_at_ms_ = number("refused_at_ms");
  refused_vendor_ = static_cast<std::int32_t>(std::min<std::int64_t>(number("refused_status"), 9999));
  newest_id_ = number("newest_id");
}

std::string Ledger::save() const {
  const char* kind = pause_kind_ == Effect::limit ? "limit" : pause_kind_ == Effect::trouble ? "trouble" : "";
  sdk::JsonWriter w;
  w.begin_object().member("account", account_).member("last_call_ms", last_call_ms_).member("window_ms", window_ms_);
  w.member("api_calls", api_calls_).member("downloads", downloads_).member("pause", kind);
  w.member("pause_from_ms", pause_from_ms_)
      .member("pause_until_ms", pause_until_ms_)
      .member("pause_steps", pause_steps_);
  w.member("pause_status", pause_vendor_).member("refusals", refusals_).member("refused_at_ms", refused_at_ms_);
  w.member("refused_status", refused_vendor_).member("newest_id", newest_id_).end_object();
  return w.take();
}

void Ledger::roll(std::int64_t now_ms) noexcept {
  if (now_ms < window_ms_) { window_ms_ = now_ms; }  // the clock went back: keep the counts
  if (now_ms - window_ms_ < kDayMs) { return; }
  window_ms_ = now_ms;
  api_calls_ = 0;
  downloads_ = 0;
}

std::optional<Problem> Ledger::refusal(std::int64_t now_ms) const {
  if (refusals_ == 0) { return std::nullopt; }
  const std::int64_t since = std::max<std::int64_t>(now_ms - refused_at_ms_, 0);
  if (!refused_now_ && (refusals_ <= kFreeRestarts || since >= kHourMs)) { return std::nullopt; }
  std::string text = "no request goes out, since the site refused the credentials (status " +
                     std::to_string(refused_vendor_) +
                     "): correct \"username\" and \"passkey\" in the configuration, then load it again";
  if (!refused_now_) {
    text += "; after " + std::to_string(refusals_) + " refusals the next try is possible in " +
            duration_text(kHourMs - since);
  }
  return stop(sdk::Code::unauthenticated, 0, refused_vendor_, std::move(text));
}

std::optional<Problem> Ledger::pause(Call call, std::int64_t now_ms) {
  if (pause_kind_ == Effect::none) { return std::nullopt; }
  if (now_ms < pause_from_ms_) {  // the clock went back: the pause keeps its length
    pause_until_ms_ -= pause_from_ms_ - now_ms;
    pause_from_ms_ = now_ms;
  }
  const std::int64_t left = pause_until_ms_ - now_ms;
  if (left <= 0) { return std::nullopt; }
  const std::string when = "; the next request may go in " + duration_text(left);
  const std::string status = " (status " + std::to_string(pause_vendor_) + ")";
  if (pause_kind_ == Effect::limit) {
    return stop(sdk::Code::rate_limited, left, pause_vendor_, "the site asked for a pause" + status + when);
  }
  if (call == Call::test) { return std::nullopt; }
  const std::string status_or_none = pause_vendor_ == 0 ? std::string() : status;
  return stop(sdk::Code::unavailable, left, pause_vendor_,
              "the site had trouble at the last try" + status_or_none + when);
}

std::optional<Problem> Ledger::budget(Call call, std::int64_t now_ms) const {
  const bool download = call == Call::download;
  const std::int64_t limit = download ? daily_downloads_ : daily_api_calls_;
  if ((download ? downloads_ : api_calls_) < limit) { return std::nullopt; }
  const std::int64_t left = window_ms_ + kDayMs - now_ms;
  return stop(sdk::Code::rate_limited, left, 0,
              std::string("the budget of ") + std::to_string(limit) + (download ? " downloads" : " API calls") +
                  " in 24 hours is used up (\"" + (download ? "daily_downloads" : "daily_api_calls") +
                  "\"); the next may go in " + duration_text(left));
}

std::optional<Problem> Ledger::obstacle(Call call, std::int64_t now_ms) {
  roll(now_ms);
  if (auto found = refusal(now_ms)) { return found; }
  if (auto found = pause(call, now_ms)) { return found; }
  return budget(call, now_ms);
}

std::int64_t Ledger::spacing_ms(std::int64_t interval_ms, std::int64_t now_ms) const noexcept {
  // After a jump of the clock the distance is unknown, but never more than one interval is owed.
  if (last_call_ms_ == 0) { return 0; }
  return std::clamp<std::int64_t>(last_call_ms_ + interval_ms - now_ms, 0, interval_ms);
}

void Ledger::count(Call call, std::int64_t at_ms, std::int64_t now_ms) {
  roll(now_ms);
  last_call_ms_ = at_ms;
  ++(call == Call::download ? downloads_ : api_calls_);
}

bool Ledger::good() noexcept {
  const bool news = pause_kind_ != Effect::none || refusals_ > 0;
  pause_kind_ = Effect::none;
  pause_from_ms_ = pause_until_ms_ = pause_steps_ = 0;
  pause_vendor_ = 0;
  refusals_ = refused_at_ms_ = 0;
  refused_vendor_ = 0;
  refused_now_ = false;
  return news;
}

std::int64_t Ledger::bad(const Problem& problem, std::int64_t now_ms) {
  if (problem.effect == Effect::refuse) {
    ++refusals_;
    refused_now_ = true;
    refused_at_ms_ = now_ms;
    refused_vendor_ = problem.status.vendor_code;
    return 0;
  }
  if (problem.effect == Effect::none) { return 0; }
  pause_steps_ = pause_kind_ == problem.effect ? std::min<std::int64_t>(pause_steps_ + 1, 100) : 1;
  pause_kind_ = problem.effect;
  const auto step = static_cast<std::size_t>(pause_steps_ - 1);
  std::int64_t wait = 0;
  if (problem.effect == Effect::limit) {
    wait = std::clamp<std::int64_t>(problem.wait_ms > 0 ? problem.wait_ms : kHourMs, 1000, kDayMs);
    wait = step >= 20 ? kDayMs : wait << step;  // 1 s doubled 20 times is more than a day
  } else {
    wait = std::max(problem.wait_ms, kTroubleSteps[std::min(step, kTroubleSteps.size() - 1)]);
  }
  wait = std::min(wait, kDayMs);
  pause_from_ms_ = now_ms;
  pause_until_ms_ = now_ms + wait;
  pause_vendor_ = problem.status.vendor_code;
  return wait;
}

}  // namespace quarry::hdbits
