// SPDX-License-Identifier: MIT
// Every route, as a caller meets it.
#include "api/testing/api_world.hpp"

#include <gtest/gtest.h>

#include <set>

namespace quarry::api {
namespace {

using testing::ApiWorld;
using testing::Call;

constexpr const char* kHashA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
constexpr const char* kHashB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

std::string magnet(std::string_view hash, std::string_view name = "") {
  std::string out = "magnet:?xt=urn:btih:" + std::string(hash);
  return name.empty() ? out : out + "&dn=" + std::string(name);
}
std::string grab_body(std::string_view hash, std::string_view more = "") {
  return R"({"title":"Film )" + std::string(hash.substr(0, 2)) + R"(","magnet_url":")" + magnet(hash) + "\"" +
         std::string(more) + "}";
}

class RoutesTest : public ::testing::Test {
 protected:
  void expect_error(const Call& call, int status, std::string_view code, std::string_view in_message = "") {
    EXPECT_EQ(call.status, status) << call.body;
    const auto json = call.json();
    EXPECT_EQ(json["code"].as_string(), code) << call.body;
    EXPECT_NE(json["message"].as_string().find(in_message), std::string_view::npos) << call.body;
    EXPECT_FALSE(json["description"].as_string().empty());
    EXPECT_EQ(json["requestId"].as_string(), "3f9d1c02-17");
  }
  /// Grabs a magnet and answers the id.
  std::int64_t grab(std::string_view hash, std::string_view more = "") {
    const Call call = world_.call("POST", "/api/v3/queue/grab", grab_body(hash, more));
    EXPECT_EQ(call.status, 201) << call.body;
    return call.json()["id"].as_int();
  }
  void offer_the_matrix() {
    world_.indexer.releases = {{"1", "The.Matrix.1999.2160p.UHD.BluRay.x265-GRP", kHashA, 60'000'000'000, 12},
                               {"2", "The.Matrix.1999.1080p.WEB-DL.x264-GRP", kHashB, 9'000'000'000, 40},
                               {"3", "The.Matrix.1999.2160p.CAM.BluRay-BAD", "", 1'000'000'000, 500}};
  }

  ApiWorld world_;
};

TEST_F(RoutesTest, PingAndStatus) {
  EXPECT_EQ(world_.call("GET", "/ping").body, R"({"status":"OK"})");
  const auto json = world_.call("GET", "/api/v3/system/status").json();
  EXPECT_EQ(json["appName"].as_string(), "Radarr");
  EXPECT_EQ(json["version"].as_string(), "5.28.0.1");
}

TEST_F(RoutesTest, OnlySignsOfLifeArePublicAndSearchesAreSlow) {
  std::set<std::string> slow, open;
  for (const Route& route : world_.table) {
    EXPECT_EQ(route.body_limit, 1024U * 1024);
    if (!route.auth) { open.insert(route.pattern); }
    if (route.slow) { slow.insert(route.pattern); }
  }
  EXPECT_EQ(open, (std::set<std::string>{"/healthz", "/ping", "/readyz"}));
  EXPECT_EQ(slow, (std::set<std::string>{"/api/v3/health", "/api/v3/queue/auto", "/api/v3/release", "/readyz"}));
}

TEST_F(RoutesTest, GrabAnswersTheItemAndItsPlace) {
  const Call call = world_.call("POST", "/api/v3/queue/grab",
                                R"({"title":"The.Matrix","download_url":"https://indexer.example/dl/7?passkey=CANARY",
        "size":123,"indexer":"other","priority":"high","category":"films","movie":{"title":"The Matrix","year":1999},"unknown":{"ignored":[1]}})");
  EXPECT_EQ(call.status, 201) << call.body;
  EXPECT_EQ(call.header("Location"), "/api/v3/queue/1");
  const auto json = call.json();
  EXPECT_EQ(json["id"].as_int(), 1);
  EXPECT_EQ(json["title"].as_string(), "The.Matrix");
  EXPECT_EQ(json["status"].as_string(), "queued");
  EXPECT_EQ(json["size"].as_int(), 123);
  EXPECT_EQ(json["indexer"].as_string(), "other");
  EXPECT_EQ(json["priority"].as_string(), "high");
  EXPECT_EQ(json["category"].as_string(), "films");
  EXPECT_EQ(json["movieId"].as_int(), 1);
  EXPECT_EQ(call.body.find("CANARY"), std::string::npos);
  EXPECT_EQ(world_.changes, 1);
}

TEST_F(RoutesTest, GrabTakesAMagnetInEitherPlaceAndNamesInEitherStyle) {
  const Call a = world_.call("POST", "/api/v3/queue/grab", R"({"downloadUrl":")" + magnet(kHashA, "Film.A") + "\"}");
  EXPECT_EQ(a.status, 201) << a.body;
  EXPECT_EQ(a.json()["title"].as_string(), "Film.A");
  EXPECT_EQ(a.json()["downloadId"].as_string(), std::string(40, 'A'));
  EXPECT_EQ(world_.call("POST", "/api/v3/queue/grab", R"({"MagnetUrl":")" + magnet(kHashB) + "\"}").status, 201);
}

TEST_F(RoutesTest, TheSecondGrabNamesTheFirst) {
  const std::int64_t first = grab(kHashA);
  const Call second = world_.call("POST", "/api/v3/queue/grab", grab_body(kHashA));
  expect_error(second, 409, "conflict", "already");
  EXPECT_EQ(second.json()["existingId"].as_int(), first);
}

TEST_F(RoutesTest, GrabRefusesWhatIsNoDownload) {
  const auto post = [&](std::string_view body) { return world_.call("POST", "/api/v3/queue/grab", body); };
  expect_error(post("{}"), 422, "invalid", "download_url");
  expect_error(post(R"({"download_url":"ftp://x/y"})"), 422, "invalid", "http");
  expect_error(post(R"({"magnet_url":"magnet:?dn=nothing"})"), 422, "invalid");
  expect_error(post(R"({"magnet_url":"magnet:?xt=urn:btih:zz"})"), 422, "invalid");
  expect_error(post(R"({"release_id":"gone"})"), 404, "not_found", "recent search");
  expect_error(post(R"({"release_id":17})"), 404, "not_found");
  EXPECT_EQ(world_.changes, 0);
}

TEST_F(RoutesTest, WrongTypesNameTheField) {
  const std::string good = R"("magnet_url":")" + magnet(kHashA) + "\"";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"("title":5)", "title"},
      {R"("title":"a\u0000b")", "title"},
      {R"("title":")" + std::string(1025, 'a') + "\"", "title"},
      {R"("size":"big")", "size"},
      {R"("size":-1)", "size"},
      {R"("size":1.5)", "size"},
      {R"("size":1e300)", "size"},
      {R"("movie_id":true)", "movie_id"},
      {R"("priority":"urgent")", "priority"},
      {R"("priority":3)", "priority"},
      {R"("category":["a"])", "category"},
      {R"("indexer":{})", "indexer"},
      {R"("release_id":[])", "release_id"},
      {R"("download_url":7)", "download_url"},
  };
  for (const auto& [member, field] : cases) {
    const Call call = world_.call("POST", "/api/v3/queue/grab", "{" + good + "," + member + "}");
    expect_error(call, 422, "invalid", field);
    EXPECT_EQ(call.json()["field"].as_string(), field) << call.body;
  }
  expect_error(world_.call("POST", "/api/v3/queue/grab", "{" + good + R"(,"priority":"urgent"})"), 422, "invalid",
               "low, normal, high, very_high");
  // null counts as absent.
  EXPECT_EQ(
      world_.call("POST", "/api/v3/queue/grab", "{" + good + R"(,"title":null,"size":null,"priority":null})").status,
      201);
}

