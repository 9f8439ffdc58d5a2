// SPDX-License-Identifier: MIT
#include "api/release_json.hpp"

#include "api/errors.hpp"
#include "api/format.hpp"
#include "api/members.hpp"
#include "api/quality.hpp"

namespace quarry::api {
namespace {

void write_name(sdk::JsonWriter& w, const release::ReleaseName& name) {
  w.member("movieTitle", name.title);
  if (name.year != 0) { w.member("year", name.year); }
  w.member("resolution", static_cast<std::int64_t>(name.resolution)).member("source", source_word(name.source));
  w.member("codec", codec_word(name.codec));
  add_text(w, "releaseGroup", name.group);
  add_text(w, "edition", name.edition);
  w.member("proper", (name.flags & (sdk::kProper | sdk::kRepack)) != 0);
  w.key("quality").raw(quality_json(name));
}

void write_decision(sdk::JsonWriter& w, const search::Release& release) {
  w.member("score", release.score).member("threshold", release.threshold).member("accepted", release.acceptable());
  w.key("reasons").begin_array();
  for (const search::Reason& reason : release.reasons) {
    w.begin_object().member("rule", reason.rule).member("points", reason.points).member("detail", reason.detail);
    w.end_object();
  }
  // Plain texts, as typed clients of this API expect them.
  w.end_array().key("rejections").begin_array();
  for (const search::Reason& rejection : release.rejections) {
    w.value(rejection.detail.empty() ? rejection.rule : rejection.rule + ": " + rejection.detail);
  }
  w.end_array();
}

}  // namespace

void write_release(sdk::JsonWriter& w, const search::Release& release) {
  w.begin_object().member("id", release.id).member("guid", release.guid).member("title", release.title);
  w.member("indexer", release.indexer).member("protocol", "torrent");
  if (release.size_bytes >= 0) { w.member("size", release.size_bytes); }
  w.member("sizeDisplay", size_display(release.size_bytes));
  if (release.age_minutes >= 0) { w.member("ageMinutes", release.age_minutes); }
  if (release.published_at_ms > 0) { w.member("publishDate", iso_time(release.published_at_ms)); }
  if (release.seeders >= 0) { w.member("seeders", release.seeders); }
  if (release.leechers >= 0) { w.member("leechers", release.leechers); }
  add_text(w, "category", release.category);
  add_text(w, "imdbId", release.imdb_id);
  add_text(w, "infoHash", release.infohash_v1);
  add_text(w, "infoUrl", release.info_url);
  w.member("freeleech", (release.flags & sdk::kFreeleech) != 0);
  w.member("internal", (release.flags & sdk::kInternal) != 0);
  write_name(w, release.name);
  write_decision(w, release);
  w.end_object();
}

void write_problems(sdk::JsonWriter& w, const std::vector<search::IndexerProblem>& problems) {
  w.begin_array();
  for (const search::IndexerProblem& problem : problems) {
    w.begin_object().member("indexer", problem.indexer).member("message", problem.failure.text);
    w.member("code", code_word(problem.failure.status.code)).end_object();
  }
  w.end_array();
}

}  // namespace quarry::api
