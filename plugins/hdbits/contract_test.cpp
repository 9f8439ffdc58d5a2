// SPDX-License-Identifier: MIT
// The SDK's contract of an indexer, against a site in memory.
#include "test_site.hpp"

#include <quarry/sdk/helpers/json.hpp>
#include <quarry/sdk/testing/indexer_contract.hpp>

#include <algorithm>

namespace quarry::hdbits::testing {
namespace {

using sdk::testing::PublishedRelease;
using sdk::testing::SiteTrouble;

class HdbitsUnderTest final : public sdk::testing::IndexerUnderTest {
 public:
  HdbitsUnderTest() {
    host_.fake.http.serve([this](const sdk::testing::SeenRequest& request) { return answer(request); });
  }
  sdk::Indexer& indexer() override { return indexer_; }
  sdk::testing::ManualClock& clock() override { return host_.fake.clock; }
  void publish(const std::vector<PublishedRelease>& releases) override { releases_ = releases; }
  void trouble(SiteTrouble trouble) override { trouble_ = trouble; }
  [[nodiscard]] std::size_t requests() const override { return host_.fake.http.seen().size(); }

 private:
  sdk::Result<sdk::HttpReply> answer(const sdk::testing::SeenRequest& request) const {
    using sdk::testing::reply;
    switch (trouble_) {
      case SiteTrouble::limits:
        return reply(429, "", {{"Retry-After", "60"}});
      case SiteTrouble::refuses_login:
        return reply(200, R"({"status":5,"message":"Auth failed"})");
      case SiteTrouble::down:
        return sdk::failure(sdk::Code::unavailable, "connection refused");
      case SiteTrouble::none:
        break;
    }
    if (request.path() == "/download.php") { return download(request.url); }
    return reply(200, request.path() == "/api/test" ? R"({"status":0})" : listing(request.body));
  }
  [[nodiscard]] sdk::HttpReply download(const std::string& url) const {
    for (const PublishedRelease& release : releases_) {
      const bool asked = url.find("?id=" + std::to_string(release.id) + "&") != std::string::npos;
      if (asked) { return sdk::testing::reply(200, release.torrent); }
    }
    return sdk::testing::reply(404, "");
  }
  [[nodiscard]] std::string listing(const std::string& body) const {
    const auto asked = sdk::JsonDocument::parse(body);
    const auto limit = static_cast<std::size_t>((*asked)["limit"].as_int());
    const std::size_t start = std::min(releases_.size(), limit * static_cast<std::size_t>((*asked)["page"].as_int()));
    std::string rows;
    for (std::size_t i = start; i < std::min(releases_.size(), start + limit); ++i) {
      const PublishedRelease& release = releases_[i];
      sdk::JsonWriter row;
      row.begin_object().member("name", "A Film").member("filename", release.title + ".torrent");
      row.member("utadded", release.published_at_ms / 1000).member("hash", "AABBCCDDEEFF00112233445566778899AABBCCDD");
      if (!release.unreadable) { row.member("id", release.id); }
      rows += (rows.empty() ? "" : ",") + row.end_object().take();
    }
    return envelope(rows);
  }

  sdk::testing::ContractHost host_;
  HdbitsIndexer indexer_{host_, Bench::config(R"(,"min_interval_ms":0,"url":"http://127.0.0.1:9")"), 7};
  std::vector<PublishedRelease> releases_;
  SiteTrouble trouble_ = SiteTrouble::none;
};

QUARRY_INDEXER_CONTRACT(Hdbits, {"hdbits", [] { return std::make_unique<HdbitsUnderTest>(); }, std::string(kCanary)});

}  // namespace
}  // namespace quarry::hdbits::testing
