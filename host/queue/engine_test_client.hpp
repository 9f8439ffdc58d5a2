// SPDX-License-Identifier: MIT
// The fake client of the engine's tests, with a note of what it was told to remove and whether its data, too.
#pragma once

#include <quarry/sdk/testing/fake_download_client.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace quarry::queue::testing {

class WatchedClient final : public sdk::DownloadClient {
 public:
  explicit WatchedClient(sdk::testing::FakeDownloadClient& inner) : inner_(inner) {}

  struct Removal {
    std::string infohash_v1;
    bool with_data = false;
    friend bool operator==(const Removal&, const Removal&) = default;
  };
  std::vector<Removal> removals;  ///< of items that were there

  using Context = sdk::CallContext;
  using Keys = std::span<const sdk::ItemKey>;
  sdk::Status capabilities(Context& c, sdk::ClientCapabilities& o) noexcept override {
    return inner_.capabilities(c, o);
  }
  sdk::Status test(Context& c, sdk::TestSink& f) noexcept override { return inner_.test(c, f); }
  sdk::Status add(Context& c, const sdk::AddRequest& r) noexcept override { return inner_.add(c, r); }
  sdk::Status list(Context& c, const sdk::ListQuery& q, sdk::ItemSink& s) noexcept override {
    return inner_.list(c, q, s);
  }
  sdk::Status pause(Context& c, Keys k) noexcept override { return inner_.pause(c, k); }
  sdk::Status resume(Context& c, Keys k) noexcept override { return inner_.resume(c, k); }
  sdk::Status remove(Context& c, Keys k, std::int32_t delete_data) noexcept override {
    const auto before = inner_.items();
    const sdk::Status status = inner_.remove(c, k, delete_data);
    const auto after = inner_.items();
    for (const auto& item : before) {
      const bool left = std::any_of(after.begin(), after.end(), [&](const auto& i) { return i.id == item.id; });
      if (!left) { removals.push_back({item.infohash_v1, delete_data != 0}); }
    }
    return status;
  }
  sdk::Status set_priority(Context& c, Keys k, sdk::Priority p) noexcept override {
    return inner_.set_priority(c, k, p);
  }
  sdk::Status set_category(Context& c, Keys k, std::string_view n) noexcept override {
    return inner_.set_category(c, k, n);
  }
  sdk::Status set_limits(Context& c, Keys k, const sdk::ClientLimits& l) noexcept override {
    return inner_.set_limits(c, k, l);
  }
  sdk::Status files(Context& c, const sdk::ItemKey& k, sdk::FileSink& s) noexcept override {
    return inner_.files(c, k, s);
  }

 private:
  sdk::testing::FakeDownloadClient& inner_;
};

}  // namespace quarry::queue::testing
