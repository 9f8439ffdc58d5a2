// SPDX-License-Identifier: MIT
#include "problem.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace quarry::hdbits {
namespace {

Problem make(sdk::Code code, std::int32_t vendor, std::string text, Effect effect = Effect::none,
             std::int64_t wait_ms = 0) {
  return {sdk::Status{code, sdk::Error::default_flags(code), 0, vendor}, std::move(text), effect, wait_ms};
}

/// The beginning of a page in lower case: enough to recognise it, whatever its size.
std::string page_text(std::string_view body) {
  std::string out(body.substr(0, 4096));
  for (char& c : out) { c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
  return out;
}

bool says(std::string_view page, std::initializer_list<std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(),
                     [page](std::string_view p) { return page.find(p) != std::string_view::npos; });
}
bool says_limit(std::string_view page) {
  return says(page, {"rate limit", "rate-limit", "ratelimit", "too many", "limit exceeded", "limit reached"});
}
bool says_wrong_passkey(std::string_view page) {
  return says(page, {"invalid passkey", "wrong passkey", "bad passkey", "unknown passkey", "passkey is invalid"});
}
bool says_later(std::string_view page) { return says(page, {"maintenance", "temporarily", "try again later"}); }
bool says_gone(std::string_view page) {
  return says(page, {"no torrent with", "no such torrent", "torrent not found", "been deleted", "does not exist"});
}

bool is_page(std::string_view body) noexcept {
  const std::size_t first = body.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return first != std::string_view::npos && body[first] == '<';
}

Problem refused(std::int32_t vendor, std::string what) {
  return make(sdk::Code::unauthenticated, vendor,
              std::move(what) + ": check \"username\" and \"passkey\" (profile page of the site)", Effect::refuse);
}

Problem limited(const sdk::HttpReply& reply, std::string what, std::int64_t now_wall_ms) {
  const std::int64_t header = reply.retry_after_ms(now_wall_ms);
  return make(sdk::Code::rate_limited, reply.status, std::move(what), Effect::limit,
              header > 0 ? header : named_wait_ms(page_text(reply.body)));
}

std::string http(std::int32_t status) { return "the site answered HTTP " + std::to_string(status); }

/// What means the same whichever page was asked for; nothing for 200.
std::optional<Problem> common_problem(const sdk::HttpReply& reply, std::int64_t now_wall_ms) {
  const std::int32_t code = reply.status;
  if (code == 200) { return std::nullopt; }
  if (code == 401) { return refused(code, http(code) + " (not authorised)"); }
  if (code == 429) { return limited(reply, http(code) + " (too many requests)", now_wall_ms); }
  if (code >= 300 && code < 400) {
    return make(sdk::Code::unavailable, code,
                http(code) + " and wants to send us to another address, which is not followed: check \"url\"",
                Effect::trouble);
  }
  if (code >= 500) {
    return make(sdk::Code::unavailable, code, http(code) + ": it has a problem of its own", Effect::trouble,
                reply.retry_after_ms(now_wall_ms));
  }
  return std::nullopt;
}

}  // namespace

std::int64_t named_wait_ms(std::string_view text) noexcept {
  struct Unit {
    std::string_view word;
    std::int64_t ms;
  };
  static constexpr std::array<Unit, 3> kUnits = {{{"second", 1000}, {"minute", kMinuteMs}, {"hour", kHourMs}}};
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] < '0' || text[i] > '9') {
      ++i;
      continue;
    }
    std::int64_t number = 0;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
      number = std::min<std::int64_t>(number * 10 + (text[i] - '0'), kDayMs);
    }
    const std::size_t word = std::min(text.find_first_not_of(' ', i), text.size());
    for (const Unit& unit : kUnits) {
      if (text.substr(word).starts_with(unit.word)) { return std::min(number * unit.ms, kDayMs); }
    }
  }
  return 0;
}

std::string duration_text(std::int64_t ms) {
  const auto up = [ms](std::int64_t unit) { return std::to_string((std::max<std::int64_t>(ms, 0) + unit - 1) / unit); };
  if (ms < 2 * kMinuteMs) { return up(1000) + " s"; }
  return ms < 120 * kMinuteMs ? up(kMinuteMs) + " min" : up(kHourMs) + " h";
}

