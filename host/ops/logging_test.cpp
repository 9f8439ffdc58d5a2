// SPDX-License-Identifier: MIT
#include "ops/logging.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

namespace quarry::ops {
namespace {

using namespace std::string_view_literals;
using sdk::LogLevel;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

/// What is written to stderr while it lives.
class Logging : public testing::Test {
 protected:
  void SetUp() override {
    init_logging(LogLevel::info);
    testing::internal::CaptureStderr();
  }
  void TearDown() override {
    if (!read_) { testing::internal::GetCapturedStderr(); }
    init_logging(LogLevel::info);
  }
  std::string written() {
    read_ = true;
    return testing::internal::GetCapturedStderr();
  }

 private:
  bool read_ = false;
};

std::string utc_minute() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M", &utc);
  return text.data();
}

TEST_F(Logging, WritesTimeLevelComponentAndTextOnOneLine) {
  log(LogLevel::warning, "queue", "download 7: no answer");
  EXPECT_THAT(written(), MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z "
                                      "warning queue: download 7: no answer\n"));
}

TEST_F(Logging, TimeIsUtcWhateverTheTimeZoneIs) {
  const char* zone = std::getenv("TZ");
  const std::string before = zone == nullptr ? "" : zone;
  setenv("TZ", "UTC-14", 1);
  tzset();
  const std::string early = utc_minute();
  log(LogLevel::info, "test", "x");
  const std::string late = utc_minute();
  zone == nullptr ? unsetenv("TZ") : setenv("TZ", before.c_str(), 1);
  tzset();
  EXPECT_THAT(written(), testing::AnyOf(StartsWith(early), StartsWith(late)));
}

TEST_F(Logging, LeavesOutWhatIsUnderTheLevel) {
  EXPECT_FALSE(log_enabled(LogLevel::debug));
  log(LogLevel::debug, "test", "unseen");
  init_logging(LogLevel::error);
  log(LogLevel::warning, "test", "unseen");
  log(LogLevel::error, "test", "seen");
  init_logging(LogLevel::debug);
  EXPECT_TRUE(log_enabled(LogLevel::debug));
  log(LogLevel::debug, "test", "seen too");
  const std::string text = written();
  EXPECT_THAT(text, Not(HasSubstr("unseen")));
  EXPECT_THAT(text, HasSubstr("error test: seen\n"));
  EXPECT_THAT(text, HasSubstr("debug test: seen too\n"));
}

TEST_F(Logging, TextIsNoFormat) {
  log(LogLevel::info, "test", "100 {} %s {0:d}");
  EXPECT_THAT(written(), EndsWith("info test: 100 {} %s {0:d}\n"));
}

TEST_F(Logging, ControlCharactersCannotMakeALine) {
  log(LogLevel::info, "te\nst", "a\nb\tc\x1b[31m\0d\x7f é"sv);
  EXPECT_THAT(written(), EndsWith("info te\\nst: a\\nb\\tc\\x1b[31m\\x00d\\x7f é\n"));
}

TEST_F(Logging, CutsALongText) {
  log(LogLevel::info, "test", std::string(100'000, 'x'));
  const std::string text = written();
  EXPECT_LT(text.size(), 17'000U);
  EXPECT_THAT(text, EndsWith("(cut)\n"));
}

TEST_F(Logging, MasksSecretsInEachOfTheirForms) {
  register_secret("p@ss \"wörd\"");
  log(LogLevel::info, "test",
      "raw p@ss \"wörd\", in a URL ?k=p%40ss%20%22w%C3%B6rd%22&l=p%40ss%20%22w%c3%b6rd%22, in JSON p@ss \\\"wörd\\\".");
  EXPECT_THAT(written(), EndsWith("info test: raw [secret], in a URL ?k=[secret]&l=[secret], in JSON [secret].\n"));
}

TEST_F(Logging, ASecretThatCrossesTheCutLeavesNoPiece) {
  register_secret("crossing-the-cut-7261");
  log(LogLevel::info, "test", std::string(std::size_t{16} * 1024 - 8, 'x') + "crossing-the-cut-7261");
  EXPECT_THAT(written(), Not(HasSubstr("cross")));
}

TEST(Redact, TheLongerOfTwoSecretsWithOneBeginningLeavesNoTail) {
  register_secret("alpha-4411");
  register_secret("alpha-4411-omega");
  EXPECT_EQ(redact("alpha-4411-omega alpha-4411 alpha"), "[secret] [secret] alpha");
}

TEST(Redact, AnEmptySecretChangesNothing) {
  register_secret("");
  EXPECT_EQ(redact("plain"), "plain");
}

TEST(Redact, AShortSecretIsAWholeWordOrNone) {
  register_secret("zq");
  EXPECT_EQ(redact("zq, azq zqa zqzq; k=zq"), "[secret], azq zqa zqzq; k=[secret]");
}

TEST(Redact, ASecretThatIsPartOfTheMaskIsMaskedOnce) {
  register_secret("[");
  EXPECT_EQ(redact("a[b["), "a[secret]b[secret]");
}

TEST_F(Logging, LinesOfManyThreadsStayWhole) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 100; ++i) {
        register_secret("thread-secret-" + std::to_string(t) + "-" + std::to_string(i));
        log(LogLevel::info, "test", "thread-secret-" + std::to_string(t) + "-" + std::to_string(i) + "|");
      }
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  const std::string text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 800);
  EXPECT_EQ(text.find("thread-secret"), std::string::npos);
}

}  // namespace
}  // namespace quarry::ops
