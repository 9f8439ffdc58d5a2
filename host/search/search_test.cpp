// SPDX-License-Identifier: MIT
#include "search/search.hpp"

#include <quarry/sdk/testing/fake_host.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace quarry::search {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t kTimeoutMs = 10'000;

struct Row {
  std::string guid;
  std::string title;
  int seeders = 5;
  std::int64_t size = 1000;
  std::string infohash = {};
  std::int64_t published_at_ms = 0;
  double download_factor = 1;
};

class FakeIndexer final : public sdk::Indexer {
 public:
  sdk::Status capabilities(sdk::CallContext&, sdk::IndexerCapabilities&) noexcept override { return {}; }
  sdk::Status test(sdk::CallContext&, sdk::TestSink&) noexcept override { return {}; }
  sdk::Status recent(sdk::CallContext&, std::int64_t, sdk::ReleaseSink&) noexcept override { return {}; }
  sdk::Status fetch(sdk::CallContext&, const sdk::ReleaseRef&, sdk::FetchSink&) noexcept override { return {}; }
  sdk::Status search(sdk::CallContext& ctx, const sdk::IndexerQuery& query, sdk::ReleaseSink& sink) noexcept override {
    ++asked;
    term = query.term;
    imdb_id = query.imdb_id;
    year = query.year;
    remaining_ms = ctx.remaining_ms();
    for (const Row& row : rows) {
      sdk::ReleaseView view;
      view.guid = row.guid;
      view.title = row.title;
      view.seeders = row.seeders;
      view.size_bytes = row.size;
      view.infohash_v1 = row.infohash;
      view.published_at_ms = row.published_at_ms;
      view.download_factor = row.download_factor;
      if (!sink.add(view)) { break; }
      ++taken;
    }
    return failure.empty() ? sdk::Status{} : ctx.fail(status, failure);
  }

  std::vector<Row> rows;
  sdk::Status status{sdk::Code::unavailable, sdk::kRetryable, 0, 0};
  std::string failure;
  int asked = 0;
  int taken = 0;
  std::string term;
  std::string imdb_id;
  int year = 0;
  std::int64_t remaining_ms = 0;
};

/// Gives one point per seeder and rejects names with "BAD".
class FakeScorer final : public sdk::Scorer {
 public:
  sdk::Status score(sdk::CallContext& ctx, const sdk::Candidate& candidate, const sdk::Preferences& wanted,
                    sdk::ScoreSink& reasons, sdk::Score& out) noexcept override {
    wanted_title = wanted.title;
    wanted_year = wanted.year;
    wanted_minutes = wanted.runtime_minutes;
    parsed_title = candidate.parsed->title;
    age_minutes = candidate.age_minutes;
    flags = candidate.flags;
    ++asked;
    most_remaining_ms = std::max(most_remaining_ms, ctx.remaining_ms());
    if (clock != nullptr) { clock->advance(takes_ms); }
    if (candidate.name.find("BROKEN") != std::string_view::npos) {
      return ctx.fail({sdk::Code::internal, 0, 0, 0}, "no idea");
    }
    if (candidate.name.find("BAD") != std::string_view::npos) { reasons.rejection("word", "BAD"); }
    reasons.contribution("seeders", candidate.seeders, "many");
    out.total = candidate.name.find("NAN") != std::string_view::npos ? std::numeric_limits<double>::quiet_NaN()
                                                                     : candidate.seeders;
    out.threshold = 10;
    return {};
  }

  sdk::testing::ManualClock* clock = nullptr;  ///< moved by each call
  std::int64_t takes_ms = 0;
  int asked = 0;
  std::int64_t most_remaining_ms = 0;
  std::string wanted_title;
  int wanted_year = 0;
  int wanted_minutes = 0;
  std::string parsed_title;
  std::int64_t age_minutes = 0;
  std::uint32_t flags = 0;
};

class SearchTest : public testing::Test {
 protected:
  SearchTest() {
    ports_.indexers = [this] { return named_; };
    ports_.scorer = [this]() -> sdk::Scorer* { return has_scorer_ ? &scorer_ : nullptr; };
    ports_.clock = &clock_;
    ports_.run_all = [](std::vector<std::function<void()>>& jobs) {
      for (auto it = jobs.rbegin(); it != jobs.rend(); ++it) { (*it)(); }  // any order must do
    };
    named_ = {{"one", &one_}, {"two", &two_}};
  }

