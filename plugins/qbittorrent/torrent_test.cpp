// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/torrent.hpp"

#include <gtest/gtest.h>

namespace quarry::qbittorrent {
namespace {

using sdk::ItemState;

const std::string kId(40, 'a');

/// A row with these members besides its hash.
class Row {
 public:
  explicit Row(const std::string& members) : document_(parse(members)), row_(document_.root()) {}
  const sdk::ItemView* operator->() const { return &row_.view(); }

 private:
  static sdk::JsonDocument parse(const std::string& members) {
    auto made = sdk::JsonDocument::parse(R"({"hash":")" + kId + R"(")" + (members.empty() ? "" : "," + members) + "}");
    return std::move(made.value());
  }

  sdk::JsonDocument document_;
  TorrentRow row_;
};

TEST(TorrentState, EveryWordOfBothDialects) {
  const std::pair<const char*, ItemState> words[] = {
      {"error", ItemState::error},
      {"missingFiles", ItemState::missing_files},
      {"uploading", ItemState::seeding},
      {"stalledUP", ItemState::seeding},
      {"forcedUP", ItemState::seeding},
      {"queuedUP", ItemState::seeding},
      {"pausedUP", ItemState::finished},
      {"stoppedUP", ItemState::finished},
      {"checkingUP", ItemState::checking},
      {"checkingDL", ItemState::checking},
      {"moving", ItemState::moving},
      {"checkingResumeData", ItemState::checking},
      {"downloading", ItemState::downloading},
      {"forcedDL", ItemState::downloading},
      {"stalledDL", ItemState::stalled},
      {"metaDL", ItemState::metadata},
      {"forcedMetaDL", ItemState::metadata},
      {"queuedDL", ItemState::queued},
      {"pausedDL", ItemState::paused},
      {"stoppedDL", ItemState::paused},
      {"allocating", ItemState::downloading},
      {"unknown", ItemState::unknown},
      {"somethingNew", ItemState::unknown},
      {"", ItemState::unknown},
  };
  for (const auto& [word, state] : words) { EXPECT_EQ(state_of(word), state) << word; }
}

TEST(TorrentRow, ReadsWhatAServerSays) {
  const Row row(
      R"("infohash_v1":")" + std::string(40, 'b') + R"(","infohash_v2":")" + std::string(64, 'a') +
      R"(","name":"N","category":"c","tags":"a, b c,d","save_path":"/d/","content_path":"/d/N","state":"downloading",
                "size":1000,"total_size":2000,"completed":250,"progress":0.25,"dlspeed":10,"upspeed":20,"eta":75,"ratio":0.5,
                "added_on":1700000000,"num_seeds":2,"num_complete":7,"num_leechs":4,"num_incomplete":3)");
  EXPECT_EQ(row->id, kId);
  EXPECT_EQ(row->infohash_v1, std::string(40, 'b'));
  EXPECT_EQ(row->infohash_v2, std::string(64, 'a'));
  EXPECT_EQ(row->name, "N");
  EXPECT_EQ(row->category, "c");
  EXPECT_EQ(row->tags, "a,b c,d");
  EXPECT_EQ(row->save_path, "/d");
  EXPECT_EQ(row->content_path, "/d/N");
  EXPECT_EQ(row->state, ItemState::downloading);
  EXPECT_EQ(row->state_text, "downloading");
  EXPECT_EQ(row->error, "");
  EXPECT_EQ(row->size_bytes, 1000);
  EXPECT_EQ(row->done_bytes, 250);
  EXPECT_EQ(row->down_bps, 10);
  EXPECT_EQ(row->up_bps, 20);
  EXPECT_EQ(row->eta_s, 75);
  EXPECT_EQ(row->added_at_ms, 1'700'000'000'000);
  EXPECT_EQ(row->seeders, 7);
  EXPECT_EQ(row->leechers, 4);
  EXPECT_DOUBLE_EQ(row->progress, 0.25);
  EXPECT_DOUBLE_EQ(row->ratio, 0.5);
}

TEST(TorrentRow, KnowsNothingBeforeMetadata) {
  EXPECT_EQ(Row(R"("state":"metaDL","size":0,"total_size":-1)")->size_bytes, -1);
  EXPECT_EQ(Row(R"("state":"metaDL","size":0)")->size_bytes, -1);
  EXPECT_EQ(Row(R"("state":"queuedDL","size":0,"total_size":-1)")->size_bytes, -1);
  EXPECT_EQ(Row(R"("state":"stoppedDL","size":0,"has_metadata":false)")->size_bytes, -1);
  EXPECT_EQ(Row(R"("state":"pausedDL","size":0,"total_size":-1,"progress":1)")->progress, 0);
  EXPECT_EQ(Row(R"("state":"pausedDL","size":0,"total_size":7)")->size_bytes, 0);
}

TEST(TorrentRow, UnknownTimesAndRatios) {
  EXPECT_EQ(Row(R"("eta":8640000)")->eta_s, -1);
  EXPECT_EQ(Row(R"("eta":8640001)")->eta_s, -1);
  EXPECT_EQ(Row(R"("eta":-5)")->eta_s, -1);
  EXPECT_EQ(Row(R"("eta":8639999)")->eta_s, 8'639'999);
  EXPECT_EQ(Row(R"("added_on":-1)")->added_at_ms, 0);
  EXPECT_EQ(Row(R"("added_on":9223372036854775807)")->added_at_ms, 253'402'300'799'000);
  EXPECT_EQ(Row(R"("ratio":-1)")->ratio, 9999);
}

TEST(TorrentRow, PathsThatAreNotThereYetAreEmpty) {
  EXPECT_EQ(Row(R"("content_path":"N","state":"checkingResumeData","progress":0)")->content_path, "");
  EXPECT_EQ(Row(R"("content_path":"")")->content_path, "");
  EXPECT_EQ(Row(R"("content_path":"C:\\d\\N")")->content_path, "C:\\d\\N");
  EXPECT_EQ(Row(R"("content_path":"\\\\nas\\d")")->content_path, "\\\\nas\\d");
  EXPECT_EQ(Row(R"("save_path":"/")")->save_path, "/");
}

TEST(TorrentRow, FailuresCarryASentence) {
  EXPECT_NE(Row(R"("state":"error")")->error.find("own log"), std::string_view::npos);
  EXPECT_NE(Row(R"("state":"missingFiles")")->error.find("files"), std::string_view::npos);
  EXPECT_EQ(Row(R"("state":"stalledDL")")->error, "");
}

TEST(TorrentRow, WrongTypesReadAsUnknown) {
  const Row row(
      R"("name":5,"tags":[],"size":"big","eta":null,"progress":"x","num_seeds":"many","state":{},"ratio":[],"added_on":"now")");
  EXPECT_EQ(row->name, "");
  EXPECT_EQ(row->size_bytes, -1);
  EXPECT_EQ(row->eta_s, -1);
  EXPECT_EQ(row->progress, 0);
  EXPECT_EQ(row->seeders, -1);
  EXPECT_EQ(row->leechers, -1);
  EXPECT_EQ(row->state, ItemState::unknown);
  EXPECT_EQ(row->added_at_ms, 0);
}

TEST(TorrentRow, BeforeVersion44TheIdIsTheHash) { EXPECT_EQ(Row("")->infohash_v1, kId); }

TEST(TorrentRow, NamesNoTorrentWithoutAHash) {
  for (const char* text : {"{}", "5", "null", R"({"hash":""})", R"({"hash":"abc"})", R"({"hash":7})"}) {
    const auto document = sdk::JsonDocument::parse(text);
    ASSERT_TRUE(document.ok());
    EXPECT_FALSE(TorrentRow(document->root()).usable()) << text;
  }
}

}  // namespace
}  // namespace quarry::qbittorrent
