// SPDX-License-Identifier: MIT
#include "queue/grab_plan.hpp"

#include <gtest/gtest.h>

namespace quarry::queue {
namespace {

constexpr char kHash[] = "8afb31ebc9589b5830861777c6fba3e29f9df0c1";

GrabPlan planned(const GrabRequest& request) {
  auto plan = plan_of(request);
  EXPECT_TRUE(plan.ok()) << plan.error().text;
  return plan ? *plan : GrabPlan{};
}
GrabPlan of_url(std::string url) {
  GrabRequest request;
  request.download_url = std::move(url);
  return planned(request);
}

TEST(GrabPlan, AUrlGivesItsHostAsTitleAndNothingElse) {
  EXPECT_EQ(of_url("https://user:word@Tracker.example:8443/torrent/download/123.rsskey?k=2").title,
            "download from tracker.example");
}

TEST(GrabPlan, AMagnetGivesItsNameOrItsHash) {
  EXPECT_EQ(of_url(std::string("magnet:?xt=urn:btih:") + kHash + "&dn=Film%202019").title, "Film 2019");
  EXPECT_EQ(of_url(std::string("magnet:?xt=urn:btih:") + kHash).title, kHash);
}

TEST(GrabPlan, ANameIsOneCleanLine) {
  const auto plan = of_url(std::string("magnet:?xt=urn:btih:") + kHash + "&dn=Film%0A%1B%5B31m%7F");
  EXPECT_EQ(plan.title, "Film[31m");
  EXPECT_EQ(of_url(std::string("magnet:?xt=urn:btih:") + kHash + "&dn=%0A%0D").title, kHash);
}

TEST(GrabPlan, ALongTitleIsCutBetweenTwoCharacters) {
  GrabRequest request;
  request.magnet = std::string("magnet:?xt=urn:btih:") + kHash;
  request.title = std::string(1023, 'a') + "é";
  EXPECT_EQ(planned(request).title, std::string(1023, 'a'));
}

TEST(GrabPlan, ReadsSchemesInWhateverCase) {
  EXPECT_EQ(of_url("HTTPS://site.example/1").url, "HTTPS://site.example/1");
  const auto plan = of_url(std::string("MAGNET:?xt=urn:btih:") + kHash);
  EXPECT_EQ(plan.magnet, std::string("magnet:?xt=urn:btih:") + kHash);
  EXPECT_EQ(plan.url, "");
  EXPECT_EQ(plan.infohash_v1, kHash);
}

TEST(GrabPlan, RefusesUrlsThatCannotBeFetched) {
  for (const char* url : {"ftp://site.example/1", "https:/", "http://", "https://u@/x", "https://site.example/a b"}) {
    GrabRequest request;
    request.download_url = url;
    EXPECT_FALSE(plan_of(request).ok()) << url;
  }
}

}  // namespace
}  // namespace quarry::queue