TEST_F(RoutesTest, EveryRouteThatReadsABodyRefusesABadOne) {
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  for (const auto& [method, path] : Fields{{"POST", "/api/v3/queue/grab"},
                                           {"POST", "/api/v3/queue/grab/some-release"},
                                           {"PUT", "/api/v3/queue/1/priority"},
                                           {"POST", "/api/v3/queue/retry"},
                                           {"POST", "/api/v3/queue/auto"}}) {
    for (const std::string& bad : {std::string("{"), std::string("nonsense"), std::string("{\"a\":\"\xC3\x28\"}"),
                                   "{\"a\":" + deep + "}", std::string("{} {}"), std::string("\xEF\xBB\xBF{")}) {
      expect_error(world_.call(method, path, bad), 400, "bad_request");
    }
    for (const char* not_object : {"[]", "\"x\"", "5", "null", "true"}) {
      expect_error(world_.call(method, path, not_object), 422, "invalid", "object");
    }
    for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"}) {
      expect_error(world_.call(method, path, "{}", type), 415, "unsupported_media_type");
    }
    EXPECT_NE(world_.call(method, path, "{}", "Application/JSON ; charset=utf-8").status, 415);
  }
  for (const char* path : {"/api/v3/queue/grab", "/api/v3/queue/auto"}) {
    expect_error(world_.call("POST", path, "", ""), 400, "bad_request", "missing");
  }
  EXPECT_EQ(world_.call("POST", "/api/v3/queue/retry", "", "").status, 200);
}

