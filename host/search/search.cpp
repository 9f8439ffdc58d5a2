// SPDX-License-Identifier: MIT
#include "search/search.hpp"

#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/sinks.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

namespace quarry::search {
namespace {

constexpr int kMostFromOneIndexer = 1000;
constexpr int kPage = 100;
constexpr std::size_t kLongestTerm = 500;
constexpr std::int64_t kScoreTimeoutMs = 5000;  ///< of one call to the scorer
constexpr std::int64_t kScoreShare = 5;         ///< this part of a search's time is kept for scoring …
constexpr std::int64_t kMostScoreMs = 5000;     ///< … at most this
constexpr std::int64_t kMinuteMs = 60'000;

/// What is wanted, as the scorer is told.
struct Wish {
  std::string title;
  int year = 0;
  int runtime_minutes = 0;
};

Wish wish_of(const Query& query) {
  Wish wish{query.title, query.year, query.runtime_minutes};
  if (!wish.title.empty() || query.term.empty()) { return wish; }
  const release::ReleaseName said = release::parse_release_name(query.term);
  wish.title = said.title;
  if (wish.year == 0) { wish.year = said.year; }
  return wish;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

/// Nothing when the query can be asked.
std::optional<sdk::Failure> problem_with(const Query& query) {
  if (query.term.size() > kLongestTerm || query.title.size() > kLongestTerm) {
    return sdk::failure(sdk::Code::invalid, "the search is longer than 500 bytes: shorten it");
  }
  const bool film = query.tmdb_id != 0 || !query.imdb_id.empty();
  if (is_blank(query.term) && is_blank(query.title) && !film) {
    return sdk::failure(sdk::Code::invalid, "nothing to search for: give a term, a title, an IMDb id or a TMDb id");
  }
  return std::nullopt;
}

/// 64-bit FNV-1a: short and the same on every machine. It names, it protects nothing.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) { hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U; }
  return hash;
}

std::string release_id(const std::string& indexer, std::string_view guid) {
  std::array<char, 17> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(hash_of(guid)));
  return indexer + "-" + hex.data();
}

Release copy_of(const sdk::ReleaseView& view, const std::string& indexer, std::int64_t now_wall_ms) {
  Release out;
  out.id = release_id(indexer, view.guid);
  out.guid = view.guid;
  out.indexer = indexer;
  out.title = view.title;
  out.infohash_v1 = view.infohash_v1;
  out.info_url = view.info_url;
  out.category = view.category;
  out.imdb_id = view.imdb_id;
  out.size_bytes = view.size_bytes;
  out.published_at_ms = view.published_at_ms;
  if (view.published_at_ms > 0) {
    out.age_minutes = std::max<std::int64_t>(0, (now_wall_ms - view.published_at_ms) / kMinuteMs);
  }
  out.seeders = view.seeders;
  out.leechers = view.leechers;
  out.flags = view.flags;
  if (view.download_factor == 0) { out.flags |= sdk::kFreeleech; }
  out.name = release::parse_release_name(view.title);
  return out;
}

/// What one indexer answered.
struct Reply {
  std::vector<Release> releases;
  std::optional<sdk::Failure> failure;
};

Reply ask(const NamedIndexer& named, const Query& query, const sdk::Clock& clock, std::int64_t timeout_ms,
          std::string_view request_id) {
  Reply reply;
  if (named.indexer == nullptr) {
    reply.failure = sdk::failure(sdk::Code::unavailable,
                                 "the indexer does not run: see why in /api/v3/health, in the log or by quarry check");
    return reply;
  }
  sdk::IndexerQuery asked;
  asked.term = query.term.empty() ? std::string_view(query.title) : std::string_view(query.term);
  asked.year = query.year;
  asked.imdb_id = query.imdb_id;
  asked.tmdb_id = query.tmdb_id;
  asked.limit = kPage;
  const std::int64_t now = clock.wall_ms();
  auto sink = sdk::release_sink([&](const sdk::ReleaseView& view) {
    if (!view.guid.empty() && !view.title.empty()) { reply.releases.push_back(copy_of(view, named.id, now)); }
    return reply.releases.size() < kMostFromOneIndexer;
  });
  sdk::BasicContext context(clock, timeout_ms, std::string(request_id));
  const sdk::Status status = named.indexer->search(context, asked, sink);
  if (!status.ok()) { reply.failure = context.failure(status, "the indexer failed without saying why"); }
  return reply;
}

/// All replies in the order of the indexers. Each job writes its own place, so no lock is needed.
std::vector<Reply> ask_all(const Ports& ports, const std::vector<NamedIndexer>& indexers, const Query& query,
                           std::int64_t timeout_ms, std::string_view request_id) {
  std::vector<Reply> replies(indexers.size());
  std::vector<std::function<void()>> jobs;
  for (std::size_t i = 0; i < indexers.size(); ++i) {
    jobs.emplace_back([&, i] {
      try {
        replies[i] = ask(indexers[i], query, *ports.clock, timeout_ms, request_id);
      } catch (const std::exception& e) { replies[i] = {{}, sdk::failure(sdk::Code::internal, e.what())}; }
    });
  }
  ports.run_all(jobs);
  return replies;
}

/// Keeps of an indexer's rows one of each guid and of each torrent: the one with more seeders.
void drop_doubles(std::vector<Release>& releases) {
  std::stable_sort(releases.begin(), releases.end(),
                   [](const Release& a, const Release& b) { return a.seeders > b.seeders; });
  std::set<std::string> ids;
  std::set<std::string> hashes;
  std::erase_if(releases, [&](const Release& release) {
    const bool known = !ids.insert(release.id).second;
    const bool same_torrent = !release.infohash_v1.empty() && !hashes.insert(release.infohash_v1).second;
    return known || same_torrent;
  });
}

/// Takes down what the scorer says about a release.
class Reasons final : public sdk::ScoreSink {
 public:
  explicit Reasons(Release& release) : release_(release) {}
  bool contribution(std::string_view rule, double points, std::string_view detail) noexcept override {
    release_.reasons.push_back({std::string(rule), std::isfinite(points) ? points : 0, std::string(detail)});
    return true;
  }
  bool rejection(std::string_view rule, std::string_view detail) noexcept override {
    release_.rejections.push_back({std::string(rule), 0, std::string(detail)});
    return true;
  }