  Answer found(const Query& query = term("Matrix")) {
    auto answer = search().search(query, kTimeoutMs);
    EXPECT_TRUE(answer.ok()) << (answer.ok() ? "" : answer.error().text);
    return answer.ok() ? *answer : Answer{};
  }
  static Query term(std::string text) {
    Query query;
    query.term = std::move(text);
    return query;
  }
  static std::vector<std::string> titles(const Answer& answer) {
    std::vector<std::string> out;
    for (const Release& release : answer.releases) { out.push_back(release.title); }
    return out;
  }
  Search& search() {
    if (!search_) { search_ = std::make_unique<Search>(ports_); }
    return *search_;
  }

  sdk::testing::ManualClock clock_;
  FakeIndexer one_;
  FakeIndexer two_;
  FakeScorer scorer_;
  bool has_scorer_ = true;
  std::vector<NamedIndexer> named_;
  Ports ports_;
  std::unique_ptr<Search> search_;
};

TEST_F(SearchTest, PutsTheBestFirst) {
  one_.rows = {{"a", "Few", 1}, {"b", "Many BAD", 100}, {"c", "Same B", 7, 2000}};
  two_.rows = {{"a", "Same A", 7, 2000}, {"d", "Same smaller", 7, 1000}, {"e", "Best", 50}};
  EXPECT_THAT(titles(found()), ElementsAre("Best", "Same A", "Same B", "Same smaller", "Few", "Many BAD"));
}

TEST_F(SearchTest, TellsWhatIsAcceptableAndWhy) {
  one_.rows = {{"a", "Good", 20}, {"b", "Weak", 5}, {"c", "BAD", 50}};
  const Answer answer = found();
  ASSERT_THAT(answer.releases, SizeIs(3));
  EXPECT_TRUE(answer.releases[0].acceptable());
  EXPECT_EQ(answer.releases[0].threshold, 10);
  ASSERT_THAT(answer.releases[0].reasons, SizeIs(1));
  EXPECT_EQ(answer.releases[0].reasons[0].points, 20);
  EXPECT_FALSE(answer.releases[1].acceptable());
  EXPECT_THAT(answer.releases[1].rejections, IsEmpty());
  EXPECT_FALSE(answer.releases[2].acceptable());
  EXPECT_EQ(answer.releases[2].rejections[0].detail, "BAD");
}

TEST_F(SearchTest, WhatIsBlockedIsRejectedWithTheReasonAndComesLast) {
  int asked = 0;
  ports_.blocked = [&](const std::vector<Release>& releases) {
    ++asked;
    std::vector<std::string> reasons(releases.size());
    for (std::size_t i = 0; i < releases.size(); ++i) {
      if (releases[i].guid == "b") { reasons[i] = "it was no film"; }
    }
    return reasons;
  };
  one_.rows = {{"a", "Good", 20}, {"b", "Better", 50}};
  two_.rows = {{"c", "Fine", 15}};
  const Answer answer = found();
  EXPECT_THAT(titles(answer), ElementsAre("Good", "Fine", "Better"));
  EXPECT_FALSE(answer.releases[2].acceptable());
  ASSERT_THAT(answer.releases[2].rejections, SizeIs(1));
  EXPECT_EQ(answer.releases[2].rejections[0].rule, "blocklist");
  EXPECT_EQ(answer.releases[2].rejections[0].detail, "it was no film");
  EXPECT_TRUE(answer.releases[0].acceptable());
  EXPECT_EQ(asked, 1) << "for all of them at once";
}

TEST_F(SearchTest, WithoutItsBlocklistItFailsAndPromisesNothing) {
  ports_.blocked = [](const std::vector<Release>&) -> sdk::Result<std::vector<std::string>> {
    return sdk::failure(sdk::Code::unavailable, "the storage is down");
  };
  one_.rows = {{"a", "Good", 20}};
  const auto answer = search().search(term("Matrix"), kTimeoutMs);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().status.code, sdk::Code::unavailable);
}

