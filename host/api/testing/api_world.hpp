// SPDX-License-Identifier: MIT
// The API over a queue in memory and an indexer and a scorer made by hand; time stands still.
#pragma once

#include "api/blocklist.hpp"
#include "api/routes.hpp"
#include "records/history_writer.hpp"

#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/json.hpp>
#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/fake_host.hpp>
#include <quarry/sdk/testing/memory_queue_store.hpp>
#include <quarry/sdk/testing/memory_record_store.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

namespace quarry::api::testing {

/// Offers the releases it is told to, whatever is asked for.
class ListedIndexer final : public sdk::Indexer {
 public:
  struct Listed {
    std::string guid, title, infohash;
    std::int64_t size_bytes = -1;
    int seeders = -1;
  };
  std::vector<Listed> releases;
  sdk::Code fails_with = sdk::Code::ok;

  sdk::Status capabilities(sdk::CallContext&, sdk::IndexerCapabilities&) noexcept override { return {}; }
  sdk::Status test(sdk::CallContext&, sdk::TestSink&) noexcept override { return {}; }
  sdk::Status search(sdk::CallContext& ctx, const sdk::IndexerQuery&, sdk::ReleaseSink& sink) noexcept override {
    if (fails_with != sdk::Code::ok) {
      return ctx.fail({fails_with, sdk::Error::default_flags(fails_with), 0, 0}, "the site answers nonsense");
    }
    for (const Listed& listed : releases) {
      sdk::ReleaseView view;
      view.guid = listed.guid;
      view.title = listed.title;
      view.infohash_v1 = listed.infohash;
      view.size_bytes = listed.size_bytes;
      view.seeders = listed.seeders;
      view.published_at_ms = 1'699'990'000'000;
      sink.add(view);
    }
    return {};
  }
  sdk::Status recent(sdk::CallContext&, std::int64_t, sdk::ReleaseSink&) noexcept override { return {}; }
  sdk::Status fetch(sdk::CallContext&, const sdk::ReleaseRef&, sdk::FetchSink&) noexcept override { return {}; }
};

/// 2160p 50, 1080p 40, BluRay 40; CAM is rejected; threshold 75.
class PlainScorer final : public sdk::Scorer {
 public:
  sdk::Status score(sdk::CallContext&, const sdk::Candidate& c, const sdk::Preferences&, sdk::ScoreSink& reasons,
                    sdk::Score& out) noexcept override {
    const auto give = [&](std::string_view rule, double points, std::string_view detail) {
      out.total += points;
      reasons.contribution(rule, points, detail);
    };
    if (c.name.find("2160p") != c.name.npos) { give("resolution", 50, "2160p"); }
    if (c.name.find("1080p") != c.name.npos) { give("resolution", 40, "1080p"); }
    if (c.name.find("BluRay") != c.name.npos) { give("source", 40, "BluRay"); }
    if (c.name.find(".CAM.") != c.name.npos) { reasons.rejection("forbidden", "CAM"); }
    out.threshold = 75;
    return {};
  }
};

/// `parsed` is valid while the world lives.
struct Call {
  int status = 0;
  std::string body;
  Fields headers;
  sdk::Json parsed;

  [[nodiscard]] std::string_view header(std::string_view name) const {
    const auto it = std::find_if(headers.begin(), headers.end(), [&](const auto& h) { return h.first == name; });
    return it == headers.end() ? std::string_view() : std::string_view(it->second);
  }
  [[nodiscard]] sdk::Json json() const { return parsed; }
};

class ApiWorld {
 public:
  static constexpr std::int64_t kNow = 1'700'000'000'000;  ///< 2023-11-14T22:13:20Z

  ApiWorld() {
    sdk::testing::link(store, record_store);
    const auto opened = records.open();
    EXPECT_TRUE(opened) << opened.error().text;
    services.records = &records;
  }

