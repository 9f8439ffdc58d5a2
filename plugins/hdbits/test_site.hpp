// SPDX-License-Identifier: MIT
// What the tests of this plugin share: a host with a scripted site, and short ways to call.
#pragma once

#include "hdbits_indexer.hpp"

#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/fake_host.hpp>

#include <memory>
#include <string>
#include <vector>

namespace quarry::hdbits::testing {

/// Found nowhere but in requests, or a test fails.
inline constexpr std::string_view kCanary = "canary-PASSKEY-0123456789/+";
inline constexpr std::int64_t kMinute = 60'000;
inline constexpr std::int64_t kHour = 60 * kMinute;

/// Keeps what ScriptedHttp does not: the limits a request was sent with.
class RecordingHttp final : public sdk::Http {
 public:
  sdk::Status send(sdk::CallContext& ctx, const sdk::HttpRequest& request, sdk::HttpSink& sink) noexcept override {
    intervals.push_back(request.min_interval_ms);
    limits.push_back(request.max_response_bytes);
    flags.push_back(request.flags);
    return script.send(ctx, request, sink);
  }
  sdk::testing::ScriptedHttp script;
  std::vector<std::int64_t> intervals;
  std::vector<std::int64_t> limits;
  std::vector<std::uint32_t> flags;
};

class TestHost final : public sdk::HostServices {
 public:
  void* query(std::string_view id) noexcept override {
    return id == sdk::Http::kId ? static_cast<sdk::Http*>(&http) : fake.query(id);
  }
  [[nodiscard]] sdk::BasicContext context(std::int64_t timeout_ms = 30'000) { return fake.context(timeout_ms); }
  void advance(std::int64_t ms) { fake.clock.advance(ms); }
  /// The site answers everything with this.
  void answer(std::int32_t status, std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
    http.script.serve([=](const sdk::testing::SeenRequest&) { return sdk::testing::reply(status, body, headers); });
  }
  void refuse(sdk::Code code, std::string text) {
    http.script.serve(
        [=](const sdk::testing::SeenRequest&) -> sdk::Result<sdk::HttpReply> { return sdk::failure(code, text); });
  }
  [[nodiscard]] std::size_t requests() const { return http.script.seen().size(); }
  [[nodiscard]] sdk::testing::SeenRequest last() const { return http.script.seen().back(); }

  sdk::testing::FakeHost fake;
  RecordingHttp http;
};

/// Owned copies of what a sink was given.
struct Seen {
  std::string guid, title, infohash, info_url, category, imdb_id;
  std::uint32_t flags = 0;
  std::int64_t size = 0, published = 0;
  std::int32_t seeders = 0, leechers = 0, grabs = 0, files = 0;
  double down = 1, up = 1;
};

struct Outcome {
  sdk::Status status;
  std::string text;
  std::vector<Seen> releases;
  std::string bytes;
};

inline Seen copy_of(const sdk::ReleaseView& v) {
  return {std::string(v.guid),
          std::string(v.title),
          std::string(v.infohash_v1),
          std::string(v.info_url),
          std::string(v.category),
          std::string(v.imdb_id),
          v.flags,
          v.size_bytes,
          v.published_at_ms,
          v.seeders,
          v.leechers,
          v.grabs,
          v.files,
          v.download_factor,
          v.upload_factor};
}

class Bench {
 public:
  /// `extra`: more members of the configuration, each with a comma before it.
  explicit Bench(std::string extra = R"(,"min_interval_ms":0,"url":"http://127.0.0.1:9")") : extra_(std::move(extra)) {
    restart();
  }

  /// A new instance with what the store of the host remembers.
  void restart() { plugin = std::make_unique<HdbitsIndexer>(host, config(extra_), 7); }
  void restart(std::string extra) {
    extra_ = std::move(extra);
    restart();
  }

  static sdk::Config config(const std::string& extra) {
    return sdk::Config::parse(R"({"username":"alice","passkey":")" + std::string(kCanary) + '"' + extra + '}');
  }

  Outcome search(std::string_view term = "matrix", std::string_view imdb = {}, std::int32_t year = 0,
                 std::int32_t offset = 0, std::int32_t limit = 100, std::int64_t timeout_ms = 30'000) {
    sdk::IndexerQuery query;
    query.term = term;
    query.imdb_id = imdb;
    query.year = year;
    query.offset = offset;
    query.limit = limit;
    return run(timeout_ms,
               [&](sdk::CallContext& ctx, sdk::ReleaseSink& sink) { return plugin->search(ctx, query, sink); });
  }
  Outcome recent(std::int64_t since_ms) {
    return run(30'000,
               [&](sdk::CallContext& ctx, sdk::ReleaseSink& sink) { return plugin->recent(ctx, since_ms, sink); });
  }
  Outcome test() {
    struct Facts final : sdk::TestSink {
      void fact(std::string_view name, std::string_view value) noexcept override {
        all.append(name).append("=").append(value).append("\n");
      }
      std::string all;
    } facts;
    auto ctx = host.context();
    Outcome out;
    out.status = plugin->test(ctx, facts);
    out.text = ctx.text();
    out.bytes = facts.all;
    return out;
  }
  Outcome fetch(std::string_view guid = "42") {
    struct Sink final : sdk::FetchSink {
      bool metainfo(std::span<const std::byte> piece) noexcept override {
        bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        return true;
      }
      bool magnet(std::string_view) noexcept override { return false; }
      std::string bytes;
    } sink;
    auto ctx = host.context();
    sdk::ReleaseRef ref;
    ref.guid = guid;
    Outcome out;
    out.status = plugin->fetch(ctx, ref, sink);
    out.text = ctx.text();
    out.bytes = sink.bytes;
    return out;
  }

  TestHost host;
  std::unique_ptr<HdbitsIndexer> plugin;

 private:
  template <class F>
  Outcome run(std::int64_t timeout_ms, F call) {
    Outcome out;
    auto ctx = host.context(timeout_ms);
    auto sink = sdk::release_sink([&](const sdk::ReleaseView& v) { out.releases.push_back(copy_of(v)); });
    out.status = call(ctx, sink);
    out.text = ctx.text();
    return out;
  }
  std::string extra_;
};

inline std::string envelope(const std::string& rows) { return R"({"status":0,"data":[)" + rows + "]}"; }

/// A full row as the site sends it.
inline std::string row(std::int64_t id, std::int64_t utadded = 1'690'000'000, const std::string& more = {}) {
  return R"({"id":)" + std::to_string(id) + R"(,"hash":"AABBCCDDEEFF00112233445566778899AABBCCDD","name":"A Film",)" +
         R"("filename":"A.Film.1999.1080p.BluRay.x264-GRP.torrent","size":9000000000,"seeders":5,"leechers":2,)" +
         R"("times_completed":9,"numfiles":3,"utadded":)" + std::to_string(utadded) +
         R"(,"freeleech":"no","type_category":1,"type_codec":1,"type_medium":3,"type_origin":0,"type_exclusive":0)" +
         more + '}';
}

inline constexpr std::string_view kTorrent =
    "d4:infod6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee";

}  // namespace quarry::hdbits::testing
