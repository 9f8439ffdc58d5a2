// SPDX-License-Identifier: MIT
// A call that does not come back by its deadline.
#include "waits_for_file.hpp"

FAULTY_ENTRY(faulty::sound_entry("hangs", &faulty::make_with_file<faulty::WaitsForFile>));
