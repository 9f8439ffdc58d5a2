// SPDX-License-Identifier: MIT
// A download client as it really is, whatever the hosts are told about it, and its journal.
#pragma once

#include "seams.hpp"

#include <map>
#include <string>
#include <vector>

namespace quarry::sim {

class SimClient {
 public:
  SimClient(std::string id, const decltype(Seams::client)& wrap) : id_(std::move(id)), face_(wrapped(wrap, fake_)) {}

  /// What came into the client and what left it.
  struct Entry {
    std::int64_t at_ms = 0;
    bool came = false;
    std::string hash;
  };

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] sdk::testing::FakeDownloadClient& fake() noexcept { return fake_; }
  /// As hosts reach it.
  [[nodiscard]] sdk::DownloadClient& face() noexcept { return *face_; }
  /// Brings the journal up to date; to be called after whatever may have changed the items.
  void look(std::int64_t now_ms);
  [[nodiscard]] const std::vector<Entry>& journal() const noexcept { return journal_; }
  /// Since when it has this torrent, or -1: it has not.
  [[nodiscard]] std::int64_t has_since(const std::string& hash) const;

  std::int64_t lists_nothing_until_ms = 0;  ///< it has just been restarted

 private:
  struct Presence {
    std::string hash;
    std::int64_t since_ms = 0;
  };

  std::string id_;
  sdk::testing::FakeDownloadClient fake_;
  std::shared_ptr<sdk::DownloadClient> face_;
  std::map<std::string, Presence> there_;  ///< by the item's id: a client may have a torrent twice
  std::vector<Entry> journal_;
};

}  // namespace quarry::sim
