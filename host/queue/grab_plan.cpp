// SPDX-License-Identifier: MIT
#include "queue/grab_plan.hpp"

#include "queue/metainfo.hpp"
#include "queue/text.hpp"
#include "queue/url.hpp"

#include <utility>

namespace quarry::queue {
namespace {

constexpr std::size_t kMaxTitle = 1024;
constexpr std::size_t kMaxUrl = 8192;

sdk::Failure unusable(std::string text) { return sdk::failure(sdk::Code::invalid, std::move(text)); }

/// FNV-1a, 64 bits: names a URL without keeping what it holds.
std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) { hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL; }
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) { out += kHex[(hash >> static_cast<unsigned>(shift)) & 15U]; }
  return out + "-" + std::to_string(text.size());
}

std::string url_problem(std::string_view url) {
  if (!has_scheme(url, "http") && !has_scheme(url, "https")) {
    return "download_url must start with http://, https:// or magnet:";
  }
  if (url.size() > kMaxUrl) { return "download_url is longer than 8192 bytes"; }
  if (url.find_first_of(std::string_view(" \t\r\n\0", 5)) != std::string::npos) {
    return "download_url holds a blank or a control character: percent-encode it";
  }
  return host_of(url).empty() ? "download_url names no host" : "";
}

/// For what nobody gave a title.
std::string made_up_title(const GrabPlan& plan, const std::string& indexer) {
  if (!plan.magnet.empty()) { return plan.infohash_v1.empty() ? plan.infohash_v2 : plan.infohash_v1; }
  return clean_line("download from " + (plan.url.empty() ? indexer : host_of(plan.url)), kMaxTitle);
}

std::string key_of_plan(const GrabPlan& plan, const GrabRequest& request, bool by_indexer) {
  if (!plan.infohash_v1.empty()) { return "btih:" + plan.infohash_v1; }
  if (!plan.infohash_v2.empty()) { return "btmh:" + plan.infohash_v2; }
  return by_indexer ? "guid:" + request.indexer + ":" + request.guid : "url:" + fingerprint(plan.url);
}

}  // namespace

sdk::Result<GrabPlan> plan_of(const GrabRequest& request) {
  GrabPlan plan;
  plan.title = clean_line(request.title, kMaxTitle);
  plan.magnet = request.magnet;
  plan.url = request.download_url;
  plan.infohash_v1 = request.infohash_v1;
  if (has_scheme(plan.url, "magnet")) { plan.magnet = std::exchange(plan.url, std::string()); }
  if (!plan.magnet.empty()) {
    const auto facts = inspect_magnet(plan.magnet);
    if (!facts) { return facts.error(); }
    plan.magnet = normal_magnet(plan.magnet);
    plan.infohash_v1 = facts->infohash_v1;
    plan.infohash_v2 = facts->infohash_v2;
    if (plan.title.empty()) { plan.title = clean_line(facts->name, kMaxTitle); }
  }
  const bool by_indexer = !request.indexer.empty() && !request.guid.empty();
  if (plan.magnet.empty() && plan.url.empty() && !by_indexer) {
    return unusable("nothing to download: give download_url, magnet_url or the id of a release from a search");
  }
  if (!plan.url.empty()) {
    if (std::string problem = url_problem(plan.url); !problem.empty()) { return unusable(std::move(problem)); }
  }
  if (plan.title.empty()) { plan.title = made_up_title(plan, request.indexer); }
  plan.key = key_of_plan(plan, request, by_indexer);
  return plan;
}

}  // namespace quarry::queue