TEST_F(RoutesTest, ListIsAPage) {
  for (int i = 0; i < 5; ++i) { grab(std::string(40, static_cast<char>('1' + i))); }
  const auto json = world_.call("GET", "/api/v3/queue?page=2&pageSize=2&sortKey=Title&sortDirection=descending").json();
  EXPECT_EQ(json["page"].as_int(), 2);
  EXPECT_EQ(json["pageSize"].as_int(), 2);
  EXPECT_EQ(json["sortKey"].as_string(), "title");
  EXPECT_EQ(json["sortDirection"].as_string(), "descending");
  EXPECT_EQ(json["totalRecords"].as_int(), 5);
  ASSERT_EQ(json["records"].size(), 2U);
  EXPECT_EQ(json["records"].at(0)["title"].as_string(), "Film 33");
  EXPECT_EQ(json["records"].at(1)["title"].as_string(), "Film 22");
}

TEST_F(RoutesTest, ListTakesWhatOtherProgramsSend) {
  grab(kHashA);
  const auto plain = world_.call("GET", "/api/v3/queue").json();
  EXPECT_EQ(plain["page"].as_int(), 1);
  EXPECT_EQ(plain["pageSize"].as_int(), 50);
  EXPECT_EQ(plain["sortKey"].as_string(), "id");
  EXPECT_EQ(plain["sortDirection"].as_string(), "ascending");
  const Call other = world_.call("GET",
                                 "/api/v3/queue?page=1&pageSize=5000&sortKey=languages&sortDirection=default"
                                 "&includeUnknownMovieItems=true&includeMovie=True&status=");
  EXPECT_EQ(other.status, 200) << other.body;
  EXPECT_EQ(other.json()["pageSize"].as_int(), 1000);
  EXPECT_EQ(other.json()["sortKey"].as_string(), "id");
  EXPECT_EQ(world_.call("GET", "/api/v3/queue?page=9").json()["records"].size(), 0U);
  EXPECT_EQ(world_.call("GET", "/api/v3/queue?page=9").json()["totalRecords"].as_int(), 1);
}

TEST_F(RoutesTest, ListRefusesWhatItCannotMean) {
  for (const char* bad : {"pageSize=-1", "pageSize=0", "pageSize=ten", "pageSize=5x", "pageSize=99999999999999999999",
                          "page=0", "page=-1", "page=1000000001", "movieId=x", "movieId=-1", "sortDirection=up",
                          "status=done", "status=queued,nope"}) {
    const Call call = world_.call("GET", std::string("/api/v3/queue?") + bad);
    expect_error(call, 422, "invalid", std::string(bad).substr(0, std::string(bad).find('=')));
  }
  expect_error(world_.call("GET", "/api/v3/queue?status=done"), 422, "invalid",
               "queued, downloading, paused, stalled, seeding, completed, failed, cancelled, all");
}

TEST_F(RoutesTest, ListFilters) {
  const std::int64_t running = world_.downloading("Film R", kHashA);
  const std::int64_t removed = grab(kHashB, R"(,"tmdbId":5)");
  const std::int64_t waiting = grab(std::string(40, 'c'), R"(,"movie_id":1)");
  EXPECT_EQ(world_.call("DELETE", "/api/v3/queue/" + std::to_string(removed)).body, "{}");
  const auto ids = [&](std::string_view query) {
    std::vector<std::int64_t> out;
    const Call call = world_.call("GET", "/api/v3/queue?" + std::string(query));
    const auto records = call.json()["records"];
    for (std::size_t i = 0; i < records.size(); ++i) { out.push_back(records.at(i)["id"].as_int()); }
    EXPECT_EQ(call.json()["totalRecords"].as_int(), static_cast<std::int64_t>(out.size()));
    return out;
  };
  using Ids = std::vector<std::int64_t>;
  EXPECT_EQ(ids(""), (Ids{running, waiting}));
  EXPECT_EQ(ids("status=all"), (Ids{running, removed, waiting}));
  EXPECT_EQ(ids("status=Cancelled"), (Ids{removed}));
  EXPECT_EQ(ids("status=queued,downloading"), (Ids{running, waiting}));
  EXPECT_EQ(ids("status=queued&status=cancelled"), (Ids{removed, waiting}));
  EXPECT_EQ(ids("movieId=1"), (Ids{waiting}));
  EXPECT_EQ(ids("movieid=1&status=all"), (Ids{removed, waiting}));
}

