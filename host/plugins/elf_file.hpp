// SPDX-License-Identifier: MIT
// Reads the exported names of a shared library without loading it: no code of it runs.
#pragma once

#include <quarry/sdk/helpers/result.hpp>

#include <string>
#include <vector>

namespace quarry::plugins {

/// What the dynamic symbol table offers to others. Works on stripped files too.
struct ElfExports {
  std::vector<std::string> names;
};

/// Reads an open file (its position is not used). `invalid` with a clause that completes the sentence
/// "FILE …": "is not an ELF file …", "is built for another kind of machine …". Every offset in the file is
/// taken for hostile.
[[nodiscard]] sdk::Result<ElfExports> read_elf_exports(int fd);

}  // namespace quarry::plugins
