// SPDX-License-Identifier: MIT
#include "api/item.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace quarry::api {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;

class ItemTest : public ::testing::Test {
 protected:
  static sdk::DownloadView row() {
    sdk::DownloadView d;
    d.id = 7;
    d.state = sdk::DownloadState::downloading;
    d.title = "The.Matrix.1999.1080p.BluRay.x264-GRP";
    d.infohash_v1 = "0123456789abcdef0123456789abcdef01234567";
    d.download_url = "https://tracker.example/dl?passkey=CANARY";
    d.magnet = "magnet:?xt=urn:btih:0123&tr=https%3A%2F%2Ftracker.example%2FCANARY";
    d.guid = "CANARY-guid";
    d.size_bytes = 1000;
    d.done_bytes = 400;
    d.progress = 0.4;
    d.enqueued_at_ms = kNow - 60'000;
    d.progress_at_ms = kNow;
    return d;
  }
  sdk::Json write(const sdk::DownloadView& d) {
    sdk::JsonWriter w;
    write_item(w, d, kNow, cache_);
    text_ = w.take();
    auto parsed = sdk::JsonDocument::parse(text_);
    document_.emplace(std::move(parsed.value()));
    return document_->root();
  }

  QualityCache cache_;
  std::string text_;
  std::optional<sdk::JsonDocument> document_;
};

TEST_F(ItemTest, ARunningDownload) {
  auto d = row();
  d.movie_id = 603;
  d.client = "qbittorrent";
  d.indexer = "hdbits";
  d.output_path = "/downloads/x";
  d.category = "quarry";
  d.down_bps = 2048;
  d.eta_s = 90'061;
  d.seeders = 0;
  d.leechers = 2;
  d.attempts = 2;
  d.priority = sdk::Priority::very_high;
  const auto j = write(d);
  EXPECT_EQ(j["id"].as_int(), 7);
  EXPECT_EQ(j["movieId"].as_int(), 603);
  EXPECT_EQ(j["status"].as_string(), "downloading");
  EXPECT_EQ(j["state"].as_string(), "downloading");
  EXPECT_EQ(j["trackedDownloadStatus"].as_string(), "ok");
  EXPECT_EQ(j["trackedDownloadState"].as_string(), "downloading");
  EXPECT_EQ(j["statusMessages"].size(), 0U);
  EXPECT_EQ(j["downloadId"].as_string(), "0123456789ABCDEF0123456789ABCDEF01234567");
  EXPECT_EQ(j["protocol"].as_string(), "torrent");
  EXPECT_EQ(j["downloadClient"].as_string(), "qbittorrent");
  EXPECT_EQ(j["indexer"].as_string(), "hdbits");
  EXPECT_EQ(j["outputPath"].as_string(), "/downloads/x");
  EXPECT_EQ(j["category"].as_string(), "quarry");
  EXPECT_EQ(j["size"].as_int(), 1000);
  EXPECT_EQ(j["sizeleft"].as_int(), 600);
  EXPECT_EQ(j["sizeDisplay"].as_string(), "1000 B");
  EXPECT_EQ(j["speedDisplay"].as_string(), "2.0 KiB/s");
  EXPECT_EQ(j["etaDisplay"].as_string(), "1d 1h");
  EXPECT_EQ(j["timeleft"].as_string(), "1.01:01:01");
  EXPECT_EQ(j["estimatedCompletionTime"].as_string(), "2023-11-15T23:14:21Z");
  EXPECT_EQ(j["added"].as_string(), "2023-11-14T22:12:20Z");
  EXPECT_DOUBLE_EQ(j["progress"].as_double(), 40.0);
  EXPECT_EQ(j["seeders"].as_int(-9), 0);
  EXPECT_EQ(j["leechers"].as_int(), 2);
  EXPECT_EQ(j["retryCount"].as_int(), 1);
  EXPECT_TRUE(j["canRetry"].is_bool());
  EXPECT_FALSE(j["canRetry"].as_bool(true));
  EXPECT_EQ(j["priority"].as_string(), "very_high");
  EXPECT_FALSE(j["held"].as_bool(true));
  EXPECT_EQ(j["quality"]["quality"]["name"].as_string(), "Bluray-1080p");
}

