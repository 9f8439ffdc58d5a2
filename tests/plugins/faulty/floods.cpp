// SPDX-License-Identifier: MIT
// A search that never stops handing out releases, whatever the sink says.
#include "raw_entry.hpp"

namespace {
class Floods final : public faulty::Quiet {
 public:
  faulty::Status search(faulty::CallContext&, const faulty::IndexerQuery&,
                        faulty::ReleaseSink& sink) noexcept override {
    faulty::ReleaseView release;
    release.guid = "same";
    release.title = "A.Flood.2024.1080p";
    for (int i = 0; i < 150'000; ++i) { sink.add(release); }
    return {};
  }
};
}  // namespace

FAULTY_ENTRY(faulty::sound_entry("floods", &faulty::make<Floods>));