TEST_F(SearchTest, ReadsTheNameOnceForTheScorer) {
  one_.rows = {{"a", "The.Matrix.1999.1080p.BluRay.x264-GRP"}};
  const Answer answer = found();
  EXPECT_EQ(scorer_.parsed_title, "The Matrix");
  EXPECT_EQ(answer.releases[0].name.group, "GRP");
  EXPECT_EQ(answer.releases[0].name.resolution, sdk::Resolution::r1080p);
}

TEST_F(SearchTest, OneIndexerThatFailsDoesNotHideTheOther) {
  one_.failure = "the site is down";
  two_.rows = {{"a", "Film"}};
  const Answer answer = found();
  EXPECT_THAT(titles(answer), ElementsAre("Film"));
  ASSERT_THAT(answer.problems, SizeIs(1));
  EXPECT_EQ(answer.problems[0].indexer, "one");
  EXPECT_EQ(answer.problems[0].failure.text, "the site is down");
}

TEST_F(SearchTest, KeepsWhatCameBeforeTheTimeRanOut) {
  one_.rows = {{"a", "First page"}};
  one_.status = {sdk::Code::deadline, sdk::kRetryable, 0, 0};
  one_.failure = "out of time";
  two_.failure = "down";
  const Answer answer = found();
  EXPECT_THAT(titles(answer), ElementsAre("First page"));
  EXPECT_THAT(answer.problems, SizeIs(2));
  EXPECT_EQ(one_.remaining_ms, kTimeoutMs * 4 / 5) << "the rest is for the scorer";
}

TEST_F(SearchTest, FailsWhenAllFail) {
  one_.failure = "down";
  two_.failure = "slow down";
  two_.status = {sdk::Code::rate_limited, sdk::kRetryable, 30'000, 429};
  const auto answer = search().search(term("Matrix"), kTimeoutMs);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().status.code, sdk::Code::unavailable);
  EXPECT_EQ(answer.error().status.retry_after_ms, 30'000U);
  EXPECT_EQ(answer.error().text, "no indexer answered: one: down; two: slow down");
}

TEST_F(SearchTest, WhenEveryIndexerIsRefusedItsCredentialsTryingAgainDoesNotHelp) {
  one_.failure = "wrong passkey";
  one_.status = {sdk::Code::unauthenticated, 0, 0, 401};
  two_ = one_;
  EXPECT_EQ(search().search(term("Matrix"), kTimeoutMs).error().status.code, sdk::Code::unauthenticated);
  two_.status = {sdk::Code::deadline, sdk::kRetryable, 0, 0};
  EXPECT_EQ(search().search(term("Matrix"), kTimeoutMs).error().status.code, sdk::Code::unavailable)
      << "the other one may answer later";
}

TEST_F(SearchTest, AnIndexerThatDoesNotRunIsAProblemOfItsOwn) {
  named_[1].indexer = nullptr;
  one_.rows = {{"a", "Film"}};
  const Answer answer = found();
  ASSERT_THAT(answer.problems, SizeIs(1));
  EXPECT_EQ(answer.problems[0].indexer, "two");
  EXPECT_EQ(answer.problems[0].failure.status.code, sdk::Code::unavailable);
}

TEST_F(SearchTest, NothingFoundIsAnAnswer) {
  const Answer answer = found();
  EXPECT_THAT(answer.releases, IsEmpty());
  EXPECT_THAT(answer.problems, IsEmpty());
}

TEST_F(SearchTest, RefusesWhatCannotBeAsked) {
  for (const std::string& text : {std::string(), std::string("  \t"), std::string(501, 'a')}) {
    const auto answer = search().search(term(text), kTimeoutMs);
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().status.code, sdk::Code::invalid);
  }
  EXPECT_EQ(one_.asked, 0);
  named_.clear();
  const auto answer = search().search(term("Matrix"), kTimeoutMs);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().status.code, sdk::Code::invalid);
  EXPECT_THAT(answer.error().text, HasSubstr("no indexer is configured"));
}

