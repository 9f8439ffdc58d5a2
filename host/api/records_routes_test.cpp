// SPDX-License-Identifier: MIT
// Films of grabs, history, blocklist and tags, as a caller meets them.
#include "api/testing/api_world.hpp"

#include <gtest/gtest.h>

namespace quarry::api {
namespace {

using testing::ApiWorld;
using testing::Call;

constexpr const char* kHashA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
constexpr const char* kHashB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
constexpr const char* kUhd = "The.Matrix.1999.2160p.UHD.BluRay.x265-GRP";

/// A queue that refuses a film that was there a moment ago.
class Refusing final : public sdk::QueueStore {
 public:
  explicit Refusing(sdk::QueueStore& store) : store_(store) {}
  std::function<void()> at_enqueue;

  sdk::Status enqueue(sdk::CallContext& ctx, std::span<const sdk::NewDownload> items,
                      sdk::OutcomeSink& out) noexcept override {
    at_enqueue();
    return store_.enqueue(ctx, items, out);
  }
  sdk::Status open(sdk::CallContext& ctx) noexcept override { return store_.open(ctx); }
  sdk::Status claim(sdk::CallContext& ctx, const sdk::ClaimRequest& r, sdk::DownloadSink& s) noexcept override {
    return store_.claim(ctx, r, s);
  }
  sdk::Status heartbeat(sdk::CallContext& ctx, std::string_view owner, std::int64_t ms,
                        std::span<const sdk::LeaseRef> leases, sdk::OutcomeSink& s) noexcept override {
    return store_.heartbeat(ctx, owner, ms, leases, s);
  }
  sdk::Status record_intent(sdk::CallContext& ctx, const sdk::Intent& i, sdk::OutcomeSink& s) noexcept override {
    return store_.record_intent(ctx, i, s);
  }
  sdk::Status metainfo(sdk::CallContext& ctx, std::int64_t id, sdk::ByteSink& s) noexcept override {
    return store_.metainfo(ctx, id, s);
  }
  sdk::Status transition(sdk::CallContext& ctx, std::span<const sdk::Transition> c,
                         sdk::OutcomeSink& s) noexcept override {
    return store_.transition(ctx, c, s);
  }
  sdk::Status edit(sdk::CallContext& ctx, const sdk::Edit& e, sdk::OutcomeSink& s) noexcept override {
    return store_.edit(ctx, e, s);
  }
  sdk::Status rescue(sdk::CallContext& ctx, std::string_view command, std::string_view owner, std::int32_t limit,
                     sdk::DownloadSink& s) noexcept override {
    return store_.rescue(ctx, command, owner, limit, s);
  }
  sdk::Status record_progress(sdk::CallContext& ctx, std::span<const sdk::Progress> p,
                              sdk::OutcomeSink& s) noexcept override {
    return store_.record_progress(ctx, p, s);
  }
  sdk::Status find(sdk::CallContext& ctx, const sdk::FindRequest& r, sdk::DownloadSink& s) noexcept override {
    return store_.find(ctx, r, s);
  }
  sdk::Status list(sdk::CallContext& ctx, const sdk::ListRequest& r, sdk::DownloadSink& s,
                   std::int64_t& total) noexcept override {
    return store_.list(ctx, r, s, total);
  }
  sdk::Status set_lane(sdk::CallContext& ctx, const sdk::LaneSettings& l) noexcept override {
    return store_.set_lane(ctx, l);
  }
  sdk::Status stats(sdk::CallContext& ctx, std::string_view lane, sdk::Stats& out) noexcept override {
    return store_.stats(ctx, lane, out);
  }
  sdk::Status events_since(sdk::CallContext& ctx, std::int64_t after, std::int32_t limit,
                           sdk::EventSink& s) noexcept override {
    return store_.events_since(ctx, after, limit, s);
  }
  sdk::Status prune(sdk::CallContext& ctx, std::uint32_t states, std::int64_t before, std::int32_t limit,
                    std::int64_t& removed) noexcept override {
    return store_.prune(ctx, states, before, limit, removed);
  }
  sdk::Status take_duty(sdk::CallContext& ctx, const sdk::DutyRequest& r, sdk::Duty& out) noexcept override {
    return store_.take_duty(ctx, r, out);
  }