std::optional<Problem> api_problem(const sdk::HttpReply& reply, std::int64_t now_wall_ms) {
  const std::int32_t code = reply.status;
  if (code == 200) { return std::nullopt; }
  if (auto common = common_problem(reply, now_wall_ms)) { return common; }
  if (code == 403 && says_wrong_passkey(page_text(reply.body))) {
    return refused(code, http(code) + " (wrong passkey)");
  }
  if (code == 403) { return limited(reply, http(code) + ": the limit of queries is reached", now_wall_ms); }
  if (code == 404 || code == 405) {
    return make(sdk::Code::invalid, code, http(code) + ": there is no HDBits API at this address, check \"url\"");
  }
  return make(sdk::Code::unavailable, code, http(code) + ", which the API is not known to answer", Effect::trouble);
}

Problem status_problem(std::int64_t status, std::string_view message) {
  const auto number = static_cast<std::int32_t>(std::clamp<std::int64_t>(status, -1, 9999));
  std::string said = "API status " + std::to_string(status);
  // The site's words come last, cut and on one line.
  std::string quote;
  if (!message.empty()) {
    quote = " (\"" + std::string(message.substr(0, 200)) + "\")";
    std::replace_if(
        quote.begin(), quote.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  }
  const auto sentence = [&](std::string_view text) { return said + ", " + std::string(text) + quote; };
  switch (status) {
    case 1:
      return make(sdk::Code::unavailable, number, sentence("a failure on the site's side"), Effect::trouble);
    case 2:
      return make(sdk::Code::invalid, number, sentence("the site wants https: \"url\" must start with https://"));
    case 3:
      return make(sdk::Code::internal, number, sentence("the site could not read our request: please report this"));
    case 4:
      return refused(number, sentence("user name or passkey did not reach the site"));
    case 5:
      return refused(number,
                     sentence("the site refused the credentials (API use also needs two-factor login on the account)"));
    case 6:
      return make(sdk::Code::internal, number,
                  sentence("the request lacks something the site needs: please report this"));
    case 7:
      return make(sdk::Code::invalid, number,
                  sentence("the site refused a value: check \"categories\", \"codecs\", \"mediums\" and \"origins\""));
    case 8:
      return make(sdk::Code::invalid, number, sentence("the site cannot find this IMDb id: search by title instead"));
    case 9:
      return make(
          sdk::Code::invalid, number,
          sentence("the site takes no IMDb id of a series: search by title, or leave TV out of \"categories\""));
    default:
      return make(sdk::Code::unavailable, number, sentence("a failure this plugin does not know"), Effect::trouble);
  }
}

Problem nonsense_problem(std::string_view body, std::string_view why) {
  if (is_page(body)) {
    return make(sdk::Code::unavailable, 200,
                "the site answered a web page instead of JSON: check \"url\", or the site is under maintenance",
                Effect::trouble);
  }
  const std::string reason = why.empty() ? "no object with a status" : std::string(why);
  return make(sdk::Code::unavailable, 200, "the site's answer is broken or cut short: " + reason, Effect::trouble);
}

std::optional<Problem> download_problem(const sdk::HttpReply& reply, std::int64_t now_wall_ms) {
  const std::int32_t code = reply.status;
  if (code == 200 && reply.body.starts_with('d')) { return std::nullopt; }
  if (auto common = common_problem(reply, now_wall_ms)) { return common; }
  const std::string page = page_text(reply.body);
  if (says_wrong_passkey(page)) { return refused(code, http(code) + " to a download (wrong passkey)"); }
  if (code == 403 || says_limit(page)) {
    return limited(reply, http(code) + ": the limit of downloads is reached", now_wall_ms);
  }
  if (code == 404 || code == 410) {
    return make(sdk::Code::not_found, code, http(code) + ": it no longer has this release");
  }
  if (code != 200) { return make(sdk::Code::unavailable, code, http(code) + " to a download", Effect::trouble); }
  if (says_later(page)) {
    return make(sdk::Code::unavailable, code, "the site answered a page that says to come back later", Effect::trouble);
  }
  if (reply.body.empty()) {
    return make(sdk::Code::unavailable, code, "the site answered an empty file", Effect::trouble);
  }
  // A page that does not say what is the matter is more likely a site in trouble than a release that is gone.
  if (is_page(reply.body) && !says_gone(page)) {
    return make(
        sdk::Code::unavailable, code,
        "the site answered a web page instead of a .torrent file: is it under maintenance, or does \"url\" lead "
        "elsewhere?",
        Effect::trouble);
  }
  return make(sdk::Code::not_found, code,
              is_page(reply.body) ? "the site answered a web page that says it no longer has this release"
                                  : "what the site answered is not a .torrent file");
}

}  // namespace quarry::hdbits
