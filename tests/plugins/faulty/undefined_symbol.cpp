// SPDX-License-Identifier: MIT
// Needs a function that nobody has.
#include "raw_entry.hpp"

extern "C" void quarry_nowhere();

namespace {
class NeedsIt final : public faulty::Quiet {
 public:
  NeedsIt() { quarry_nowhere(); }
};
}  // namespace

FAULTY_ENTRY(faulty::sound_entry("undefined-symbol", &faulty::make<NeedsIt>));
