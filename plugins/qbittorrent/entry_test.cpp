// SPDX-License-Identifier: MIT
// The library as a host meets it.
#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/testing/fake_host.hpp>

#include <dlfcn.h>
#include <gtest/gtest.h>

namespace quarry::qbittorrent {
namespace {

class EntryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    void* const library = dlopen(QUARRY_PLUGIN_DIR "/quarry-qbittorrent.so", RTLD_NOW | RTLD_LOCAL);  // never closed
    ASSERT_NE(library, nullptr) << dlerror();
    entry = static_cast<const sdk::PluginEntry*>(dlsym(library, sdk::kEntrySymbol));
    ASSERT_NE(entry, nullptr) << dlerror();
  }
  const sdk::PluginEntry* entry = nullptr;
};

TEST_F(EntryTest, SaysWhatItIs) {
  EXPECT_EQ(entry->magic, sdk::kEntryMagic);
  EXPECT_EQ(entry->struct_size, sizeof(sdk::PluginEntry));
  EXPECT_STREQ(entry->abi_tag, sdk::kAbiTag);
  EXPECT_STREQ(entry->id, "qbittorrent");
  EXPECT_EQ(entry->max_concurrency, 4U);
  EXPECT_EQ(entry->provides[0], sdk::DownloadClient::kId);
  EXPECT_EQ(entry->provides[1], nullptr);
}

TEST_F(EntryTest, MakesInstancesWithoutTouchingTheNetwork) {
  sdk::testing::FakeHost host;
  sdk::BasicContext ctx = host.context();
  sdk::Instance* const instance = entry->create(ctx, host, R"({"url":"http://qb.test"})");
  ASSERT_NE(instance, nullptr) << ctx.text();
  EXPECT_NE(sdk::get<sdk::DownloadClient>(*instance), nullptr);
  EXPECT_EQ(instance->query("quarry.indexer/1"), nullptr);
  instance->destroy();
  EXPECT_TRUE(host.http.seen().empty());
  EXPECT_EQ(entry->create(ctx, host, R"({"url":"http://u:p@qb.test"})"), nullptr);
  EXPECT_NE(ctx.text().find("their own fields"), std::string::npos) << ctx.text();
}

}  // namespace
}  // namespace quarry::qbittorrent
