// SPDX-License-Identifier: MIT
// The library as a host meets it.
#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/abi/record_store.hpp>
#include <quarry/sdk/testing/fake_host.hpp>

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace quarry::storage_postgres {
namespace {

TEST(EntryTest, OffersTheQueueAndTheRecordsAsTwoObjects) {
  void* const library = dlopen(QUARRY_PLUGIN_DIR "/quarry-storage-postgres.so", RTLD_NOW | RTLD_LOCAL);  // never closed
  ASSERT_NE(library, nullptr) << dlerror();
  const auto* entry = static_cast<const sdk::PluginEntry*>(dlsym(library, sdk::kEntrySymbol));
  ASSERT_NE(entry, nullptr) << dlerror();
  std::vector<std::string> provided;
  for (const char* const* id = entry->provides; *id != nullptr; ++id) { provided.emplace_back(*id); }
  sdk::testing::FakeHost host;
  sdk::BasicContext ctx = host.context();
  sdk::Instance* const instance = entry->create(ctx, host, R"({"url": "postgresql://127.0.0.1:1/queue"})");
  ASSERT_NE(instance, nullptr) << ctx.text();
  for (const std::string_view id : {sdk::QueueStore::kId, sdk::RecordStore::kId}) {
    EXPECT_NE(std::find(provided.begin(), provided.end(), id), provided.end()) << id;
    EXPECT_NE(instance->query(id), nullptr) << id;
  }
  EXPECT_NE(instance->query(sdk::QueueStore::kId), instance->query(sdk::RecordStore::kId));
  EXPECT_EQ(instance->query("quarry.indexer/1"), nullptr);
  // Each has an open() of its own: that of the records asks for the queue's.
  EXPECT_EQ(sdk::get<sdk::RecordStore>(*instance)->open(ctx).code, sdk::Code::invalid);
  instance->destroy();
}

}  // namespace
}  // namespace quarry::storage_postgres
