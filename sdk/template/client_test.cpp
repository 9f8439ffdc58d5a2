// SPDX-License-Identifier: MIT
// The plugin as the host meets it: made through its entry, called through the interface, its HTTP
// answered by a script. No network, no threads, no real time.
#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/helpers/json.hpp>
#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/fake_host.hpp>

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

extern "C" const quarry::sdk::PluginEntry quarry_plugin_entry_v1;

namespace {

using namespace quarry::sdk;
using namespace quarry::sdk::testing;

const std::string kHash(40, 'a');
constexpr char kConfig[] = R"({"url":"http://box:9091/transmission/rpc","username":"ann","password":"pa:ss"})";

// [snippet: fake]
/// As much of Transmission as the tests need: the session id, and one canned answer per method.
class FakeTransmission {
 public:
  std::map<std::string, std::string> answers;   ///< method: "arguments" of its answer
  std::map<std::string, std::string> refusals;  ///< method: "result" in place of "success"
  std::string session_id = "first";

  Result<HttpReply> operator()(const SeenRequest& request) const {
    if (request.header("Authorization") != "Basic YW5uOnBhOnNz") { return reply(401, "Unauthorized"); }
    if (request.header("X-Transmission-Session-Id") != session_id) {
      return reply(409, "<h1>409: Conflict</h1>", {{"X-Transmission-Session-Id", session_id}});
    }
    const auto body = JsonDocument::parse(request.body);
    const std::string method(body.value()["method"].as_string());
    const auto refusal = refusals.find(method);
    const std::string result = refusal == refusals.end() ? "success" : refusal->second;
    const auto answer = answers.find(method);
    const std::string arguments = answer == answers.end() ? "{}" : answer->second;
    return reply(200, R"({"result":")" + result + R"(","arguments":)" + arguments + "}");
  }
};
// [/snippet]

/// Copies what a listing shows: a view dies with the call.
class Items final : public ItemSink {
 public:
  struct Item {
    ItemState state;
    std::string id, tags, content_path;
    std::int64_t size_bytes, done_bytes, eta_s;
  };
  bool add(const ItemView& v) noexcept override {
    all.push_back({v.state, std::string(v.id), std::string(v.tags), std::string(v.content_path), v.size_bytes,
                   v.done_bytes, v.eta_s});
    return all.size() < most;
  }
  void finish(bool whole, std::string_view) noexcept override { complete = whole; }

  std::vector<Item> all;
  std::size_t most = 1000;
  bool complete = false;
};

class Facts final : public TestSink {
 public:
  void fact(std::string_view name, std::string_view value) noexcept override { all[std::string(name)] = value; }
  std::map<std::string, std::string> all;
};

// [snippet: fixture]
class TransmissionTest : public ::testing::Test {
 protected:
  TransmissionTest() {
    host.http.serve([this](const SeenRequest& request) { return server(request); });
    instance = quarry_plugin_entry_v1.create(ctx, host, kConfig);
    client = get<DownloadClient>(*instance);
  }
  ~TransmissionTest() override { instance->destroy(); }

  /// Bodies of the requests that were not answered with 409.
  [[nodiscard]] std::vector<std::string> calls() const {
    std::vector<std::string> bodies;
    for (const SeenRequest& request : host.http.seen()) {
      if (request.header("X-Transmission-Session-Id") == server.session_id) { bodies.push_back(request.body); }
    }
    return bodies;
  }

