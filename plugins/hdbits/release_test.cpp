// SPDX-License-Identifier: MIT
#include "release.hpp"

#include <gtest/gtest.h>

namespace quarry::hdbits {
namespace {

std::optional<Release> read(const std::string& json) {
  const auto document = sdk::JsonDocument::parse(json);
  EXPECT_TRUE(document.ok()) << json;
  return read_release(document->root());
}
/// A row with these members beside id and name.
Release with(const std::string& members) {
  auto r = read(R"({"id":1,"name":"N","filename":"F.torrent")" + members + '}');
  EXPECT_TRUE(r.has_value()) << members;
  return r.value_or(Release());
}

TEST(Release, ReadsAFullRow) {
  const auto r = read(
      R"({"id":"257142","hash":"EABC50AEF9F53CEDED84ADF14144D3368E586F3A","name":"Supernatural","filename":"Supernatural.S10E17.1080p.WEB-DL.TORRENT",
         "size":1718009717,"seeders":2,"leechers":1,"times_completed":12,"numfiles":1,"utadded":1428179446,"freeleech":"yes","type_category":2,
         "type_codec":1,"type_medium":6,"type_origin":1,"type_exclusive":1,"imdb":{"id":460681,"englishtitle":"Supernatural"}})");
  ASSERT_TRUE(r.has_value());
  EXPECT_EQ(r->id, 257142);
  EXPECT_EQ(r->title, "Supernatural.S10E17.1080p.WEB-DL");
  EXPECT_EQ(r->infohash, "eabc50aef9f53ceded84adf14144d3368e586f3a");
  EXPECT_EQ(r->imdb_id, "tt0460681");
  EXPECT_EQ(r->category, "TV");
  EXPECT_EQ(r->flags, sdk::kFreeleech | sdk::kInternal | sdk::kExclusive);
  EXPECT_EQ(r->size_bytes, 1718009717);
  EXPECT_EQ(r->published_at_ms, 1428179446000);
  EXPECT_EQ(r->seeders, 2);
  EXPECT_EQ(r->leechers, 1);
  EXPECT_EQ(r->grabs, 12);
  EXPECT_EQ(r->files, 1);
  EXPECT_EQ(r->download_factor, 0);
  EXPECT_EQ(r->upload_factor, 1);
}

TEST(Release, NumbersMayBeText) {
  const Release r =
      with(R"(,"size":"5","seeders":"7","utadded":"1428179446","type_category":"3","imdb":{"id":"tt0133093"})");
  EXPECT_EQ(r.size_bytes, 5);
  EXPECT_EQ(r.seeders, 7);
  EXPECT_EQ(r.published_at_ms, 1428179446000);
  EXPECT_EQ(r.category, "Documentary");
  EXPECT_EQ(r.imdb_id, "tt0133093");
}

TEST(Release, WhatIsMissingOrAbsurdIsUnknown) {
  for (
      const char* members :
      {"", R"(,"hash":null,"size":null,"seeders":null,"leechers":null,"utadded":null,"imdb":null,"type_category":null)",
       R"(,"hash":"xyz","size":-1,"seeders":-4,"leechers":99999999999,"utadded":9223372036854775807,"imdb":{"id":-1},"type_category":99)",
       R"(,"hash":7,"size":"big","seeders":{},"leechers":[],"utadded":1e300,"imdb":[1],"type_category":"x")"}) {
    const Release r = with(members);
    EXPECT_EQ(r.infohash, "") << members;
    EXPECT_EQ(r.imdb_id, "") << members;
    EXPECT_EQ(r.category, "") << members;
    EXPECT_EQ(r.size_bytes, -1) << members;
    EXPECT_EQ(r.seeders, -1) << members;
    EXPECT_EQ(r.leechers, -1) << members;
    EXPECT_EQ(r.published_at_ms, 0) << members;
  }
}

TEST(Release, WithoutIdOrNameThereIsNone) {
  for (const char* json :
       {"{}", "[]", "null", "3", R"({"id":1})", R"({"id":0,"name":"N"})", R"({"id":"1x","name":"N"})",
        R"({"id":1.5,"name":"N"})", R"({"name":"N"})", R"({"id":1,"name":"","filename":".torrent"})"}) {
    EXPECT_FALSE(read(json).has_value()) << json;
  }
}

TEST(Release, TitleIsTheFileNameExceptWhereItFollowsNoRule) {
  EXPECT_EQ(with("").title, "F");
  EXPECT_EQ(with(R"(,"type_category":7)").title, "N");
  EXPECT_EQ(with(R"(,"type_medium":1)").title, "N");
  EXPECT_EQ(with(R"(,"type_medium":5)").title, "F");
  EXPECT_EQ(read(R"({"id":1,"name":"N"})")->title, "N");
  EXPECT_EQ(read(R"({"id":1,"filename":"F.torrent","type_medium":1})")->title, "F");
}

TEST(Release, FactorsFollowTheSitesRulesFirstMatchWins) {
  struct Case {
    const char* members;
    double down, up;
  };
  for (const Case& c : std::initializer_list<Case>{{R"(,"type_category":1,"type_medium":3)", 1, 1},
                                                   {R"(,"freeleech":"yes","type_category":7)", 0, 1},
                                                   {R"(,"freeleech":"no","type_category":7,"type_medium":1)", 0, 0},
                                                   {R"(,"type_medium":1)", 0.5, 1},
                                                   {R"(,"type_medium":4)", 0.5, 1},
                                                   {R"(,"type_medium":5)", 0.5, 1},
                                                   {R"(,"type_medium":6)", 1, 1},
                                                   {R"(,"type_origin":1)", 0.5, 1},
                                                   {R"(,"type_category":2)", 0.5, 1},
                                                   {R"(,"type_category":3)", 0.5, 1}}) {
    EXPECT_EQ(with(c.members).download_factor, c.down) << c.members;
    EXPECT_EQ(with(c.members).upload_factor, c.up) << c.members;
  }
}

TEST(Release, BadRowsDoNotSpoilThePage) {
  const auto document = sdk::JsonDocument::parse(R"([{"id":1,"name":"A"},null,{"id":"x"},7,{"id":"2","name":"B"}])");
  std::size_t unreadable = 0;
  const auto all = read_releases(document->root(), unreadable);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].title, "B");
  EXPECT_EQ(unreadable, 3U);
}

TEST(Release, DataMayBeAnObjectOrNothing) {
  std::size_t unreadable = 0;
  const auto object = sdk::JsonDocument::parse(R"({"0":{"id":1,"name":"A"},"2":{"id":2,"name":"B"}})");
  EXPECT_EQ(read_releases(object->root(), unreadable).size(), 2U);
  EXPECT_TRUE(read_releases(sdk::Json(), unreadable).empty());
  const auto text = sdk::JsonDocument::parse(R"("none")");
  EXPECT_TRUE(read_releases(text->root(), unreadable).empty());
  EXPECT_EQ(unreadable, 0U);
}

}  // namespace
}  // namespace quarry::hdbits
