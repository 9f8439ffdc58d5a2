// SPDX-License-Identifier: MIT
// Release names: any bytes, and what is read out of them stays within them.
#include "require.hpp"

#include "release/release_name.hpp"

#include <quarry/sdk/helpers/titles.hpp>

namespace {

using quarry::fuzz::is_utf8;
using quarry::fuzz::require;
using quarry::release::ReleaseName;

void check_bounds(std::string_view name, const ReleaseName& read) {
  require(read.title.size() <= 2 * name.size(), "a title grows by a blank behind a dot at most");
  require(name.find(read.group) != std::string_view::npos, "the group stands in the name as it is");
  require(read.edition.size() <= name.size(), "the edition stands in the name");
  require(read.year == 0 || (read.year >= 1888 && read.year <= 2039), "a year is one a film can be of, or 0");
  require(read.version >= 1, "a version is at least 1");
}

void check_view(const ReleaseName& read) {
  const auto view = read.view();
  require(view.title.data() == read.title.data() && view.title == read.title, "the view shows the title itself");
  require(view.group == read.group && view.edition == read.edition, "the view shows group and edition");
  require(view.year == read.year && view.version == read.version && view.flags == read.flags, "the view shows numbers");
  require(view.resolution == read.resolution && view.source == read.source && view.codec == read.codec,
          "the view shows the marks");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view name = quarry::fuzz::text_of(data, size);
  const ReleaseName read = quarry::release::parse_release_name(name);
  check_bounds(name, read);
  check_view(read);
  if (is_utf8(name)) {
    require(is_utf8(read.title), "the title of a UTF-8 name is UTF-8");
    require(is_utf8(read.group), "the group of a UTF-8 name is UTF-8");
    require(is_utf8(read.edition), "the edition of a UTF-8 name is UTF-8");
  }
  require(quarry::release::parse_release_name(name).title == read.title, "the same name is read the same way");

  const std::string_view half = name.substr(0, size / 2);
  const std::string_view rest = name.substr(size / 2);
  require(!is_utf8(name) || is_utf8(quarry::sdk::fold_title(name)), "a folded UTF-8 title is UTF-8");
  require(name.empty() || quarry::sdk::fold_title(name).empty() || quarry::release::same_title(name, name),
          "a title is the same as itself");
  require(quarry::release::same_title(half, rest) == quarry::release::same_title(rest, half),
          "two titles are the same both ways round");
  return 0;
}