  FakeHost host;
  BasicContext ctx = host.context();
  FakeTransmission server;
  Instance* instance = nullptr;
  DownloadClient* client = nullptr;
};
// [/snippet]

AddRequest magnet_request() {
  AddRequest request;
  request.magnet = "magnet:?xt=urn:btih:aa";
  return request;
}

ItemKey key_of(std::string_view hash) {
  ItemKey key;
  key.infohash_v1 = hash;
  return key;
}

TEST_F(TransmissionTest, TheSchemaTakesWhatTheReadmeShows) {
  const char* schema = quarry_plugin_entry_v1.config_schema;
  EXPECT_TRUE(validate_json(schema, kConfig).ok());
  EXPECT_FALSE(validate_json(schema, "{}").ok());
  EXPECT_FALSE(validate_json(schema, R"({"url":"http://ann:secret@box/rpc"})").ok());
  EXPECT_FALSE(validate_json(schema, R"({"url":"http://box/rpc","pasword":"x"})").ok());
}

// [snippet: first_test]
TEST_F(TransmissionTest, TestReportsTheVersion) {
  server.answers["session-get"] = R"({"version":"3.00","rpc-version":16,"download-dir":"/data"})";
  Facts facts;
  const Status status = client->test(ctx, facts);
  ASSERT_TRUE(status.ok()) << ctx.text();
  EXPECT_EQ(facts.all["version"], "3.00");
  EXPECT_EQ(facts.all["download_dir"], "/data");
}
// [/snippet]

TEST_F(TransmissionTest, TestRefusesAnOldTransmission) {
  server.answers["session-get"] = R"({"version":"2.94","rpc-version":15})";
  Facts facts;
  EXPECT_EQ(client->test(ctx, facts).code, Code::unsupported);
}

TEST_F(TransmissionTest, TheSessionIdIsLearnedOnceAndAgainWhenItChanges) {
  EXPECT_TRUE(client->pause(ctx, std::vector{key_of(kHash)}).ok());
  EXPECT_TRUE(client->pause(ctx, std::vector{key_of(kHash)}).ok());
  EXPECT_EQ(host.http.seen().size(), 3U);  // 409, and two calls
  server.session_id = "second";
  EXPECT_TRUE(client->pause(ctx, std::vector{key_of(kHash)}).ok());
  EXPECT_EQ(host.http.seen().size(), 5U);
}

TEST_F(TransmissionTest, AServerThatNeverTakesItsOwnSessionIdIsNotAskedForEver) {
  host.http.serve([](const SeenRequest&) { return reply(409, "", {{"X-Transmission-Session-Id", "other"}}); });
  EXPECT_EQ(client->pause(ctx, std::vector{key_of(kHash)}).code, Code::unavailable);
  EXPECT_EQ(host.http.seen().size(), 2U);
}

// [snippet: failure_test]
TEST_F(TransmissionTest, FailuresSayWhatToDoAndNeverThePassword) {
  const struct {
    HttpReply answer;
    Code code;
    const char* advice;
  } cases[] = {
      {reply(401, "no"), Code::unauthenticated, "check \"username\" and \"password\""},
      {reply(403, "no"), Code::unauthenticated, "whitelist"},
      {reply(404, "no"), Code::unavailable, "is \"url\" right"},
      {reply(200, "<html>a router's page</html>"), Code::unavailable, "check \"url\""},
      {reply(200, R"({"result":"no such thing"})"), Code::invalid, "no such thing"},
  };
  for (const auto& c : cases) {
    host.http.serve([&](const SeenRequest&) { return c.answer; });
    EXPECT_EQ(client->resume(ctx, std::vector{key_of(kHash)}).code, c.code) << ctx.text();
    EXPECT_NE(ctx.text().find(c.advice), std::string::npos) << ctx.text();
    EXPECT_EQ(ctx.text().find("pa:ss"), std::string::npos) << ctx.text();
  }
}
// [/snippet]

TEST_F(TransmissionTest, AddSendsTheTorrentWithItsLabels) {
  server.answers["torrent-add"] = R"({"torrent-added":{"hashString":")" + kHash + R"("}})";
  const std::vector<std::string_view> tags = {"quarry.7"};
  AddRequest request;
  request.metainfo = as_bytes("d4:infode");
  request.category = "films";
  request.tags = tags;
  request.save_path = "/data/films";
  request.paused = 1;
  request.priority = Priority::high;
  ASSERT_TRUE(client->add(ctx, request).ok()) << ctx.text();
  ASSERT_EQ(calls().size(), 2U);
  EXPECT_EQ(calls()[0],
            R"({"method":"torrent-add","arguments":{"metainfo":"ZDQ6aW5mb2Rl","download-dir":"/data/films",)"
            R"("paused":true,"bandwidthPriority":1,"labels":["quarry.7","films"]}})");
  EXPECT_EQ(calls()[1],
            R"({"method":"torrent-set","arguments":{"ids":[")" + kHash + R"("],"labels":["quarry.7","films"]}})");
}

TEST_F(TransmissionTest, AddLeavesATorrentThatIsThereAsItIs) {
  server.answers["torrent-add"] = R"({"torrent-duplicate":{"hashString":")" + kHash + R"("}})";
  EXPECT_TRUE(client->add(ctx, magnet_request()).ok()) << ctx.text();
  EXPECT_EQ(calls().size(), 1U);
}

TEST_F(TransmissionTest, AddSaysWhetherTheTorrentCanHelpItself) {
  server.refusals["torrent-add"] = "invalid or corrupt torrent file";
  const Status refused = client->add(ctx, magnet_request());
  EXPECT_EQ(refused.code, Code::invalid);
  EXPECT_FALSE(refused.retryable());
  EXPECT_NE(ctx.text().find("invalid or corrupt torrent file"), std::string::npos) << ctx.text();
}

TEST_F(TransmissionTest, AddRefusesWhatTransmissionWouldOpenAsAFile) {
  AddRequest request;
  request.magnet = "/etc/passwd";
  EXPECT_EQ(client->add(ctx, request).code, Code::invalid);
  request.magnet = "magnet:?xt=urn:btih:aa";
  request.category = "films, new";
  EXPECT_EQ(client->add(ctx, request).code, Code::invalid);
  EXPECT_TRUE(host.http.seen().empty());
}

// [snippet: not_started_test]
TEST_F(TransmissionTest, OnceTheTorrentIsThereNoFailureClaimsThatNothingWasSent) {
  server.answers["torrent-add"] = R"({"torrent-added":{"hashString":")" + kHash + R"("}})";
  host.http.serve([this](const SeenRequest& request) -> Result<HttpReply> {
    if (request.body.find("torrent-set") == std::string::npos) { return server(request); }
    return Failure{{Code::unavailable, kRetryable | kNotStarted, 0, 0}, "connection refused"};
  });
  const Status status = client->add(ctx, magnet_request());
  EXPECT_EQ(status.code, Code::unavailable);
  EXPECT_TRUE(status.retryable());
  EXPECT_FALSE(status.not_started());
}
// [/snippet]

TEST_F(TransmissionTest, NothingIsSentWithoutIds) {
  const std::vector<ItemKey> unusable = {ItemKey{}, key_of("recently-active"), key_of(std::string_view("AA"))};
  Items items;
  ListQuery query;
  query.keys = unusable;
  EXPECT_TRUE(client->remove(ctx, unusable, 1).ok());
  EXPECT_TRUE(client->pause(ctx, {}).ok());
  EXPECT_TRUE(client->list(ctx, query, items).ok());
  EXPECT_TRUE(items.complete);
  EXPECT_TRUE(host.http.seen().empty());
}

TEST_F(TransmissionTest, ListShowsARow) {
  server.answers["torrent-get"] =
      R"({"torrents":[{"hashString":")" + kHash + R"(","name":"Film","status":4,"labels":["quarry.7","films"],
          "downloadDir":"/data","sizeWhenDone":1000,"leftUntilDone":750,"percentDone":0.25,"rateDownload":50,"eta":-2}]})";
  Items items;
  ListQuery query;
  const std::vector<ItemKey> keys = {key_of(kHash)};
  query.keys = keys;
  ASSERT_TRUE(client->list(ctx, query, items).ok()) << ctx.text();
  ASSERT_EQ(items.all.size(), 1U);
  EXPECT_TRUE(items.complete);
  EXPECT_EQ(items.all[0].state, ItemState::downloading);
  EXPECT_EQ(items.all[0].id, kHash);
  EXPECT_EQ(items.all[0].tags, "quarry.7,films");
  EXPECT_EQ(items.all[0].content_path, "/data/Film");
  EXPECT_EQ(items.all[0].size_bytes, 1000);
  EXPECT_EQ(items.all[0].done_bytes, 250);
  EXPECT_EQ(items.all[0].eta_s, -1);
  EXPECT_NE(calls()[0].find(R"("ids":[")" + kHash + R"("])"), std::string::npos) << calls()[0];
}

TEST_F(TransmissionTest, AMagnetWithoutMetadataHasNoSize) {
  server.answers["torrent-get"] = R"({"torrents":[{"status":1,"metadataPercentComplete":0,"leftUntilDone":0}]})";
  Items items;
  ListQuery query;
  query.scope = ListScope::all;
  ASSERT_TRUE(client->list(ctx, query, items).ok()) << ctx.text();
  ASSERT_EQ(items.all.size(), 1U);
  EXPECT_EQ(items.all[0].state, ItemState::metadata);
  EXPECT_EQ(items.all[0].size_bytes, -1);
  EXPECT_EQ(items.all[0].content_path, "");
  EXPECT_EQ(calls()[0].find("\"ids\""), std::string::npos) << calls()[0];
}

TEST_F(TransmissionTest, AListingCountsOnlyWhenItIsWhole) {
  server.answers["torrent-get"] = R"({"torrents":[{"status":0},{"status":0}]})";
  ListQuery query;
  query.scope = ListScope::all;
  Items enough;
  enough.most = 1;
  EXPECT_TRUE(client->list(ctx, query, enough).ok());
  EXPECT_FALSE(enough.complete);
  server.answers["torrent-get"] = "{}";
  Items none;
  EXPECT_EQ(client->list(ctx, query, none).code, Code::unavailable);
  EXPECT_FALSE(none.complete);
}

TEST_F(TransmissionTest, EveryStatusHasItsState) {
  const std::pair<const char*, ItemState> rows[] = {
      {R"("status":0,"leftUntilDone":5)", ItemState::paused},
      {R"("status":0,"leftUntilDone":0)", ItemState::finished},
      {R"("status":0,"leftUntilDone":0,"metadataPercentComplete":0)", ItemState::paused},
      {R"("status":1)", ItemState::checking},
      {R"("status":2)", ItemState::checking},
      {R"("status":3)", ItemState::queued},
      {R"("status":4,"rateDownload":0)", ItemState::stalled},
      {R"("status":4,"rateDownload":9)", ItemState::downloading},
      {R"("status":4,"metadataPercentComplete":0.5)", ItemState::metadata},
      {R"("status":4,"rateDownload":9,"error":2,"errorString":"tracker is gone")", ItemState::downloading},
      {R"("status":5)", ItemState::seeding},
      {R"("status":6)", ItemState::seeding},
      {R"("status":0,"error":3,"errorString":"No data found! Ensure your drives are connected")",
       ItemState::missing_files},
      {R"("status":0,"error":3,"errorString":"Permission denied")", ItemState::error},
      {R"("status":99)", ItemState::unknown},
  };
  ListQuery query;
  query.scope = ListScope::all;
  for (const auto& [row, state] : rows) {
    server.answers["torrent-get"] = std::string(R"({"torrents":[{)") + row + "}]}";
    Items items;
    ASSERT_TRUE(client->list(ctx, query, items).ok()) << row;
    ASSERT_EQ(items.all.size(), 1U);
    EXPECT_EQ(items.all[0].state, state) << row;
  }
}

TEST_F(TransmissionTest, ActionsNameTheirTorrents) {
  const std::vector<ItemKey> keys = {key_of(kHash)};
  EXPECT_TRUE(client->pause(ctx, keys).ok());
  EXPECT_TRUE(client->resume(ctx, keys).ok());
  EXPECT_TRUE(client->remove(ctx, keys, 1).ok());
  EXPECT_TRUE(client->set_priority(ctx, keys, Priority::low).ok());
  const std::string ids = R"("arguments":{"ids":[")" + kHash + R"("])";
  const std::vector<std::string> expected = {
      R"({"method":"torrent-stop",)" + ids + "}}",
      R"({"method":"torrent-start",)" + ids + "}}",
      R"({"method":"torrent-remove",)" + ids + R"(,"delete-local-data":true}})",
      R"({"method":"torrent-set",)" + ids + R"(,"bandwidthPriority":-1}})",
  };
  EXPECT_EQ(calls(), expected);
}

TEST_F(TransmissionTest, FilesOfOneTorrent) {
  server.answers["torrent-get"] = R"({"torrents":[{"files":[{"name":"Film/a.mkv","length":9,"bytesCompleted":4}]}]})";
  std::string seen;
  auto sink = file_sink([&](const FileView& file) {
    seen += std::string(file.path) + " " + std::to_string(file.done_bytes) + "/" + std::to_string(file.size_bytes);
  });
  ASSERT_TRUE(client->files(ctx, key_of(kHash), sink).ok()) << ctx.text();
  EXPECT_EQ(seen, "Film/a.mkv 4/9");
  server.answers["torrent-get"] = R"({"torrents":[]})";
  EXPECT_EQ(client->files(ctx, key_of(kHash), sink).code, Code::not_found);
}

TEST_F(TransmissionTest, WhatItCannotDoItSays) {
  ClientCapabilities capabilities;
  ASSERT_TRUE(client->capabilities(ctx, capabilities).ok());
  EXPECT_EQ(capabilities.flags & (kHasCategories | kHasLimits | kListsChanges | kTakesV2), 0U);
  EXPECT_EQ(client->set_category(ctx, {}, "films").code, Code::unsupported);
  EXPECT_EQ(client->set_limits(ctx, {}, ClientLimits{}).code, Code::unsupported);
  Items items;
  ListQuery query;
  query.scope = ListScope::changes;
  EXPECT_EQ(client->list(ctx, query, items).code, Code::unsupported);
}

}  // namespace
