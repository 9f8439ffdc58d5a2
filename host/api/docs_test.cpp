// SPDX-License-Identifier: MIT
// docs/api.md names every route, and each of its curl examples is called and answers what stands there.
#include "api/testing/api_world.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace quarry::api {
namespace {

using testing::ApiWorld;
using testing::Call;

std::string read_page() {
  const auto root = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();
  std::ifstream file(root / "docs" / "api.md");
  EXPECT_TRUE(file) << "docs/api.md is missing";
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A fenced block: what stands after ```, and its lines.
struct Block {
  std::string info;
  std::string text;
};

std::vector<Block> blocks_of(const std::string& page) {
  std::vector<Block> out;
  std::istringstream lines(page);
  std::string line;
  bool inside = false;
  while (std::getline(lines, line)) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) { out.push_back({line.substr(3), {}}); }
    } else if (inside) {
      out.back().text += line + "\n";
    }
  }
  return out;
}

/// Words as a shell splits them: quotes, and a backslash at the end of a line.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> out;
  std::string word;
  bool any = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      any = true;
    } else if (c == '\\' && i + 1 < text.size() && text[i + 1] == '\n') {
      ++i;
    } else if (c == ' ' || c == '\n') {
      if (any || !word.empty()) { out.push_back(std::move(word)); }
      word.clear();
      any = false;
    } else {
      word += c;
    }
  }
  return out;
}

/// The call that a curl command makes.
Call run(ApiWorld& world, const std::string& command) {
  const auto words = words_of(command);
  std::string method;
  std::string body;
  std::string type;
  std::string target;
  bool with_key = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "-X") {
      method = words.at(++i);
    } else if (word == "-d") {
      body = words.at(++i);
      if (type.empty()) { type = "application/x-www-form-urlencoded"; }
    } else if (word == "-H") {
      const std::string& header = words.at(++i);
      with_key |= header == "X-Api-Key: $KEY";
      if (header.starts_with("Content-Type: ")) { type = header.substr(14); }
    } else if (word.starts_with("$QUARRY")) {
      target = word.substr(7);
    } else {
      ADD_FAILURE() << "an option this test does not know: " << word;
    }
  }
  EXPECT_EQ(with_key, target.starts_with("/api/")) << command;
  world.write_history();
  if (method.empty()) { method = body.empty() ? "GET" : "POST"; }
  return world.call(method, target, body, type);
}

/// What examples start from: one download on its way, two releases to be found.
void prepare(ApiWorld& world) {
  world.downloading("Night.of.the.Living.Dead.1968.1080p.BluRay.x264-GRP", "c9e15763f722f23e98a29decdfae341b98d53056");
  world.indexer.releases = {{"4711", "The.Matrix.1999.2160p.UHD.BluRay.x265-GRP",
                             "0123456789abcdef0123456789abcdef01234567", 64'000'000'000, 37},
                            {"4712", "The.Matrix.1999.1080p.WEB-DL.x264-GRP", "", 9'000'000'000, 140}};
  world.services.health = [] {
    return std::vector<HealthNote>{
        {"PluginCheck", "error", "the plugin \"hdbits\" failed: the configuration does not suit the plugin"}};
  };
}

TEST(ApiDocs, NameEveryRouteAndNoOther) {
  ApiWorld world;
  std::set<std::string> table;
  for (const Route& route : world.table) { table.insert(route.method + " " + route.pattern); }
  std::set<std::string> documented;
  std::istringstream lines(read_page());
  std::string line;
  while (std::getline(lines, line)) {
    if (line.starts_with("### `") && line.ends_with('`')) { documented.insert(line.substr(5, line.size() - 6)); }
  }
  EXPECT_EQ(documented, table);
}

TEST(ApiDocs, ExamplesAnswerWhatThePageSays) {
  ApiWorld world;
  prepare(world);
  const auto blocks = blocks_of(read_page());
  int examples = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const bool is_call = blocks[i].info == "sh" && blocks[i].text.starts_with("curl ");
    if (blocks[i].info.starts_with("json")) { EXPECT_TRUE(sdk::JsonDocument::parse(blocks[i].text)) << blocks[i].text; }
    if (!is_call) { continue; }
    ++examples;
    const Call call = run(world, blocks[i].text);
    ASSERT_LT(i + 1, blocks.size());
    EXPECT_EQ(blocks[i + 1].info, "json " + std::to_string(call.status)) << blocks[i].text << call.body;
    const auto expected = sdk::JsonDocument::parse(blocks[i + 1].text);
    EXPECT_EQ(expected ? expected->root().dump() : "", call.parsed.dump()) << blocks[i].text;
  }
  EXPECT_GE(examples, 26);
}

}  // namespace
}  // namespace quarry::api