TEST_F(ItemTest, NeverShowsWhatMayHoldASecret) {
  auto d = row();
  for (int state = 0; state < sdk::kDownloadStates; ++state) {
    d.state = static_cast<sdk::DownloadState>(state);
    write(d);
    EXPECT_EQ(text_.find("CANARY"), std::string::npos);
  }
}

TEST_F(ItemTest, LeavesOutWhatIsNotKnownButNeverDownloadId) {
  sdk::DownloadView d;
  d.id = 1;
  d.title = "x";
  const auto j = write(d);
  for (const char* name : {"movieId", "downloadClient", "indexer", "outputPath", "timeleft", "estimatedCompletionTime",
                           "seeders", "leechers", "errorMessage", "dueAt", "dueReason", "ended"}) {
    EXPECT_FALSE(j[name].present()) << name;
  }
  EXPECT_TRUE(j["downloadId"].is_string());
  EXPECT_EQ(j["size"].as_int(-1), 0);
  EXPECT_EQ(j["sizeDisplay"].as_string(), "unknown");
  EXPECT_EQ(j["etaDisplay"].as_string(), "-");
}

TEST_F(ItemTest, SaysWhyItWaits) {
  auto d = row();
  d.state = sdk::DownloadState::queued;
  d.due_at_ms = kNow + 4000;
  d.due_reason = "retry 2 of 3";
  EXPECT_EQ(write(d)["dueAt"].as_string(), "2023-11-14T22:13:24Z");
  EXPECT_EQ(document_->root()["dueReason"].as_string(), "retry 2 of 3");
  d.due_at_ms = kNow;
  EXPECT_FALSE(write(d)["dueAt"].present());
}

TEST_F(ItemTest, SaysWhyItFailed) {
  auto d = row();
  d.state = sdk::DownloadState::failed;
  d.error = "the torrent is HTML";
  d.ended_at_ms = kNow;
  const auto j = write(d);
  EXPECT_EQ(j["status"].as_string(), "failed");
  EXPECT_EQ(j["trackedDownloadStatus"].as_string(), "error");
  EXPECT_EQ(j["trackedDownloadState"].as_string(), "failed");
  EXPECT_EQ(j["errorMessage"].as_string(), "the torrent is HTML");
  EXPECT_EQ(j["statusMessages"].at(0)["messages"].at(0).as_string(), "the torrent is HTML");
  EXPECT_TRUE(j["canRetry"].as_bool());
  EXPECT_EQ(j["ended"].as_string(), "2023-11-14T22:13:20Z");
}

TEST_F(ItemTest, AStalledOneCarriesTheSentenceOthersKnow) {
  auto d = row();
  d.flags = sdk::kStalled;
  const auto j = write(d);
  EXPECT_EQ(j["status"].as_string(), "stalled");
  EXPECT_EQ(j["trackedDownloadStatus"].as_string(), "warning");
  EXPECT_EQ(j["errorMessage"].as_string(), "The download is stalled with no connections");
}

TEST_F(ItemTest, ProgressNeverSaysDoneTooEarly) {
  auto d = row();
  d.progress = 0.99999;
  EXPECT_DOUBLE_EQ(write(d)["progress"].as_double(), 99.9);
  d.progress = 0.0 / 0.0;
  EXPECT_DOUBLE_EQ(write(d)["progress"].as_double(-1), 0);
  d.progress = 7;
  EXPECT_DOUBLE_EQ(write(d)["progress"].as_double(), 100);
  d.state = sdk::DownloadState::completed;
  d.progress = 0;
  const auto done = write(d);
  EXPECT_DOUBLE_EQ(done["progress"].as_double(), 100);
  EXPECT_EQ(done["sizeleft"].as_int(-1), 0);
  EXPECT_EQ(done["etaDisplay"].as_string(), "done");
  EXPECT_EQ(done["trackedDownloadState"].as_string(), "importPending");
}

TEST_F(ItemTest, HostileTextStaysText) {
  auto d = row();
  d.title = "\"},{\"id\":1,\xFF<script>";
  EXPECT_EQ(write(d)["title"].as_string(), "\"},{\"id\":1,\xEF\xBF\xBD<script>");
}

}  // namespace
}  // namespace quarry::api
