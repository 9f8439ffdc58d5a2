// SPDX-License-Identifier: MIT
// A request as a server reads it.
#pragma once

#include <quarry/sdk/testing/fake_host.hpp>

#include <map>
#include <string>
#include <vector>

namespace quarry::qbittorrent::testing {

struct FakeRequest {
  explicit FakeRequest(const sdk::testing::SeenRequest& seen);

  [[nodiscard]] bool has(const std::string& name) const { return fields.contains(name); }
  [[nodiscard]] std::string get(const std::string& name, const std::string& otherwise = {}) const;
  /// The ids of the field "hashes".
  [[nodiscard]] std::vector<std::string> hashes() const;

  bool post = false;
  std::string action;                         ///< "torrents/info"
  std::map<std::string, std::string> fields;  ///< of the query, or of the form
  std::map<std::string, std::string> files;   ///< of a multipart form, by file name

 private:
  void read_form(std::string_view text);
  void read_multipart(std::string_view body, const std::string& boundary);
};

[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);

}  // namespace quarry::qbittorrent::testing
