// SPDX-License-Identifier: MIT
// A host, a qBittorrent and plugin instances for it: what the behaviour suite runs on.
#pragma once

#include "plugins/qbittorrent/client.hpp"

#include <quarry/sdk/testing/fake_host.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace quarry::qbittorrent::testing {

class Rig {
 public:
  virtual ~Rig() = default;
  virtual sdk::HostServices& host() = 0;
  /// Time of the host: the plugin's waits follow it.
  virtual sdk::testing::ManualClock& clock() = 0;
  [[nodiscard]] virtual std::string url() const = 0;
  /// How often auth/login was called.
  virtual int logins() = 0;
  /// Restarts the server: it forgets sessions and keeps torrents.
  virtual void restart() = 0;
  /// From now on no request gets an answer. False: this rig cannot do that.
  virtual bool stop_answering() { return false; }

  [[nodiscard]] std::unique_ptr<QbittorrentClient> client(const std::string& password = "adminadmin");
};

/// An item as text, copied out of a view.
struct Item {
  std::string id, v1, v2, name, category, tags, save_path, content_path, state_text;
  sdk::ItemState state{};
  std::int64_t size = 0, done = 0, eta = 0, added_at_ms = 0;
  double progress = 0;
};

/// Gathers a listing.
class Listing final : public sdk::ItemSink {
 public:
  bool add(const sdk::ItemView& item) noexcept override;
  void finish(bool complete_now, std::string_view) noexcept override {
    finished = true;
    complete = complete_now;
  }
  [[nodiscard]] const Item* find(std::string_view id) const;

  std::vector<Item> items;
  std::size_t most = SIZE_MAX;  ///< after so many items it says "enough"
  bool finished = false;
  bool complete = false;
};

/// Gathers facts of test().
class Facts final : public sdk::TestSink {
 public:
  void fact(std::string_view name, std::string_view value) noexcept override { values[std::string(name)] = value; }
  std::map<std::string, std::string> values;
};

}  // namespace quarry::qbittorrent::testing