 private:
  Release& release_;
};

void score(Release& release, const Wish& wish, sdk::Scorer& scorer, const sdk::Clock& clock, std::int64_t end_steady_ms,
           std::string_view request_id) {
  const std::int64_t left = end_steady_ms - clock.steady_ms();
  if (left <= 0) {
    release.rejections.push_back({"scorer", 0, "not scored in time"});
    return;
  }
  const sdk::ParsedName parsed = release.name.view();
  sdk::Candidate candidate;
  candidate.flags = release.flags;
  candidate.name = release.title;
  candidate.indexer = release.indexer;
  candidate.parsed = &parsed;
  candidate.size_bytes = release.size_bytes;
  candidate.age_minutes = release.age_minutes;
  candidate.seeders = release.seeders;
  candidate.leechers = release.leechers;
  sdk::Preferences wanted;
  wanted.title = wish.title;
  wanted.year = wish.year;
  wanted.runtime_minutes = wish.runtime_minutes;
  Reasons reasons(release);
  sdk::Score result;
  sdk::BasicContext context(clock, std::min(kScoreTimeoutMs, left), std::string(request_id));
  const sdk::Status status = scorer.score(context, candidate, wanted, reasons, result);
  if (!status.ok()) {
    const sdk::Failure failure = context.failure(status, "the scorer failed without saying why");
    release.rejections.push_back({"scorer", 0, "could not be scored: " + failure.text});
    return;
  }
  // Sorting by something that is not a number would be undefined.
  if (!std::isfinite(result.total) || !std::isfinite(result.threshold)) {
    release.rejections.push_back({"scorer", 0, "could not be scored: the scorer's answer is not a number"});
    return;
  }
  release.score = result.total;
  release.threshold = result.threshold;
}

void reject_blocked(std::vector<Release>& releases, const std::vector<std::string>& reasons) {
  for (std::size_t i = 0; i < releases.size() && i < reasons.size(); ++i) {
    if (!reasons[i].empty()) { releases[i].rejections.push_back({"blocklist", 0, reasons[i]}); }
  }
}

bool better(const Release& a, const Release& b) {
  const auto key = [](const Release& r) { return std::tuple(r.rejections.empty(), r.score, r.seeders, r.size_bytes); };
  if (key(a) != key(b)) { return key(a) > key(b); }
  return std::tie(a.title, a.id) < std::tie(b.title, b.id);
}

sdk::Failure all_failed(const std::vector<IndexerProblem>& problems) {
  std::string text = "no indexer answered: ";
  std::uint32_t retry_after_ms = 0;
  for (const IndexerProblem& problem : problems) {
    if (&problem != &problems.front()) { text += "; "; }
    text += problem.indexer + ": " + problem.failure.text;
    retry_after_ms = std::max(retry_after_ms, problem.failure.status.retry_after_ms);
  }
  const bool all_refused = std::all_of(problems.begin(), problems.end(), [](const IndexerProblem& problem) {
    return problem.failure.status.code == sdk::Code::unauthenticated;
  });
  const sdk::Code code = all_refused ? sdk::Code::unauthenticated : sdk::Code::unavailable;
  sdk::Failure failure = sdk::failure(code, std::move(text));
  failure.status.retry_after_ms = retry_after_ms;
  return failure;
}

}  // namespace

