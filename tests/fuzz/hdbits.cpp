// SPDX-License-Identifier: MIT
// An answer of HDBits: readable rows make sense, and anything else is a problem with a sentence.
//
// The first line of an input is the value of Retry-After, the rest is the body.
#include "require.hpp"

#include "plugins/hdbits/problem.hpp"
#include "plugins/hdbits/query.hpp"
#include "plugins/hdbits/release.hpp"

#include <quarry/sdk/helpers/sinks.hpp>

#include <array>

namespace {

using quarry::fuzz::require;
using namespace quarry;

constexpr std::int64_t kNow = 1'700'000'000'000;

void check_release(const hdbits::Release& r) {
  require(r.id > 0 && !r.title.empty(), "a release has an id and a title");
  require(fuzz::is_utf8(r.title), "a title is UTF-8");
  require(fuzz::is_hash_or_empty(r.infohash, 40), "a hash is 40 lower-case hex digits");
  require(r.imdb_id.empty() || (r.imdb_id.size() >= 9 && hdbits::imdb_number(r.imdb_id)), "an IMDb id is one");
  require(r.size_bytes >= -1 && r.published_at_ms >= 0, "size and time are not negative");
  require(r.seeders >= -1 && r.leechers >= -1 && r.grabs >= -1 && r.files >= -1, "counts are not negative");
  require(r.download_factor >= 0 && r.download_factor <= 1 && r.upload_factor >= 0 && r.upload_factor <= 1,
          "factors are from 0 to 1");
  auto sink = sdk::release_sink([&](const sdk::ReleaseView& view) {
    require(view.title == r.title && view.guid == std::to_string(r.id), "the host is given what was read");
  });
  require(hdbits::give(r, "https://example.org", sink), "a sink that wants more is told there was one");
}

void check_problem(const std::optional<hdbits::Problem>& problem) {
  if (!problem) { return; }
  require(!problem->status.ok() && !problem->text.empty(), "a problem has a code and a sentence");
  require(problem->wait_ms >= 0, "nobody waits a negative time");
}

void check_envelope(const sdk::JsonDocument& envelope) {
  const auto status = hdbits::lenient_integer(envelope["status"]);
  if (status && *status != 0) {
    const auto problem = hdbits::status_problem(*status, envelope["message"].as_string());
    check_problem(problem);
    require(problem.text.find('\n') == std::string::npos, "the site's words make no new line");
  }
  std::size_t unreadable = 0;
  const auto releases = hdbits::read_releases(envelope["data"], unreadable);
  require(releases.size() + unreadable == envelope["data"].size(), "each row is read or counted");
  for (const auto& release : releases) { check_release(release); }
}

void check_statuses(std::string_view retry_after, std::string_view body) {
  for (const std::int32_t status : std::array{200, 302, 401, 403, 404, 418, 429, 503}) {
    const sdk::HttpReply reply{status, {{"Retry-After", std::string(retry_after)}}, std::string(body)};
    const auto problem = hdbits::api_problem(reply, kNow);
    require(problem.has_value() == (status != 200), "every status but 200 is a problem");
    check_problem(problem);
    const auto no_file = hdbits::download_problem(reply, kNow);
    require(no_file.has_value() || (status == 200 && body.starts_with('d')), "only a .torrent is no problem");
    check_problem(no_file);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(fuzz::text_of(data, size));
  const std::string_view retry_after = input.line();
  const std::string_view body = input.rest();
  check_statuses(retry_after, body);
  const std::int64_t wait = hdbits::named_wait_ms(body);
  require(wait >= 0 && wait <= hdbits::kDayMs && !hdbits::duration_text(wait).empty(), "a wait is at most a day");
  const auto envelope = sdk::JsonDocument::parse(body);
  if (envelope) {
    check_envelope(*envelope);
  } else {
    check_problem(hdbits::nonsense_problem(body, envelope.error().text));
  }
  return 0;
}
