// SPDX-License-Identifier: MIT
// The SDK's contract of a download client, run against this one and as much of Transmission as it takes.
#include "rpc.hpp"

#include <quarry/sdk/helpers/json.hpp>
#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/download_client_contract.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

extern "C" const quarry::sdk::PluginEntry quarry_plugin_entry_v1;

namespace {

using namespace quarry::sdk;
using namespace quarry::sdk::testing;

constexpr char kConfig[] = R"({"url":"http://box:9091/transmission/rpc","username":"ann","password":"pa:ss"})";

/// A Transmission that keeps torrents. Several threads may ask at once.
class TransmissionInMemory {
 public:
  Result<HttpReply> operator()(const SeenRequest& request) {
    const std::lock_guard lock(mutex_);
    if (request.header("X-Transmission-Session-Id") != "id") {
      return reply(409, "<h1>409: Conflict</h1>", {{"X-Transmission-Session-Id", "id"}});
    }
    const auto body = JsonDocument::parse(request.body);
    const Json arguments = body.value()["arguments"];
    const std::string_view method = body.value()["method"].as_string();
    std::string answer = "{}";
    if (method == "session-get") { answer = R"({"version":"4.0.5","rpc-version":17,"download-dir":"/data"})"; }
    if (method == "torrent-add") { answer = add(arguments); }
    if (method == "torrent-get") { answer = show(arguments); }
    for (const std::string& hash : ids(arguments)) {
      if (method == "torrent-start" || method == "torrent-stop") { torrents_[hash].paused = method == "torrent-stop"; }
      if (method == "torrent-remove") { torrents_.erase(hash); }
    }
    if (answer.empty()) { return reply(200, R"({"result":"invalid or corrupt torrent file"})"); }
    return reply(200, R"({"result":"success","arguments":)" + answer + "}");
  }

 private:
  struct Torrent {
    std::string labels = "[]";
    bool paused = false;
    bool has_metadata = false;
  };
  /// Those that are there; without "ids", all of them.
  [[nodiscard]] std::vector<std::string> ids(Json arguments) const {
    std::vector<std::string> out;
    for (const auto& [hash, torrent] : torrents_) {
      bool asked = !arguments["ids"].present();
      for (std::size_t i = 0; i < arguments["ids"].size(); ++i) { asked |= arguments["ids"].at(i).as_string() == hash; }
      if (asked) { out.push_back(hash); }
    }
    return out;
  }
  std::string add(Json arguments) {
    for (const ContractTorrent& known : contract_torrents()) {
      const bool by_file = arguments["metainfo"].as_string() == transmission::base64(as_bytes(known.metainfo));
      if (!by_file && arguments["filename"].as_string() != known.magnet()) { continue; }
      const std::string named = R"({"hashString":")" + known.v1 + R"("}})";
      if (torrents_.contains(known.v1)) { return R"({"torrent-duplicate":)" + named; }
      std::vector<std::string> labels;
      for (std::size_t i = 0; i < arguments["labels"].size(); ++i) {
        labels.emplace_back(arguments["labels"].at(i).as_string());
      }
      torrents_[known.v1] = {transmission::json_list(labels), arguments["paused"].as_bool(), by_file};
      return R"({"torrent-added":)" + named;
    }
    return {};
  }
  [[nodiscard]] std::string show(Json arguments) const {
    JsonWriter rows;
    rows.begin_object().key("torrents").begin_array();
    for (const std::string& hash : ids(arguments)) {
      const Torrent& torrent = torrents_.at(hash);
      rows.begin_object().member("hashString", hash).member("name", "a.bin").member("downloadDir", "/data");
      rows.member("status", torrent.paused ? 0 : 4).member("metadataPercentComplete", torrent.has_metadata ? 1 : 0);
      rows.member("sizeWhenDone", torrent.has_metadata ? 1024 : 0).member("leftUntilDone", 1024);
      rows.key("labels").raw(torrent.labels);
      rows.key("files").raw(torrent.has_metadata ? R"([{"name":"a.bin","length":1024,"bytesCompleted":0}])" : "[]");
      rows.end_object();
    }
    return rows.end_array().end_object().take();
  }

  std::mutex mutex_;
  std::map<std::string, Torrent> torrents_;
};

// [snippet: under_test]
class TransmissionUnderTest final : public ClientUnderTest {
 public:
  TransmissionUnderTest() {
    host_.fake.http.serve([this](const SeenRequest& request) { return server_(request); });
    BasicContext ctx = host_.fake.context();
    instance_ = quarry_plugin_entry_v1.create(ctx, host_, kConfig);
  }
  ~TransmissionUnderTest() override { instance_->destroy(); }

  DownloadClient& client() override { return *get<DownloadClient>(*instance_); }
  const Clock& clock() override { return host_.fake.clock; }
  bool stop_answering() override {
    host_.fake.http.serve(
        [](const SeenRequest&) -> Result<HttpReply> { return failure(Code::unavailable, "connection refused"); });
    return true;
  }

 private:
  ContractHost host_;
  TransmissionInMemory server_;
  Instance* instance_ = nullptr;
};

constexpr unsigned kCallsAtOnce = 2;  // as the entry says

QUARRY_DOWNLOAD_CLIENT_CONTRACT(Transmission, {"transmission", [] { return std::make_unique<TransmissionUnderTest>(); },
                                               kCallsAtOnce, "pa:ss"});
// [/snippet]

}  // namespace
