// SPDX-License-Identifier: MIT
// Records that should not exist: damaged by a disk, by hand or by a program that knows more words than this one. They
// are shown as nothing they are not; they are told of, and all others go on.
#pragma once

#include <quarry/sdk/abi/record_store.hpp>
#include <quarry/sdk/helpers/set_aside.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace quarry::records {

/// What is wrong with a record of `collection`, such as "its label is no UTF-8 text"; empty when it is sound. Judged by
/// what this host declares, and by what none of its versions writes: no number below 0, no year after 9999.
[[nodiscard]] std::string fault_of(std::string_view collection, const sdk::RecordView& record);

struct RecordsSetAside {
  using Key = std::pair<std::string, std::int64_t>;  ///< collection and id
  static constexpr std::size_t kMost = 100;
  [[nodiscard]] static std::string sentence(const Key& place, const std::string& fault);
};

/// [thread-safe]
class SetAside : public sdk::SetAside<RecordsSetAside> {
 public:
  using sdk::SetAside<RecordsSetAside>::SetAside;
  /// True: the record is sound, perhaps again. False: it is set aside.
  [[nodiscard]] bool admits(std::string_view collection, const sdk::RecordView& record) {
    return judge({std::string(collection), record.id}, fault_of(collection, record));
  }
};

}  // namespace quarry::records