  /// As the duty does that runs beside the API: the history of all that happened so far.
  void write_history() {
    records::HistoryPorts ports;
    ports.queue = &store;
    ports.records = &records;
    ports.clock = &clock;
    ports.on_duty = [] { return true; };
    ports.log = [](sdk::LogLevel, const std::string& text) { ADD_FAILURE() << text; };
    static_cast<void>(records::HistoryWriter(ports).step(clock.steady_ms()));
  }

  /// Calls the route that answers; status 404 with an empty body when the table has none.
  Call call(std::string_view method, std::string_view target, std::string_view body = {},
            std::string_view content_type = "application/json") {
    ApiRequest request;
    request.request_id = "3f9d1c02-17";
    request.body = body;
    request.content_type = content_type;
    const auto mark = target.find('?');
    if (mark != target.npos) { read_query(target.substr(mark + 1), request.query); }
    const auto segments = split(target.substr(0, mark), '/');
    for (const bool with_params : {false, true}) {
      for (const Route& route : table) {
        request.path_params.clear();
        if (route.method != method || !matches(route.pattern, segments, with_params, request.path_params)) { continue; }
        ApiResponse response = route.handler(request);
        return {response.status, response.body, std::move(response.headers), parse(response.body)};
      }
    }
    return {404, {}, {}, {}};
  }

  /// Puts a download in the queue and takes it as far as downloading, 40 % done.
  std::int64_t downloading(std::string title, std::string infohash) {
    queue::GrabRequest grab;
    grab.title = std::move(title);
    grab.magnet = "magnet:?xt=urn:btih:" + infohash + "&tr=http%3A%2F%2Ftracker.example%2Fannounce%2FPASSKEY";
    const auto grabbed = queue.grab(grab);
    const std::int64_t id = std::get<queue::Grabbed>(grabbed).id;
    sdk::BasicContext ctx(clock, 1000, "test");
    sdk::ClaimRequest claim;
    claim.limit = 1;
    claim.lane = "downloads";
    claim.owner = "host";
    const std::string claim_command = "claim-" + std::to_string(id);
    claim.command_id = claim_command;
    std::int64_t epoch = 0;
    auto rows = sdk::download_sink([&](const sdk::DownloadView& row) { epoch = row.id == id ? row.epoch : epoch; });
    EXPECT_TRUE(store.claim(ctx, claim, rows).ok());
    sdk::Outcomes outcomes;
    sdk::Intent intent;
    const std::string intent_command = "intent-" + std::to_string(id);
    intent.command_id = intent_command;
    intent.id = id;
    intent.epoch = epoch;
    intent.client = "qbittorrent";
    intent.infohash_v1 = infohash;
    intent.size_bytes = 10'000'000'000;
    store.record_intent(ctx, intent, outcomes);
    sdk::Transition change;
    const std::string change_command = "to-" + std::to_string(id);
    change.command_id = change_command;
    change.id = id;
    change.epoch = epoch;
    change.from = sdk::DownloadState::dispatching;
    change.to = sdk::DownloadState::downloading;
    store.transition(ctx, {&change, 1}, outcomes);
    sdk::Progress progress;
    progress.id = id;
    progress.epoch = epoch;
    progress.size_bytes = 10'000'000'000;
    progress.done_bytes = 4'000'000'000;
    progress.progress = 0.4;
    progress.down_bps = 12'500'000;
    progress.eta_s = 480;
    progress.seeders = 12;
    progress.leechers = 3;
    const std::string path = "/downloads/" + grab.title;
    progress.output_path = path;
    store.record_progress(ctx, {&progress, 1}, outcomes);
    for (const sdk::Outcome& outcome : outcomes.all) { EXPECT_EQ(outcome.result, sdk::CommandResult::applied); }
    EXPECT_EQ(outcomes.all.size(), 3U);
    return id;
  }

