// SPDX-License-Identifier: MIT
#include <quarry/sdk/testing/scorer_contract.hpp>

#include <quarry/sdk/abi/indexer.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace quarry::sdk::testing {

// A test program may link this library for something else, and a unity build then brings the suite along.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ScorerContract);

int link_scorer_contract() { return 0; }

namespace {

constexpr std::int64_t kMost64 = std::numeric_limits<std::int64_t>::max();
constexpr std::int32_t kMost32 = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kGib = std::int64_t{1} << 30U;

class Reasons final : public ScoreSink {
 public:
  explicit Reasons(std::size_t most = SIZE_MAX) : most_(most) {}
  bool contribution(std::string_view rule, double points, std::string_view detail) noexcept override {
    EXPECT_TRUE(std::isfinite(points)) << rule << ": " << points;
    return keep({std::string(rule), std::string(detail), points, false});
  }
  bool rejection(std::string_view rule, std::string_view detail) noexcept override {
    return keep({std::string(rule), std::string(detail), 0, true});
  }
  std::vector<Verdict::Reason> all;

 private:
  bool keep(Verdict::Reason reason) {
    EXPECT_LT(all.size(), most_) << "a reason after the sink said \"enough\"";
    EXPECT_FALSE(reason.rule.empty());
    EXPECT_LE(reason.rule.size(), 40U) << "rules are short: " << reason.rule;
    all.push_back(std::move(reason));
    return all.size() < most_;
  }
  std::size_t most_;
};

/// Draws from fixed lists by a fixed seed. std::uniform_int_distribution differs between libraries.
class Draw {
 public:
  template <class T, std::size_t N>
  T of(const T (&values)[N]) {
    return values[random_() % N];
  }
  std::uint32_t bits() { return random_(); }

 private:
  std::mt19937 random_{1};
};

ScoredRelease drawn(Draw& draw) {
  static constexpr Resolution kResolutions[] = {
      Resolution::unknown, Resolution::r480p,  Resolution::r576p,  Resolution::r720p,
      Resolution::r1080p,  Resolution::r1440p, Resolution::r2160p, static_cast<Resolution>(4320)};
  static constexpr Source kSources[] = {Source::unknown, Source::cam,   Source::telesync,       Source::dvd,
                                        Source::tv,      Source::webdl, Source::webrip,         Source::bluray,
                                        Source::bluray,  Source::webdl, static_cast<Source>(99)};
  static constexpr VideoCodec kCodecs[] = {VideoCodec::unknown, VideoCodec::h264, VideoCodec::h265,
                                           VideoCodec::xvid,    VideoCodec::av1,  static_cast<VideoCodec>(99)};
  static constexpr std::string_view kNames[] = {"",
                                                "The.Matrix.1999.1080p.BluRay.DTS.x265-GRP",
                                                "The.Matrix.1999.2160p.UHD.BluRay.REMUX.HDR.HEVC-FraMeSToR",
                                                "Am\xC3\xA9lie 2001 720p \xF0\x9F\x8E\xAC",
                                                "\xFF\xFE broken \xC3",
                                                "..."};
  static constexpr std::string_view kTitles[] = {"", "The Matrix", "Matrix", "Am\xC3\xA9lie", "CAM"};
  static constexpr std::string_view kGroups[] = {"", "GRP", "FraMeSToR"};
  static constexpr std::int32_t kYears[] = {0, 1999, 2001, -1, kMost32};
  static constexpr std::int64_t kSizes[] = {-1, 0, 1, kGib, 8 * kGib, 60 * kGib, kMost64};
  static constexpr std::int64_t kAges[] = {-1, 0, 60, 1'000'000, kMost64};
  static constexpr std::int32_t kCounts[] = {-1, 0, 1, 40, 5000, kMost32};
  static constexpr std::int32_t kMinutes[] = {0, 90, 136, -1, kMost32};
  ScoredRelease r;
  r.parsed.flags = draw.bits() % 4 == 0 ? draw.bits() : 0;
  r.parsed.title = draw.of(kTitles);
  r.parsed.group = draw.of(kGroups);
  r.parsed.year = draw.of(kYears);
  r.parsed.version = draw.of(kCounts);
  r.parsed.resolution = draw.of(kResolutions);
  r.parsed.source = draw.of(kSources);
  r.parsed.codec = draw.of(kCodecs);
  r.candidate.flags = draw.bits() % 8;
  r.candidate.name = draw.of(kNames);
  r.candidate.indexer = "indexer-1";
  r.candidate.size_bytes = draw.of(kSizes);
  r.candidate.age_minutes = draw.of(kAges);
  r.candidate.seeders = draw.of(kCounts);
  r.candidate.leechers = draw.of(kCounts);
  r.wanted.year = draw.of(kYears);
  r.wanted.title = draw.of(kTitles);
  r.wanted.runtime_minutes = draw.of(kMinutes);
  return r;
}

Status call(Scorer& scorer, CallContext& ctx, const ScoredRelease& release, ScoreSink& sink, Score& out) {
  Candidate candidate = release.candidate;
  candidate.parsed = &release.parsed;
  return scorer.score(ctx, candidate, release.wanted, sink, out);
}

}  // namespace

