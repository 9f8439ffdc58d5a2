// SPDX-License-Identifier: MIT
// What the tests of this plugin share.
#pragma once

#include "sqlite_queue_store.hpp"

#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/queue_store_caller.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace quarry::storage_sqlite {

/// A folder of its own, gone with the test.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "quarry-sqlite-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) { throw std::runtime_error("cannot make a folder for the test"); }
    path_ = name;
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  [[nodiscard]] std::string file(const std::string& name = "queue.db") const { return (path_ / name).string(); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::unique_ptr<SqliteQueueStore> make_store(sdk::testing::FakeHost& host, const std::string& file) {
  return std::make_unique<SqliteQueueStore>(
      host, sdk::Config::parse(R"({"path": ")" + file + R"(", "synchronous": "normal"})"));
}
/// Opened; fails the test when that fails.
inline std::unique_ptr<SqliteQueueStore> open_store(sdk::testing::FakeHost& host, const std::string& file) {
  std::unique_ptr<SqliteQueueStore> store = make_store(host, file);
  sdk::BasicContext ctx = host.context();
  EXPECT_TRUE(store->open(ctx).ok()) << ctx.text();
  return store;
}
/// The code of open() and what it says.
inline std::pair<sdk::Status, std::string> try_open(sdk::testing::FakeHost& host, const std::string& file) {
  const std::unique_ptr<SqliteQueueStore> store = make_store(host, file);
  sdk::BasicContext ctx = host.context();
  const sdk::Status status = store->open(ctx);
  return {status, ctx.text()};
}

/// A download whose command and release are named `name`.
inline sdk::NewDownload new_download(std::string_view name) {
  sdk::NewDownload item;
  item.command_id = name;
  item.lane = "downloads";
  item.release_key = name;
  item.title = "Some.Film.2019.1080p.BluRay.x264-GROUP";
  return item;
}

}  // namespace quarry::storage_sqlite
