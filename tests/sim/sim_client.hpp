// SPDX-License-Identifier: MIT
// A download client as it really is, whatever the hosts are told about it, and its journal.
#pragma once

#include <quarry/sdk/testing/fake_download_client.hpp>

#include <map>
#include <string>
#include <vector>

namespace quarry::sim {

class SimClient {
 public:
  explicit SimClient(std::string id) : id_(std::move(id)) {}

  /// What came into the client and what left it.
  struct Entry {
    std::int64_t at_ms = 0;
    bool came = false;
    std::string hash;
  };

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] sdk::testing::FakeDownloadClient& fake() noexcept { return fake_; }
  /// Brings the journal up to date; to be called after whatever may have changed the items.
  void look(std::int64_t now_ms);
  [[nodiscard]] const std::vector<Entry>& journal() const noexcept { return journal_; }
  /// Since when it has this torrent, or -1: it has not.
  [[nodiscard]] std::int64_t has_since(const std::string& hash) const;

  std::int64_t lists_nothing_until_ms = 0;  ///< it has just been restarted

 private:
  std::string id_;
  sdk::testing::FakeDownloadClient fake_;
  std::map<std::string, std::int64_t> since_;
  std::vector<Entry> journal_;
};

}  // namespace quarry::sim
