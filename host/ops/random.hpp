// SPDX-License-Identifier: MIT
// Random numbers from the kernel: fit for keys, and never the same after a restart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace quarry::ops {

/// `bytes` random bytes as lower-case hex, so twice as many characters. [thread-safe] Blocks only
/// while a freshly booted kernel has no entropy yet. Throws std::system_error when the kernel has no
/// getrandom(2): nothing safe can be made then.
[[nodiscard]] std::string random_hex(std::size_t bytes);

/// 64 random bits, as a seed for generators that need not be secret. [thread-safe] Throws as above.
[[nodiscard]] std::uint64_t random_seed();

}  // namespace quarry::ops