TEST_F(RoutesTest, UnknownIdsAre404Everywhere) {
  for (const char* id : {"99", "0", "-1", "abc", "1x", "99999999999999999999", ""}) {
    const std::string path = std::string("/api/v3/queue/") + id;
    expect_error(world_.call("GET", path), 404, "not_found");
    expect_error(world_.call("DELETE", path), 404, "not_found");
    expect_error(world_.call("PUT", path + "/pause"), 404, "not_found");
    expect_error(world_.call("PUT", path + "/resume"), 404, "not_found");
    expect_error(world_.call("PUT", path + "/priority", R"({"priority":"low"})"), 404, "not_found");
  }
  expect_error(world_.call("POST", "/api/v3/queue/grab/none"), 404, "not_found");
}

TEST_F(RoutesTest, PauseAndResumeAnItem) {
  const std::string path = "/api/v3/queue/" + std::to_string(grab(kHashA));
  const Call paused = world_.call("PUT", path + "/pause");
  EXPECT_EQ(paused.status, 202);
  EXPECT_EQ(paused.json()["status"].as_string(), "paused");
  EXPECT_TRUE(paused.json()["held"].as_bool());
  const Call resumed = world_.call("PUT", path + "/resume");
  EXPECT_EQ(resumed.status, 202);
  EXPECT_EQ(resumed.json()["status"].as_string(), "queued");
  EXPECT_EQ(world_.call("DELETE", path).status, 200);
  expect_error(world_.call("PUT", path + "/pause"), 409, "conflict", "cancelled");
}

TEST_F(RoutesTest, PauseAndResumeTheQueue) {
  EXPECT_EQ(world_.call("PUT", "/api/v3/queue/pause").body, R"({"held":true})");
  EXPECT_TRUE(world_.call("GET", "/api/v3/queue/status").json()["held"].as_bool());
  EXPECT_EQ(world_.call("PUT", "/api/v3/queue/resume").body, R"({"held":false})");
  EXPECT_FALSE(world_.call("GET", "/api/v3/queue/status").json()["held"].as_bool(true));
}

TEST_F(RoutesTest, PriorityAndPlace) {
  const std::int64_t first = grab(kHashA);
  const std::int64_t second = grab(kHashB);
  const std::string path = "/api/v3/queue/" + std::to_string(second) + "/priority";
  const Call high = world_.call("PUT", path, R"({"priority":"very_high"})");
  EXPECT_EQ(high.status, 202);
  EXPECT_EQ(high.json()["priority"].as_string(), "very_high");
  const auto order = [&] {
    const Call call = world_.call("GET", "/api/v3/queue?sortKey=rank");
    return call.json()["records"].at(0)["id"].as_int();
  };
  EXPECT_EQ(order(), second);
  const std::string other = "/api/v3/queue/" + std::to_string(first) + "/priority";
  EXPECT_EQ(world_.call("PUT", other, R"({"moveToTop":true})").json()["priority"].as_string(), "normal");
  EXPECT_EQ(order(), first);
  expect_error(world_.call("PUT", path, R"({})"), 422, "invalid", "priority");
  expect_error(world_.call("PUT", path, R"({"priority":"soon"})"), 422, "invalid", "very_high");
  expect_error(world_.call("PUT", path, R"({"moveToTop":1})"), 422, "invalid", "moveToTop");
}

