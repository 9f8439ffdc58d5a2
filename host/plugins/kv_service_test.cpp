// SPDX-License-Identifier: MIT
#include "plugins/kv_service.hpp"

#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/fake_host.hpp>

#include <gtest/gtest.h>

#include <fstream>

#include <unistd.h>

namespace quarry::plugins {
namespace {

namespace fs = std::filesystem;
using sdk::Code;

class KvServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "quarry-kv-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  sdk::Status put(KvService& kv, std::string_view key, std::string_view value) {
    auto ctx = host_.context();
    return kv.put(ctx, key, value);
  }
  std::string get(KvService& kv, std::string_view key) {
    auto ctx = host_.context();
    sdk::Bytes bytes(SIZE_MAX);
    const auto status = kv.get(ctx, key, bytes);
    return status.ok() ? bytes.data : status.code == Code::not_found ? "(none)" : "(failed) " + ctx.text();
  }

  fs::path folder_;
  sdk::testing::FakeHost host_;
};

TEST_F(KvServiceTest, ValuesOutliveTheObject) {
  const std::string bytes("\0\xFF\n\"a", 5);
  {
    KvService kv(folder_ / "x.json");
    EXPECT_EQ(get(kv, "cursor"), "(none)");
    EXPECT_TRUE(put(kv, "cursor", "17").ok());
    EXPECT_TRUE(put(kv, "bytes", bytes).ok());
    EXPECT_TRUE(put(kv, "empty", "").ok());
    EXPECT_TRUE(put(kv, "gone", "x").ok());
    auto ctx = host_.context();
    EXPECT_TRUE(kv.erase(ctx, "gone").ok());
    EXPECT_TRUE(kv.erase(ctx, "never was").ok());
  }
  KvService kv(folder_ / "x.json");
  EXPECT_EQ(get(kv, "cursor"), "17");
  EXPECT_EQ(get(kv, "bytes"), bytes);
  EXPECT_EQ(get(kv, "empty"), "");
  EXPECT_EQ(get(kv, "gone"), "(none)");
  for (std::size_t size = 0; size < 10; ++size) {
    EXPECT_TRUE(put(kv, "s", std::string(size, 'q')).ok());
    KvService again(folder_ / "x.json");
    EXPECT_EQ(get(again, "s"), std::string(size, 'q'));
  }
}

TEST_F(KvServiceTest, HoldsItsLimits) {
  KvService kv(folder_ / "x.json");
  EXPECT_EQ(put(kv, "", "x").code, Code::invalid);
  EXPECT_EQ(put(kv, std::string(129, 'k'), "x").code, Code::invalid);
  EXPECT_EQ(put(kv, "new\nline", "x").code, Code::invalid);
  EXPECT_EQ(put(kv, "k", std::string(64 * 1024 + 1, 'x')).code, Code::invalid);
  EXPECT_TRUE(put(kv, "k", std::string(64 * 1024, 'x')).ok());
  for (int i = 0; i < 15; ++i) {
    ASSERT_TRUE(put(kv, "big" + std::to_string(i), std::string(64 * 1024 - 10, 'x')).ok());
  }
  EXPECT_EQ(put(kv, "one more", std::string(64 * 1024, 'x')).code, Code::invalid);
  EXPECT_EQ(get(kv, "one more"), "(none)") << "a refused put changes nothing";
}

TEST_F(KvServiceTest, AtMost256Keys) {
  std::ofstream file(folder_ / "x.json");
  file << "{";
  for (int i = 0; i < 256; ++i) { file << (i == 0 ? "" : ",") << "\"k" << i << "\":\"eA==\""; }
  file << "}";
  file.close();
  KvService kv(folder_ / "x.json");
  EXPECT_EQ(get(kv, "k255"), "x");
  EXPECT_EQ(put(kv, "k256", "x").code, Code::invalid);
  EXPECT_TRUE(put(kv, "k0", "y").ok()) << "an old key may change";
}

TEST_F(KvServiceTest, ADamagedFileIsKeptAside) {
  std::ofstream(folder_ / "x.json") << "{\"cursor\": 17";
  KvService kv(folder_ / "x.json");
  EXPECT_EQ(get(kv, "cursor"), "(none)");
  EXPECT_TRUE(fs::exists(folder_ / "x.json.damaged"));
  EXPECT_TRUE(put(kv, "cursor", "18").ok());
}

TEST_F(KvServiceTest, AFolderThatIsMissingIsTold) {
  KvService kv(folder_ / "none" / "x.json");
  auto ctx = host_.context();
  EXPECT_EQ(kv.put(ctx, "k", "v").code, Code::unavailable);
  EXPECT_NE(ctx.text().find("No such file"), std::string::npos) << ctx.text();
}

}  // namespace
}  // namespace quarry::plugins