TEST_F(SearchTest, AFilmAloneIsEnough) {
  Query query;
  query.imdb_id = "tt0133093";
  static_cast<void>(found(query));
  EXPECT_EQ(one_.imdb_id, "tt0133093");
  query = {};
  query.title = "The Matrix";
  query.year = 1999;
  query.runtime_minutes = 136;
  one_.rows = {{"a", "Film"}};
  static_cast<void>(found(query));
  EXPECT_EQ(one_.term, "The Matrix");
  EXPECT_EQ(one_.year, 1999);
  EXPECT_EQ(scorer_.wanted_title, "The Matrix");
  EXPECT_EQ(scorer_.wanted_year, 1999);
  EXPECT_EQ(scorer_.wanted_minutes, 136);
}

TEST_F(SearchTest, FreeWordsSayWhichFilmIsWanted) {
  one_.rows = {{"a", "Film"}};
  const auto wanted = [&](const char* words) {
    static_cast<void>(found(term(words)));
    return std::pair(scorer_.wanted_title, scorer_.wanted_year);
  };
  EXPECT_EQ(wanted("The Matrix 1999"), std::pair(std::string("The Matrix"), 1999));
  EXPECT_EQ(one_.term, "The Matrix 1999");
  EXPECT_EQ(wanted("the matrix (1999) 2160p"), std::pair(std::string("the matrix"), 1999));
  EXPECT_EQ(wanted("Blade Runner 2049"), std::pair(std::string("Blade Runner 2049"), 0));
  EXPECT_EQ(wanted("1917"), std::pair(std::string("1917"), 0));
  EXPECT_EQ(wanted("Heat 4K"), std::pair(std::string("Heat"), 0));
}

TEST_F(SearchTest, DropsDoublesOfOneIndexerOnly) {
  one_.rows = {{"a", "Film", 5, 1, "aa"}, {"a", "Film again", 9, 1, "bb"}, {"b", "Same torrent", 7, 1, "aa"}};
  two_.rows = {{"a", "Elsewhere", 1, 1, "aa"}};
  EXPECT_THAT(titles(found()), ElementsAre("Film again", "Same torrent", "Elsewhere"));
}

TEST_F(SearchTest, LeavesOutRowsWithoutIdOrName) {
  one_.rows = {{"", "No id"}, {"b", ""}, {"c", "Film"}};
  EXPECT_THAT(titles(found()), ElementsAre("Film"));
}

TEST_F(SearchTest, StopsAnIndexerThatFloods) {
  for (int i = 0; i < 5000; ++i) { one_.rows.push_back({std::to_string(i), "Film", i}); }
  Query query = term("Film");
  query.limit = 1000;
  EXPECT_THAT(found(query).releases, SizeIs(1000));
  EXPECT_EQ(one_.taken, 999);
}

TEST_F(SearchTest, TheLimitKeepsTheBest) {
  one_.rows = {{"a", "Few", 1}, {"b", "Many", 100}, {"c", "Some", 7}};
  Query query = term("Film");
  query.limit = 2;
  EXPECT_THAT(titles(found(query)), ElementsAre("Many", "Some"));
}