TEST_F(RoutesTest, DeleteTellsWhetherFilesGo) {
  const std::int64_t id = world_.downloading("Film", kHashA);
  const std::string path = "/api/v3/queue/" + std::to_string(id);
  expect_error(world_.call("DELETE", path + "?deleteFiles=perhaps"), 422, "invalid", "deleteFiles");
  EXPECT_EQ(world_.call("DELETE", path + "?removeFromClient=false").status, 422);
  EXPECT_EQ(world_.call("DELETE", path + "?deleteFiles=True&removeFromClient=true").status, 200);
  EXPECT_EQ(world_.queue.find(id)->cleanup, 2);
  EXPECT_EQ(world_.call("GET", path).json()["status"].as_string(), "cancelled");
  EXPECT_EQ(world_.call("DELETE", path).status, 200);
  const std::int64_t kept = world_.downloading("Film 2", kHashB);
  EXPECT_EQ(world_.call("DELETE", "/api/v3/queue/" + std::to_string(kept)).status, 200);
  EXPECT_EQ(world_.queue.find(kept)->cleanup, 1);
}

TEST_F(RoutesTest, StatusCounts) {
  world_.downloading("Film R", kHashA);
  const std::int64_t bad = grab(kHashB);
  world_.fail(bad, "no such torrent");
  grab(std::string(40, 'c'));
  const std::int64_t gone = grab(std::string(40, 'd'));
  world_.call("DELETE", "/api/v3/queue/" + std::to_string(gone));
  const auto json = world_.call("GET", "/api/v3/queue/status").json();
  EXPECT_EQ(json["totalCount"].as_int(), 3);
  EXPECT_EQ(json["count"].as_int(), 3);
  EXPECT_TRUE(json["errors"].as_bool());
  EXPECT_FALSE(json["warnings"].as_bool(true));
  EXPECT_EQ(json["byStatus"]["downloading"].as_int(), 1);
  EXPECT_EQ(json["byStatus"]["queued"].as_int(), 1);
  EXPECT_EQ(json["byStatus"]["failed"].as_int(), 1);
  EXPECT_EQ(json["byStatus"]["cancelled"].as_int(), 1);
  EXPECT_EQ(json["active"].as_int(), 1);
}

TEST_F(RoutesTest, RetryOneSomeOrAll) {
  const auto post = [&](std::string_view body) { return world_.call("POST", "/api/v3/queue/retry", body); };
  const std::int64_t a = grab(kHashA);
  world_.fail(a, "hopeless");
  EXPECT_TRUE(world_.call("GET", "/api/v3/queue/" + std::to_string(a)).json()["canRetry"].as_bool());
  EXPECT_EQ(post("{\"id\":" + std::to_string(a) + "}").json()["retried"].as_int(), 1);
  EXPECT_EQ(world_.call("GET", "/api/v3/queue/" + std::to_string(a)).json()["status"].as_string(), "queued");
  expect_error(post("{\"id\":" + std::to_string(a) + "}"), 409, "conflict", "queued");
  expect_error(post(R"({"id":99})"), 404, "not_found");
  world_.fail(a, "again");
  const Call some = post("{\"ids\":[99," + std::to_string(a) + "]}");
  EXPECT_EQ(some.json()["retried"].as_int(), 1);
  EXPECT_EQ(some.json()["problems"].at(0)["id"].as_int(), 99);
  EXPECT_EQ(some.json()["problems"].at(0)["code"].as_string(), "not_found");
  for (const char* bad : {R"({"ids":[]})", R"({"ids":5})", R"({"ids":["a"]})", R"({"ids":[0]})", R"({"ids":[1.5]})"}) {
    expect_error(post(bad), 422, "invalid", "ids");
  }
  expect_error(post(R"({"id":"1"})"), 422, "invalid", "id");
  EXPECT_EQ(post("").json()["retried"].as_int(-1), 0);
  const std::int64_t b = grab(kHashB);
  world_.call("DELETE", "/api/v3/queue/" + std::to_string(a));
  world_.fail(b, "broken");
  EXPECT_EQ(post("{}").json()["retried"].as_int(), 1);
  world_.fail(b, "not what was announced", sdk::DownloadState::blocked);
  EXPECT_EQ(post("").body, R"({"retried":0,"blocked":1})");
  EXPECT_EQ(post("{\"id\":" + std::to_string(b) + "}").json()["retried"].as_int(), 1);
  EXPECT_EQ(post("").body, R"({"retried":0,"blocked":0})");
}