Search::Search(Ports ports) : ports_(std::move(ports)) {}

sdk::Result<Answer> Search::search(const Query& query, std::int64_t timeout_ms, std::string_view request_id) {
  if (auto problem = problem_with(query)) { return *std::move(problem); }
  const std::vector<NamedIndexer> indexers = ports_.indexers();
  if (indexers.empty()) {
    return sdk::failure(sdk::Code::invalid, "no indexer is configured: add a [[plugin]] with one to the manifest");
  }
  const std::int64_t end = ports_.clock->steady_ms() + timeout_ms;
  const std::int64_t ask_ms = timeout_ms - std::min(timeout_ms / kScoreShare, kMostScoreMs);
  std::vector<Reply> replies = ask_all(ports_, indexers, query, ask_ms, request_id);
  Answer answer;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    drop_doubles(replies[i].releases);
    std::move(replies[i].releases.begin(), replies[i].releases.end(), std::back_inserter(answer.releases));
    if (replies[i].failure) { answer.problems.push_back({indexers[i].id, *std::move(replies[i].failure)}); }
  }
  if (answer.problems.size() == indexers.size() && answer.releases.empty()) { return all_failed(answer.problems); }

  if (sdk::Scorer* scorer = ports_.scorer()) {
    const Wish wish = wish_of(query);
    for (Release& release : answer.releases) { score(release, wish, *scorer, *ports_.clock, end, request_id); }
  }
  if (ports_.blocked) {
    const auto reasons = ports_.blocked(answer.releases);
    if (!reasons) { return reasons.error(); }
    reject_blocked(answer.releases, *reasons);
  }
  std::sort(answer.releases.begin(), answer.releases.end(), better);
  const auto most = static_cast<std::size_t>(std::clamp(query.limit, 1, kMostFromOneIndexer));
  if (answer.releases.size() > most) { answer.releases.resize(most); }

  const std::lock_guard lock(mutex_);
  const std::int64_t now = ports_.clock->steady_ms();
  // The best last, so that they are the last to be forgotten.
  std::for_each(answer.releases.rbegin(), answer.releases.rend(), [&](const Release& r) { recent_.keep(r, now); });
  return answer;
}

std::optional<Release> Search::recall(const std::string& release_id) {
  const std::lock_guard lock(mutex_);
  return recent_.find(release_id, ports_.clock->steady_ms());
}

}  // namespace quarry::search