TEST_F(SearchTest, KnowsAgeAndFreeleech) {
  one_.rows = {{"a", "Film", 1, 1, "", clock_.wall_ms() - 125 * 60'000, 0}};
  const Answer answer = found();
  EXPECT_EQ(answer.releases[0].age_minutes, 125);
  EXPECT_EQ(scorer_.age_minutes, 125);
  EXPECT_EQ(scorer_.flags, static_cast<std::uint32_t>(sdk::kFreeleech));
  one_.rows[0].published_at_ms = clock_.wall_ms() + 60'000;  // a site whose clock is ahead
  EXPECT_EQ(found().releases[0].age_minutes, 0);
  one_.rows[0].published_at_ms = 0;
  EXPECT_EQ(found().releases[0].age_minutes, -1);
}

TEST_F(SearchTest, WithoutAScorerAllIsAcceptable) {
  has_scorer_ = false;
  one_.rows = {{"a", "Few", 1}, {"b", "Many", 3}};
  const Answer answer = found();
  EXPECT_THAT(titles(answer), ElementsAre("Many", "Few"));
  EXPECT_TRUE(answer.releases[0].acceptable());
}

TEST_F(SearchTest, WhatCannotBeScoredIsRejected) {
  one_.rows = {{"a", "BROKEN", 90}, {"b", "NAN", 80}, {"c", "Fine", 1}};
  const Answer answer = found();
  ASSERT_THAT(titles(answer), ElementsAre("Fine", "BROKEN", "NAN"));
  EXPECT_EQ(answer.releases[1].rejections[0].detail, "could not be scored: no idea");
  EXPECT_EQ(answer.releases[2].rejections[0].detail, "could not be scored: the scorer's answer is not a number");
}

TEST_F(SearchTest, ASlowScorerDoesNotOutlastTheSearch) {
  for (int i = 0; i < 100; ++i) { one_.rows.push_back({std::to_string(i), "Film", 50}); }
  scorer_.clock = &clock_;
  scorer_.takes_ms = 4'000;
  const std::int64_t begun = clock_.steady_ms();
  const Answer answer = found();
  EXPECT_LT(clock_.steady_ms() - begun, kTimeoutMs + scorer_.takes_ms);
  EXPECT_EQ(scorer_.asked, 3) << "at 0, 4 and 8 s";
  EXPECT_EQ(scorer_.most_remaining_ms, 5'000);
  ASSERT_THAT(answer.releases, SizeIs(100));
  EXPECT_TRUE(answer.releases[2].acceptable());
  ASSERT_THAT(answer.releases[3].rejections, SizeIs(1));
  EXPECT_EQ(answer.releases[3].rejections[0].detail, "not scored in time");
}

TEST_F(SearchTest, IdsAreLastingAndFitInAUrl) {
  one_.rows = {{"https://tracker.example/t?id=1&x=\xC3\xA9", "Film"}};
  two_.rows = one_.rows;
  const Answer first = found();
  const Answer second = found();
  EXPECT_EQ(first.releases[0].id, second.releases[0].id);
  EXPECT_NE(first.releases[0].id, first.releases[1].id);
  for (const Release& release : first.releases) {
    EXPECT_EQ(release.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos) << release.id;
  }
}

TEST_F(SearchTest, RecallsForHalfAnHour) {
  one_.rows = {{"a", "Film", 12}};
  const std::string id = found().releases[0].id;
  clock_.advance(30 * 60'000 - 1);
  const auto release = search().recall(id);
  ASSERT_TRUE(release.has_value());
  EXPECT_EQ(release->title, "Film");
  EXPECT_EQ(release->score, 12);
  clock_.advance(1);
  EXPECT_FALSE(search().recall(id).has_value());
  EXPECT_FALSE(search().recall("one-0000000000000000").has_value());
}

TEST_F(SearchTest, TheWallClockDoesNotMakeItForget) {
  one_.rows = {{"a", "Film"}};
  const std::string id = found().releases[0].id;
  clock_.jump(100LL * 24 * 3600 * 1000);
  EXPECT_TRUE(search().recall(id).has_value());
}

TEST_F(SearchTest, ASecondSearchRenewsARelease) {
  one_.rows = {{"a", "Film", 1}};
  const std::string id = found().releases[0].id;
  clock_.advance(20 * 60'000);
  one_.rows[0].seeders = 9;
  static_cast<void>(found());
  clock_.advance(20 * 60'000);
  ASSERT_TRUE(search().recall(id).has_value());
  EXPECT_EQ(search().recall(id)->seeders, 9);
}

TEST(RecentReleases, AreBounded) {
  RecentReleases recent;
  const auto keep = [&](int number, std::int64_t now) {
    Release release;
    release.id = std::to_string(number);
    recent.keep(release, now);
  };
  for (int i = 0; i < 6000; ++i) { keep(i, i); }
  EXPECT_EQ(recent.size(), RecentReleases::kMost);
  EXPECT_FALSE(recent.find("999", 6000).has_value());
  EXPECT_TRUE(recent.find("1000", 6000).has_value());
  for (int i = 0; i < 50'000; ++i) { keep(5999, 6000); }
  EXPECT_TRUE(recent.find("5999", 6000).has_value());
  keep(1, 6000 + RecentReleases::kKeptMs);
  EXPECT_EQ(recent.size(), 1U);
}

}  // namespace
}  // namespace quarry::search