TEST_F(RoutesTest, ProcessAndCleanup) {
  grab(kHashA);
  const std::int64_t gone = grab(kHashB);
  world_.call("DELETE", "/api/v3/queue/" + std::to_string(gone));
  EXPECT_EQ(world_.call("POST", "/api/v3/queue/process", "", "").body, R"({"waiting":1})");
  EXPECT_EQ(world_.call("DELETE", "/api/v3/queue/cleanup").body, R"({"removed":0})");
  world_.clock.advance(2 * 86'400'000LL);
  EXPECT_EQ(world_.call("DELETE", "/api/v3/queue/cleanup?olderThanDays=3").body, R"({"removed":0})");
  EXPECT_EQ(world_.call("DELETE", "/api/v3/queue/cleanup?olderThanDays=1").body, R"({"removed":1})");
  for (const char* bad : {"-1", "36501", "week"}) {
    expect_error(world_.call("DELETE", std::string("/api/v3/queue/cleanup?olderThanDays=") + bad), 422, "invalid",
                 "olderThanDays");
  }
}

TEST_F(RoutesTest, SearchAnswersScoredReleasesWithReasons) {
  offer_the_matrix();
  const Call call = world_.call("GET", "/api/v3/release?term=the+matrix");
  EXPECT_EQ(call.status, 200) << call.body;
  const auto json = call.json();
  ASSERT_EQ(json.size(), 3U);
  const auto best = json.at(0);
  EXPECT_EQ(best["title"].as_string(), "The.Matrix.1999.2160p.UHD.BluRay.x265-GRP");
  EXPECT_EQ(best["indexer"].as_string(), "hdbits");
  EXPECT_EQ(best["guid"].as_string(), "1");
  EXPECT_FALSE(best["id"].as_string().empty());
  EXPECT_EQ(best["size"].as_int(), 60'000'000'000);
  EXPECT_EQ(best["sizeDisplay"].as_string(), "55.9 GiB");
  EXPECT_EQ(best["ageMinutes"].as_int(), 166);
  EXPECT_EQ(best["seeders"].as_int(), 12);
  EXPECT_DOUBLE_EQ(best["score"].as_double(), 90);
  EXPECT_DOUBLE_EQ(best["threshold"].as_double(), 75);
  EXPECT_TRUE(best["accepted"].as_bool());
  EXPECT_EQ(best["reasons"].at(0)["rule"].as_string(), "resolution");
  EXPECT_DOUBLE_EQ(best["reasons"].at(0)["points"].as_double(), 50);
  EXPECT_EQ(best["reasons"].at(0)["detail"].as_string(), "2160p");
  EXPECT_EQ(best["resolution"].as_int(), 2160);
  EXPECT_EQ(best["source"].as_string(), "bluray");
  EXPECT_EQ(best["releaseGroup"].as_string(), "GRP");
  EXPECT_EQ(best["year"].as_int(), 1999);
  EXPECT_FALSE(json.at(1)["accepted"].as_bool(true));
  EXPECT_EQ(json.at(2)["rejections"].at(0).as_string(), "forbidden: CAM");
  EXPECT_EQ(call.header("X-Indexer-Problems"), "");
}

TEST_F(RoutesTest, SearchSaysWhichIndexersFailed) {
  offer_the_matrix();
  world_.two_indexers = true;
  world_.second_indexer.fails_with = sdk::Code::unavailable;
  const Call call = world_.call("GET", "/api/v3/release?term=the+matrix");
  EXPECT_EQ(call.status, 200);
  const auto problems = sdk::JsonDocument::parse(call.header("X-Indexer-Problems"));
  ASSERT_TRUE(problems);
  EXPECT_EQ(problems->root().at(0)["indexer"].as_string(), "second");
  EXPECT_EQ(problems->root().at(0)["code"].as_string(), "unavailable");
  world_.indexer.fails_with = sdk::Code::unavailable;
  const Call none = world_.call("GET", "/api/v3/release?term=the+matrix");
  expect_error(none, 503, "unavailable");
  EXPECT_EQ(none.header("Retry-After"), "5");
}

TEST_F(RoutesTest, SearchRefusesWhatItCannotMean) {
  expect_error(world_.call("GET", "/api/v3/release"), 422, "invalid", "term");
  expect_error(world_.call("GET", "/api/v3/release?term=&movieId=5"), 422, "invalid", "term");
  for (const char* bad : {"year=x", "limit=0", "limit=1001", "tmdbId=-5", "runtime=long"}) {
    expect_error(world_.call("GET", std::string("/api/v3/release?term=a&") + bad), 422, "invalid",
                 std::string(bad).substr(0, std::string(bad).find('=')));
  }
}

TEST_F(RoutesTest, AReleaseOfASearchIsGrabbedByItsId) {
  offer_the_matrix();
  const Call found = world_.call("GET", "/api/v3/release?term=the+matrix");
  const std::string id(found.json().at(1)["id"].as_string());
  const Call call = world_.call("POST", "/api/v3/queue/grab/" + id, R"({"priority":"low","imdbId":"tt0133093"})");
  EXPECT_EQ(call.status, 201) << call.body;
  EXPECT_EQ(call.json()["title"].as_string(), "The.Matrix.1999.1080p.WEB-DL.x264-GRP");
  EXPECT_EQ(call.json()["indexer"].as_string(), "hdbits");
  EXPECT_EQ(call.json()["priority"].as_string(), "low");
  EXPECT_EQ(call.json()["movieId"].as_int(), 1);
  expect_error(world_.call("POST", "/api/v3/queue/grab", R"({"release_id":")" + id + "\"}"), 409, "conflict");
  const std::string best(found.json().at(0)["id"].as_string());
  EXPECT_EQ(world_.call("POST", "/api/v3/queue/grab", R"({"release_id":")" + best + "\"}").status, 201);
  world_.clock.advance(31 * 60'000);
  expect_error(world_.call("POST", "/api/v3/queue/grab/" + id), 404, "not_found", "recent search");
}