 private:
  sdk::QueueStore& store_;
};

class RecordsRoutesTest : public ::testing::Test {
 protected:
  void expect_error(const Call& call, int status, std::string_view code, std::string_view in_message = "") {
    EXPECT_EQ(call.status, status) << call.body;
    EXPECT_EQ(call.json()["code"].as_string(), code) << call.body;
    EXPECT_NE(call.json()["message"].as_string().find(in_message), std::string_view::npos) << call.body;
    EXPECT_FALSE(call.json()["description"].as_string().empty());
  }
  Call post_grab(std::string_view hash, std::string_view more) {
    return world_.call("POST", "/api/v3/queue/grab",
                       R"({"magnet_url":"magnet:?xt=urn:btih:)" + std::string(hash) + "\"" + std::string(more) + "}");
  }
  std::int64_t film_of_grab(std::string_view hash, std::string_view more) {
    const Call call = post_grab(hash, more);
    EXPECT_EQ(call.status, 201) << call.body;
    return call.json()["movieId"].as_int();
  }
  std::int64_t total(std::string_view target) { return world_.call("GET", target).json()["totalRecords"].as_int(); }
  std::size_t films() { return world_.call("GET", "/api/v3/movie").json().size(); }
  void offer_the_matrix() {
    world_.indexer.releases = {{"1", kUhd, kHashA, 60'000'000'000, 12},
                               {"2", "The.Matrix.1999.1080p.BluRay.x264-GRP", "", 9'000'000'000, 40}};
  }
  Call auto_grab() {
    return world_.call("POST", "/api/v3/queue/auto", R"({"movie":{"title":"The Matrix","year":1999,"tmdbId":603}})");
  }

  ApiWorld world_;
};

TEST_F(RecordsRoutesTest, AGrabMakesItsFilmOnceHoweverItNamesIt) {
  const std::int64_t film = film_of_grab(kHashA, R"(,"movie":{"title":"The Matrix","year":1999,"runtime":136})");
  EXPECT_EQ(film_of_grab(kHashB, R"(,"movie":{"title":"the matrix","year":1999,"tmdb_id":603})"), film);
  EXPECT_EQ(film_of_grab(std::string(40, 'c'), R"(,"tmdbId":603)"), film);
  EXPECT_EQ(film_of_grab(std::string(40, 'd'), R"(,"movieId":1)"), film);
  EXPECT_NE(film_of_grab(std::string(40, 'e'), R"(,"imdbId":"tt0013442")"), film);
  EXPECT_EQ(films(), 2U);
  const auto json = world_.call("GET", "/api/v3/movie/1").json();
  EXPECT_EQ(json["title"].as_string(), "The Matrix");
  EXPECT_EQ(json["tmdbId"].as_int(), 603);
  EXPECT_EQ(json["runtime"].as_int(), 136);
  EXPECT_EQ(world_.call("GET", "/api/v3/movie?tmdbId=603").json().at(0)["id"].as_int(), film);
  EXPECT_EQ(world_.call("GET", "/api/v3/movie?tmdbId=604").json().size(), 0U);
  EXPECT_EQ(total("/api/v3/queue?movieId=1"), 4);
}

TEST_F(RecordsRoutesTest, AGrabNeedsNoFilm) {
  const Call call = post_grab(kHashA, "");
  EXPECT_EQ(call.status, 201) << call.body;
  EXPECT_FALSE(call.json()["movieId"].present());
  EXPECT_EQ(films(), 0U);
}

TEST_F(RecordsRoutesTest, AGrabForAFilmThatNobodyKnowsIsRefused) {
  const Call call = post_grab(kHashA, R"(,"movie_id":7)");
  expect_error(call, 422, "invalid", "there is no film with id 7");
  EXPECT_EQ(call.json()["field"].as_string(), "movie_id");
  EXPECT_EQ(total("/api/v3/queue"), 0);
  offer_the_matrix();
  expect_error(world_.call("POST", "/api/v3/queue/auto", R"({"term":"the matrix","movie_id":7})"), 422, "invalid",
               "there is no film with id 7");
}

TEST_F(RecordsRoutesTest, AFilmThatIsRemovedThisMomentIsRefusedInTheSameWords) {
  const std::int64_t film = film_of_grab(kHashA, R"(,"tmdbId":603)");
  EXPECT_EQ(world_.call("DELETE", "/api/v3/queue/1").status, 200);
  world_.clock.advance(1000);
  EXPECT_EQ(world_.call("DELETE", "/api/v3/queue/cleanup?olderThanDays=0").json()["removed"].as_int(), 1);
  Refusing store(world_.store);
  store.at_enqueue = [&] {
    sdk::RecordWrite remove;
    remove.kind = sdk::WriteKind::remove;
    remove.collection = "movies";
    remove.id = film;
    const auto removed = world_.records.client().write_surely(remove);
    ASSERT_TRUE(removed);
    ASSERT_EQ(removed->result, sdk::WriteResult::applied);
  };
  queue::QueueService queue(
      store, world_.clock, {}, [] { return std::string("other-1"); }, [] {});
  Services services{queue, world_.search, world_.clock, "5.28.0.1"};
  services.records = &world_.records;
  world_.table = routes(services);
  expect_error(post_grab(kHashB, R"(,"movie_id":1)"), 422, "invalid", "there is no film with id 1");
}

TEST_F(RecordsRoutesTest, WhatNamesNoFilmIsRefused) {
  for (const char* bad : {R"("movie":"x")", R"("movie":{})", R"("movie":{"title":"The Matrix"})",
                          R"("movie":{"title":"The Matrix","year":"x"})", R"("tmdbId":-1)", R"("imdbId":"nm12")"}) {
    expect_error(post_grab(kHashA, "," + std::string(bad)), 422, "invalid");
  }
  EXPECT_EQ(films(), 0U);
  EXPECT_EQ(total("/api/v3/queue"), 0);
}

TEST_F(RecordsRoutesTest, AutoMakesTheFilmWhenItGrabs) {
  const Call none = auto_grab();
  EXPECT_FALSE(none.json()["grabbed"].as_bool(true));
  EXPECT_EQ(films(), 0U);
  offer_the_matrix();
  const Call call = auto_grab();
  EXPECT_EQ(call.status, 201) << call.body;
  EXPECT_EQ(call.json()["item"]["movieId"].as_int(), 1);
  EXPECT_EQ(films(), 1U);
}

TEST_F(RecordsRoutesTest, UnknownIdsAre404) {
  for (const char* id : {"99", "0", "abc"}) {
    expect_error(world_.call("GET", std::string("/api/v3/movie/") + id), 404, "not_found");
    expect_error(world_.call("GET", std::string("/api/v3/tag/") + id), 404, "not_found");
    expect_error(world_.call("DELETE", std::string("/api/v3/tag/") + id), 404, "not_found");
    expect_error(world_.call("DELETE", std::string("/api/v3/blocklist/") + id), 404, "not_found");
  }
}

TEST_F(RecordsRoutesTest, HistoryTellsTheLatestFirst) {
  const std::int64_t first = world_.downloading("Alien.1979.1080p.BluRay.x264-GRP", kHashB);
  world_.clock.advance(1000);
  static_cast<void>(film_of_grab(kHashA, R"(,"tmdbId":603)"));
  world_.clock.advance(1000);
  EXPECT_EQ(world_.call("DELETE", "/api/v3/queue/2").status, 200);
  world_.write_history();
  const auto json = world_.call("GET", "/api/v3/history").json();
  EXPECT_EQ(json["totalRecords"].as_int(), 3);
  EXPECT_EQ(json["sortKey"].as_string(), "date");
  EXPECT_EQ(json["sortDirection"].as_string(), "descending");
  const auto records = json["records"];
  EXPECT_EQ(records.at(0)["eventType"].as_string(), "downloadIgnored");
  EXPECT_EQ(records.at(0)["movieId"].as_int(), 1);
  EXPECT_EQ(records.at(0)["data"]["message"].as_string(), "removed");
  EXPECT_EQ(records.at(1)["eventType"].as_string(), "grabbed");
  EXPECT_EQ(records.at(1)["movieId"].as_int(), 1);
  EXPECT_EQ(records.at(2)["sourceTitle"].as_string(), "Alien.1979.1080p.BluRay.x264-GRP");
  EXPECT_FALSE(records.at(2)["movieId"].present());
  EXPECT_EQ(records.at(2)["data"]["queueId"].as_string(), std::to_string(first));
  EXPECT_EQ(records.at(2)["downloadId"].as_string(), std::string(40, 'B'));
  EXPECT_EQ(records.at(2)["quality"]["quality"]["name"].as_string(), "Bluray-1080p");
  const Call page = world_.call("GET", "/api/v3/history?sortDirection=ascending&pageSize=1&page=2");
  EXPECT_EQ(page.json()["records"].at(0)["id"].as_int(), records.at(1)["id"].as_int());
  EXPECT_EQ(total("/api/v3/history?movieId=1"), 2);
  EXPECT_EQ(total("/api/v3/history?eventType=Grabbed"), 2);
  EXPECT_EQ(total("/api/v3/history?eventType=9"), 1);
  EXPECT_EQ(total("/api/v3/history?eventType=completed"), 0);
}

TEST_F(RecordsRoutesTest, PagesRefuseWhatTheyCannotMean) {
  for (const char* bad :
       {"page=0", "page=x", "pageSize=0", "sortDirection=up", "page=11&pageSize=1000", "page=10001"}) {
    for (const char* list : {"history", "blocklist"}) {
      expect_error(world_.call("GET", std::string("/api/v3/") + list + "?" + bad), 422, "invalid",
                   std::string(bad).substr(0, std::string(bad).find('=')));
    }
  }
  expect_error(world_.call("GET", "/api/v3/history?eventType=5"), 422, "invalid", "downloadFailed");
  const auto wide = world_.call("GET", "/api/v3/history?pageSize=5000&sortKey=whatever").json();
  EXPECT_EQ(wide["pageSize"].as_int(), 1000);
  EXPECT_EQ(wide["sortKey"].as_string(), "date");
}

TEST_F(RecordsRoutesTest, WhatAPersonBlocksIsNotTakenByItselfAgain) {
  offer_the_matrix();
  EXPECT_EQ(auto_grab().json()["item"]["title"].as_string(), kUhd);
  EXPECT_EQ(world_.call("DELETE", "/api/v3/queue/1?blocklist=true").body, "{}");
  EXPECT_EQ(world_.call("GET", "/api/v3/queue/1").json()["state"].as_string(), "cancelled");
  const auto entry = world_.call("GET", "/api/v3/blocklist").json()["records"].at(0);
  EXPECT_EQ(entry["sourceTitle"].as_string(), kUhd);
  EXPECT_EQ(entry["movieId"].as_int(), 1);
  EXPECT_EQ(entry["indexer"].as_string(), "hdbits");

  const auto found = world_.call("GET", "/api/v3/release?term=the+matrix").json();
  EXPECT_EQ(found.at(1)["title"].as_string(), kUhd) << "those that may be taken come first";
  EXPECT_EQ(found.at(1)["rejections"].at(0).as_string(), "blocklist: removed and blocked by a person");
  EXPECT_EQ(auto_grab().json()["item"]["title"].as_string(), "The.Matrix.1999.1080p.BluRay.x264-GRP");
  EXPECT_EQ(world_.call("DELETE", "/api/v3/queue/2?blocklist=True").body, "{}");
  const Call none = auto_grab();
  EXPECT_FALSE(none.json()["grabbed"].as_bool(true)) << none.body;
  EXPECT_NE(none.json()["message"].as_string().find("blocklist"), std::string_view::npos) << none.body;

  const std::string id(found.at(1)["id"].as_string());
  EXPECT_EQ(world_.call("POST", "/api/v3/queue/grab/" + id).status, 201) << "a person may take it all the same";
  const std::string place = "/api/v3/blocklist/" + std::to_string(entry["id"].as_int());
  EXPECT_EQ(world_.call("DELETE", place).body, "{}");
  EXPECT_EQ(total("/api/v3/blocklist"), 1);
}

TEST_F(RecordsRoutesTest, ABlockedTorrentIsMetAgainAtAnotherIndexerByItsHash) {
  world_.two_indexers = true;
  world_.indexer.releases = {{"1", kUhd, kHashA, 60'000'000'000, 12}};
  EXPECT_EQ(auto_grab().status, 201);
  EXPECT_EQ(world_.call("DELETE", "/api/v3/queue/1?blocklist=true").body, "{}");
  world_.indexer.releases.clear();
  world_.second_indexer.releases = {{"77", kUhd, kHashA, 60'000'000'000, 12}};
  EXPECT_FALSE(auto_grab().json()["grabbed"].as_bool(true));
}

TEST_F(RecordsRoutesTest, RemovingWithoutTheWishBlocksNothing) {
  static_cast<void>(post_grab(kHashA, ""));
  EXPECT_EQ(world_.call("DELETE", "/api/v3/queue/1?blocklist=false").body, "{}");
  EXPECT_EQ(total("/api/v3/blocklist"), 0);
  expect_error(world_.call("DELETE", "/api/v3/queue/1?blocklist=x"), 422, "invalid", "blocklist");
  expect_error(world_.call("DELETE", "/api/v3/queue/99?blocklist=true"), 404, "not_found");
}

TEST_F(RecordsRoutesTest, TagsAreMadeOnce) {
  const Call made = world_.call("POST", "/api/v3/tag", R"({"label":"Classics"})");
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.header("Location"), "/api/v3/tag/1");
  EXPECT_EQ(world_.call("POST", "/api/v3/tag", R"({"label":"classics"})").json()["id"].as_int(), 1);
  EXPECT_EQ(world_.call("GET", "/api/v3/tag").body, R"([{"id":1,"label":"classics"}])");
  for (const char* bad : {"{}", R"({"label":""})", R"({"label":"  "})", R"({"label":5})"}) {
    expect_error(world_.call("POST", "/api/v3/tag", bad), 422, "invalid", "label");
  }
  EXPECT_EQ(world_.call("DELETE", "/api/v3/tag/1").body, "{}");
  EXPECT_EQ(world_.call("GET", "/api/v3/tag").body, "[]");
}

TEST_F(RecordsRoutesTest, AStorageThatKeepsNoRecordsSaysSoAndTheQueueWorks) {
  world_.services.records = nullptr;
  EXPECT_EQ(post_grab(kHashA, "").status, 201);
  for (const char* path : {"/api/v3/movie", "/api/v3/movie/1", "/api/v3/history", "/api/v3/blocklist", "/api/v3/tag"}) {
    expect_error(world_.call("GET", path), 422, "unsupported", "keeps no films");
  }
  expect_error(post_grab(kHashB, R"(,"movie_id":1)"), 422, "unsupported", "keeps no films");
  expect_error(post_grab(kHashB, R"(,"tmdbId":603)"), 422, "unsupported", "keeps no films");
  expect_error(world_.call("DELETE", "/api/v3/queue/1?blocklist=true"), 422, "unsupported", "keeps no films");
  EXPECT_EQ(total("/api/v3/queue"), 1);
  EXPECT_EQ(world_.call("DELETE", "/api/v3/queue/1").status, 200);
  offer_the_matrix();
  const Call call = auto_grab();
  EXPECT_EQ(call.status, 201) << call.body;
  EXPECT_FALSE(call.json()["item"]["movieId"].present()) << "there the film is what is searched for, and nothing else";
}

}  // namespace
}  // namespace quarry::api
