// SPDX-License-Identifier: MIT
// A search that goes on after its caller has given up.
#include "waits_for_file.hpp"

namespace {
class IgnoresCancel final : public faulty::WaitsForFile {
 public:
  using WaitsForFile::WaitsForFile;
  faulty::Status search(faulty::CallContext&, const faulty::IndexerQuery&, faulty::ReleaseSink&) noexcept override {
    return block();
  }
};
}  // namespace

FAULTY_ENTRY(faulty::sound_entry("ignores-cancel", &faulty::make_with_file<IgnoresCancel>));