TEST_F(RoutesTest, AutoGrabsTheBestThatIsGoodEnough) {
  offer_the_matrix();
  const Call call = world_.call("POST", "/api/v3/queue/auto", R"({"movie":{"title":"The Matrix","year":1999}})");
  EXPECT_EQ(call.status, 201) << call.body;
  EXPECT_TRUE(call.json()["grabbed"].as_bool());
  EXPECT_EQ(call.json()["item"]["title"].as_string(), "The.Matrix.1999.2160p.UHD.BluRay.x265-GRP");
  EXPECT_EQ(call.json()["item"]["movieId"].as_int(), 1);
  EXPECT_DOUBLE_EQ(call.json()["release"]["score"].as_double(), 90);
  EXPECT_EQ(call.header("Location"), "/api/v3/queue/1");
  const Call again = world_.call("POST", "/api/v3/queue/auto", R"({"term":"the matrix","movie_id":1})");
  expect_error(again, 409, "conflict");
  EXPECT_EQ(again.json()["existingId"].as_int(), 1);
}

TEST_F(RoutesTest, AutoSaysWhyNothingWasGrabbed) {
  const auto ask = [&] { return world_.call("POST", "/api/v3/queue/auto", R"({"term":"the matrix"})"); };
  const Call nothing = ask();
  EXPECT_EQ(nothing.status, 200) << nothing.body;
  EXPECT_FALSE(nothing.json()["grabbed"].as_bool(true));
  EXPECT_EQ(nothing.json()["message"].as_string(), "no release was found");
  offer_the_matrix();
  world_.indexer.releases.erase(world_.indexer.releases.begin());
  EXPECT_EQ(ask().json()["message"].as_string(),
            "the best of 2 releases, The.Matrix.1999.1080p.WEB-DL.x264-GRP, scores 40, below the threshold 75");
  world_.indexer.releases.erase(world_.indexer.releases.begin());
  const Call rejected = ask();
  EXPECT_NE(rejected.json()["message"].as_string().find("forbidden: CAM"), std::string_view::npos) << rejected.body;
  EXPECT_EQ(rejected.json()["considered"].as_int(), 1);
  EXPECT_EQ(rejected.json()["candidates"].size(), 1U);
  EXPECT_EQ(world_.call("GET", "/api/v3/queue").json()["totalRecords"].as_int(), 0);
}

TEST_F(RoutesTest, AutoRefusesWhatItCannotMean) {
  const auto post = [&](std::string_view body) { return world_.call("POST", "/api/v3/queue/auto", body); };
  expect_error(post("{}"), 422, "invalid", "term");
  expect_error(post(R"({"term":5})"), 422, "invalid", "term");
  expect_error(post(R"({"movie":"x"})"), 422, "invalid", "movie");
  expect_error(post(R"({"movie":{"title":"x","year":"y"}})"), 422, "invalid", "year");
}

}  // namespace
}  // namespace quarry::api
