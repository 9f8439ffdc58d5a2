// SPDX-License-Identifier: MIT
// A queue store that crashes in prune() and never comes back from metainfo().
#include "memory_store.hpp"

#include <csignal>

#include <unistd.h>

namespace {

using namespace quarry::sdk;

class Store final : public faulty::MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  Status prune(CallContext&, std::uint32_t, std::int64_t, std::int32_t, std::int64_t&) noexcept override {
    std::signal(SIGSEGV, SIG_DFL);
    std::raise(SIGSEGV);
    return {};
  }
  Status metainfo(CallContext&, std::int64_t, ByteSink&) noexcept override {
    while (true) { ::pause(); }
  }
};

}  // namespace

QUARRY_PLUGIN(Store, "memory-dies", "1.0.0", "Crashes and hangs.", faulty::kPlaceSchema, 64);