  /// Moves a queued download on to failed or blocked.
  void fail(std::int64_t id, std::string_view error, sdk::DownloadState to = sdk::DownloadState::failed) {
    sdk::BasicContext ctx(clock, 1000, "test");
    sdk::ClaimRequest claim;
    claim.limit = 1;
    claim.lane = "downloads";
    claim.owner = "host";
    const std::string claim_command = "claim-" + std::to_string(id);
    claim.command_id = claim_command;
    sdk::Transition change;
    auto rows = sdk::download_sink([&](const sdk::DownloadView& row) {
      change.id = row.id;
      change.epoch = row.epoch;
    });
    EXPECT_TRUE(store.claim(ctx, claim, rows).ok());
    EXPECT_EQ(change.id, id);
    const std::string fail_command = "fail-" + std::to_string(id);
    change.command_id = fail_command;
    change.from = sdk::DownloadState::dispatching;
    change.to = to;
    change.patch.fields = sdk::kPatchError;
    change.patch.error = error;
    change.patch.error_code = sdk::Code::invalid;
    sdk::Outcomes outcomes;
    store.transition(ctx, {&change, 1}, outcomes);
    ASSERT_EQ(outcomes.all.size(), 1U);
    EXPECT_EQ(outcomes.all[0].result, sdk::CommandResult::applied);
  }

  sdk::testing::ManualClock clock{kNow};
  sdk::testing::MemoryQueueStore store{clock};
  sdk::testing::MemoryRecordStore record_store{clock};
  records::Records records{record_store, clock};
  int commands = 0;
  int changes = 0;
  queue::QueueService queue{
      store, clock, {}, [this] { return "cmd-" + std::to_string(++commands); }, [this] { ++changes; }};
  ListedIndexer indexer;
  ListedIndexer second_indexer;
  PlainScorer scorer;
  bool two_indexers = false;
  search::Search search{ports()};
  Services services{queue, search, clock, "5.28.0.1", kNow, 1000};
  std::vector<Route> table = routes(services);

 private:
  sdk::Json parse(const std::string& body) {
    auto parsed = sdk::JsonDocument::parse(body);
    EXPECT_TRUE(parsed) << body;
    if (!parsed) { return {}; }
    documents_.push_back(std::move(*parsed));
    return documents_.back().root();
  }
  search::Ports ports() {
    search::Ports out;
    out.indexers = [this] {
      std::vector<search::NamedIndexer> named = {{"hdbits", &indexer}};
      if (two_indexers) { named.push_back({"second", &second_indexer}); }
      return named;
    };
    out.scorer = [this] { return &scorer; };
    out.blocked = [this](const std::vector<search::Release>& releases) -> sdk::Result<std::vector<std::string>> {
      if (services.records == nullptr) { return std::vector<std::string>(); }
      return why_blocked(records.blocklist(), releases);
    };
    out.clock = &clock;
    out.run_all = [](std::vector<std::function<void()>>& jobs) {
      for (const auto& job : jobs) { job(); }
    };
    return out;
  }

  static std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> out(1);
    for (const char c : text) {
      if (c == separator) {
        out.emplace_back();
      } else {
        out.back() += c;
      }
    }
    return out;
  }
  static void read_query(std::string_view text, Fields& query) {
    for (const std::string& part : split(text, '&')) {
      const auto equals = part.find('=');
      std::string value = equals == part.npos ? "" : part.substr(equals + 1);
      std::replace(value.begin(), value.end(), '+', ' ');
      query.emplace_back(part.substr(0, equals), std::move(value));
    }
  }
  static bool matches(const std::string& pattern, const std::vector<std::string>& segments, bool with_params,
                      Fields& params) {
    const auto parts = split(pattern, '/');
    if (parts.size() != segments.size()) { return false; }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (with_params && parts[i].starts_with('{')) {
        params.emplace_back(parts[i].substr(1, parts[i].size() - 2), segments[i]);
      } else if (parts[i] != segments[i]) {
        return false;
      }
    }
    return true;
  }

  std::deque<sdk::JsonDocument> documents_;
};

}  // namespace quarry::api::testing
