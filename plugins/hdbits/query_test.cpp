// SPDX-License-Identifier: MIT
#include "query.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <gtest/gtest.h>

namespace quarry::hdbits {
namespace {

Settings settings() {
  Settings s;
  s.username = "al\"ice";
  s.passkey = "s3cr3t-passkey";
  s.categories = {1, 3};
  return s;
}

sdk::IndexerQuery query(std::string_view term, std::string_view imdb = {}, std::int32_t year = 0) {
  sdk::IndexerQuery q;
  q.term = term;
  q.imdb_id = imdb;
  q.year = year;
  return q;
}

TEST(Query, RunsOfOtherCharactersBecomeOneSpace) {
  EXPECT_EQ(words_of("  The.Matrix:  (1999) -- [x]!"), "The Matrix 1999 x");
  EXPECT_EQ(words_of("Am\xC3\xA9lie's"), "Am\xC3\xA9lie s");
  EXPECT_EQ(words_of("a_b"), "a_b");
  EXPECT_EQ(words_of("?!"), "");
}

TEST(Query, ReadsImdbIds) {
  EXPECT_EQ(imdb_number("tt0133093"), 133093);
  EXPECT_EQ(imdb_number("12345678"), 12345678);
  for (const char* wrong : {"", "tt", "ttx", "tt12x", "tt-5", "tt0", "nm0000206", "tt99999999999999"}) {
    EXPECT_EQ(imdb_number(wrong), std::nullopt) << wrong;
  }
}

TEST(Query, PrefersTheImdbId) {
  const SiteQuery q = site_query(query("The Matrix", "tt0133093", 1999));
  EXPECT_EQ(canonical_body(settings(), q), R"({"category":[1,3],"imdb":{"id":133093},"limit":100,"page":0})");
}

TEST(Query, AddsTheYearToATitleOnce) {
  EXPECT_EQ(site_query(query("The Matrix", "", 1999)).text, "The Matrix 1999");
  EXPECT_EQ(site_query(query("The Matrix 1999", "", 1999)).text, "The Matrix 1999");
  EXPECT_EQ(site_query(query("19990", "", 1999)).text, "19990 1999");
  EXPECT_EQ(site_query(query("The Matrix", "nonsense", 0)).text, "The Matrix");
}

TEST(Query, WithoutWordsItListsTheNewest) {
  EXPECT_EQ(canonical_body(Settings(), site_query(query("", "", 1999))), R"({"limit":100,"page":0})");
}

TEST(Query, RefusesWhatCannotBeSent) {
  EXPECT_THROW(static_cast<void>(site_query(query("!!!"))), sdk::Error);
  EXPECT_THROW(static_cast<void>(site_query(query("", "nm0000206"))), sdk::Error);
}

TEST(Query, PagesFromOffsets) {
  sdk::IndexerQuery q = query("x");
  q.limit = 500;
  q.offset = 250;
  EXPECT_EQ(site_query(q).limit, 100);
  EXPECT_EQ(site_query(q).page, 2);
  q.limit = -1;
  q.offset = -5;
  EXPECT_EQ(site_query(q).limit, 1);
  EXPECT_EQ(site_query(q).page, 0);
}

TEST(Query, CredentialsJoinTheBodyButNotItsCanonicalForm) {
  Settings s = settings();
  s.codecs = {5};
  s.mediums = {3, 6};
  s.origins = {1};
  const std::string canonical = canonical_body(s, site_query(query("x")));
  EXPECT_EQ(canonical,
            R"({"category":[1,3],"codec":[5],"medium":[3,6],"origin":[1],"search":"x","limit":100,"page":0})");
  EXPECT_EQ(with_credentials(s, "{}"), R"({"username":"al\"ice","passkey":"s3cr3t-passkey"})");
  const auto body = sdk::JsonDocument::parse(with_credentials(s, canonical));
  ASSERT_TRUE(body.ok());
  EXPECT_EQ((*body)["username"].as_string(), "al\"ice");
  EXPECT_EQ((*body)["passkey"].as_string(), "s3cr3t-passkey");
  EXPECT_EQ((*body)["search"].as_string(), "x");
}

}  // namespace
}  // namespace quarry::hdbits
