// SPDX-License-Identifier: MIT
#pragma once

#include "records/record_client.hpp"

#include <string>
#include <string_view>

namespace quarry::records {

struct Tag {
  std::int64_t id = 0;
  std::string label;
};

/// Words that people put on things. ASCII letters of labels are kept small. [thread-safe]
class Tags {
 public:
  explicit Tags(const RecordClient& client) : client_(client) {}

  /// In order of id.
  [[nodiscard]] sdk::Result<std::vector<Tag>> all() const;
  /// `not_found` when there is none, as with remove().
  [[nodiscard]] sdk::Result<Tag> get(std::int64_t id) const;
  /// The tag with this label (not empty); it is made when there is none. Several hosts that ask at once get one tag.
  [[nodiscard]] sdk::Result<Tag> find_or_make(std::string_view label) const;
  [[nodiscard]] sdk::Done remove(std::int64_t id) const;

 private:
  const RecordClient& client_;
};

}  // namespace quarry::records
