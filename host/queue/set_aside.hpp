// SPDX-License-Identifier: MIT
// Rows that should not exist: damaged by a disk, by hand or by a program that knows more states than this one. Nobody
// works on them or shows them as something they are not; they are told of, and all others go on.
#pragma once

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/helpers/set_aside.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace quarry::queue {

/// What is wrong with a row, such as "its state is 99, and there is no such state"; empty when it is sound. What its
/// client said last (progress, speeds, words) is a cache that decides nothing, so it is not judged.
[[nodiscard]] std::string fault_of(const sdk::DownloadView& row);

struct DownloadsSetAside {
  using Key = std::int64_t;
  static constexpr std::size_t kMost = 1000;
  /// "download 7 is set aside: …"
  [[nodiscard]] static std::string sentence(Key id, const std::string& fault);
};

/// [thread-safe]
class SetAside : public sdk::SetAside<DownloadsSetAside> {
 public:
  using sdk::SetAside<DownloadsSetAside>::SetAside;
  /// True: the row is sound, perhaps again. False: it is set aside.
  [[nodiscard]] bool admits(const sdk::DownloadView& row) { return judge(row.id, fault_of(row)); }
};

}  // namespace quarry::queue