const std::vector<ScoredRelease>& ScorerContract::releases() {
  static const std::vector<ScoredRelease> kAll = [] {
    constexpr int kReleases = 1000;
    Draw draw;
    std::vector<ScoredRelease> all(1);  // the first: nothing is known of it
    for (int i = 0; i < kReleases; ++i) { all.push_back(drawn(draw)); }
    return all;
  }();
  return kAll;
}

void ScorerContract::SetUp() {
  under_test_ = GetParam().make();
  ASSERT_NE(under_test_, nullptr);
}
Verdict ScorerContract::score(Scorer& scorer, const ScoredRelease& release) {
  ManualClock clock;
  BasicContext ctx(clock, 60'000, "test");
  Reasons reasons;
  Score out;
  const Status status = call(scorer, ctx, release, reasons, out);
  EXPECT_TRUE(status.ok()) << release.candidate.name << ": " << ctx.text();
  return {out.total, out.threshold, std::move(reasons.all)};
}
std::vector<Verdict> ScorerContract::score_all() {
  std::vector<Verdict> all;
  for (const ScoredRelease& release : releases()) { all.push_back(score(release)); }
  return all;
}

TEST_P(ScorerContract, TheContributionsAddUpToTheTotal) {
  for (const ScoredRelease& release : releases()) {
    const Verdict verdict = score(release);
    double sum = 0;
    double size = 1;
    for (const Verdict::Reason& reason : verdict.reasons) {
      sum += reason.points;
      size += std::abs(reason.points);
    }
    ASSERT_NEAR(verdict.total, sum, size * 1e-9) << release.candidate.name;
  }
}

TEST_P(ScorerContract, EveryNumberIsFinite) {
  for (const ScoredRelease& release : releases()) {
    const Verdict verdict = score(release);  // the points are checked as they come
    ASSERT_TRUE(std::isfinite(verdict.total)) << release.candidate.name;
    ASSERT_TRUE(std::isfinite(verdict.threshold)) << release.candidate.name;
  }
}

TEST_P(ScorerContract, TheSameInputGivesTheSameOutput) {
  const std::vector<Verdict> first = score_all();
  const std::unique_ptr<ScorerUnderTest> other = GetParam().make();
  // Backwards, so that nothing remembered from the release before can agree.
  for (std::size_t i = releases().size(); i-- > 0;) {
    ASSERT_TRUE(score(releases()[i]) == first[i]) << releases()[i].candidate.name;
    ASSERT_TRUE(score(other->scorer(), releases()[i]) == first[i]) << "another instance";
  }
}

TEST_P(ScorerContract, ReleasesHaveOneOrder) {
  const std::vector<Verdict> verdicts = score_all();
  const auto better = [&](std::size_t a, std::size_t b) {
    return verdicts[a].total > verdicts[b].total || (verdicts[a].total == verdicts[b].total && a < b);
  };
  std::vector<std::size_t> order(verdicts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), better);
  // Every two are comparable, also those that sorting never compared: with a NaN among them they are not.
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t k = i + 1; k < order.size(); ++k) { ASSERT_TRUE(better(order[i], order[k])) << i << ", " << k; }
  }
  EXPECT_GT(verdicts[order.front()].total, verdicts[order.back()].total) << "all releases are equally good";
}

TEST_P(ScorerContract, ASinkThatHasEnoughIsGivenNoMore) {
  for (const ScoredRelease& release : releases()) {
    const Verdict whole = score(release);
    ManualClock clock;
    BasicContext ctx(clock, 60'000, "test");
    Reasons first(1);  // fails by itself when it is given a second
    Score out;
    ASSERT_TRUE(call(scorer(), ctx, release, first, out).ok()) << ctx.text();
    ASSERT_EQ(first.all.size(), std::min<std::size_t>(whole.reasons.size(), 1));
    ASSERT_EQ(out.total, whole.total) << "the total counts what the sink did not want to hear, too";
  }
}

TEST_P(ScorerContract, CallsAtOnceDoNotDisturbEachOther) {
  const std::vector<Verdict> alone = score_all();
  constexpr unsigned kThreads = 4;
  std::vector<std::size_t> different(kThreads);
  at_once(kThreads, [&](unsigned thread) {
    for (std::size_t n = 0; n < alone.size(); ++n) {
      const std::size_t i = (n + thread * alone.size() / kThreads) % alone.size();
      different[thread] += score(releases()[i]) == alone[i] ? 0U : 1U;
    }
  });
  for (const std::size_t count : different) { EXPECT_EQ(count, 0U); }
}

TEST_P(ScorerContract, ACallerThatGaveUpIsAnsweredSoon) {
  const ScoredRelease& release = releases().at(1);
  const Verdict whole = score(release);
  for (const GivesUp how : {GivesUp::by_cancelling, GivesUp::by_deadline}) {
    ImpatientCaller ctx(how, 0);
    Reasons reasons;
    Score out;
    const Status status = call(scorer(), ctx, release, reasons, out);
    expect_explained(status, ctx.text(), "");
    // Computing is as quick as giving up. What is answered with ok must be right all the same.
    if (status.ok()) {
      EXPECT_EQ(out.total, whole.total);
    } else {
      EXPECT_EQ(status.code, how == GivesUp::by_cancelling ? Code::cancelled : Code::deadline) << ctx.text();
    }
  }
}

}  // namespace quarry::sdk::testing
