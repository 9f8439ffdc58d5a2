// SPDX-License-Identifier: MIT
#include "plugins/elf_file.hpp"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace quarry::plugins {
namespace {

constexpr std::size_t kMaxTable = 64 * 1024 * 1024;

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
constexpr Elf64_Half kMachine = EM_NONE;
#endif

bool read_at(int fd, std::uint64_t offset, void* to, std::size_t size) {
  auto* out = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t n = ::pread(fd, out, size, static_cast<off_t>(offset));
    if (n <= 0) { return false; }
    out += n;
    offset += static_cast<std::uint64_t>(n);
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

template <class T>
std::optional<std::vector<T>> read_table(int fd, std::uint64_t offset, std::uint64_t bytes) {
  if (bytes > kMaxTable) { return std::nullopt; }
  std::vector<T> table(static_cast<std::size_t>(bytes) / sizeof(T));
  if (!read_at(fd, offset, table.data(), table.size() * sizeof(T))) { return std::nullopt; }
  return table;
}

sdk::Failure no_elf(const char* clause) { return sdk::failure(sdk::Code::invalid, clause); }

bool is_exported(const Elf64_Sym& symbol) {
  const auto bind = ELF64_ST_BIND(symbol.st_info);
  const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  const bool global = bind == STB_GLOBAL || bind == STB_WEAK || bind == STB_GNU_UNIQUE;
  return global && symbol.st_shndx != SHN_UNDEF && (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

std::vector<std::string> exported_names(const std::vector<Elf64_Sym>& symbols, const std::vector<char>& strings) {
  std::vector<std::string> names;
  for (const auto& symbol : symbols) {
    if (!is_exported(symbol) || symbol.st_name >= strings.size()) { continue; }
    const char* begin = strings.data() + symbol.st_name;
    names.emplace_back(begin, ::strnlen(begin, strings.size() - symbol.st_name));
  }
  return names;
}

}  // namespace

sdk::Result<ElfExports> read_elf_exports(int fd) {
  Elf64_Ehdr header{};
  if (!read_at(fd, 0, &header, sizeof header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return no_elf("is not an ELF file: a plugin is a shared library built with quarry_add_plugin()");
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != kMachine) {
    return no_elf("is built for another kind of machine: build it on this one");
  }
  if (header.e_type != ET_DYN) { return no_elf("is no shared library: build it with quarry_add_plugin()"); }
  const auto broken = [] { return no_elf("is damaged: its section table cannot be read; install it again"); };
  if (header.e_shentsize != sizeof(Elf64_Shdr)) { return broken(); }
  const auto sections = read_table<Elf64_Shdr>(fd, header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr));
  if (!sections) { return broken(); }
  const auto dynamic =
      std::find_if(sections->begin(), sections->end(), [](const Elf64_Shdr& s) { return s.sh_type == SHT_DYNSYM; });
  if (dynamic == sections->end()) { return ElfExports{}; }
  if (dynamic->sh_link >= sections->size()) { return broken(); }
  const auto& strings_section = (*sections)[dynamic->sh_link];
  const auto symbols = read_table<Elf64_Sym>(fd, dynamic->sh_offset, dynamic->sh_size);
  const auto strings = read_table<char>(fd, strings_section.sh_offset, strings_section.sh_size);
  if (!symbols || !strings) { return broken(); }
  return ElfExports{exported_names(*symbols, *strings)};
}

}  // namespace quarry::plugins
