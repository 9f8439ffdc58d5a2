// SPDX-License-Identifier: MIT
// Rows that plugins of any SDK version hand out: kept whole, in memory of the host, within the limits.
//
// An input is a list of rows: a number that chooses the version of the row, its texts each after its length.
#include "require.hpp"

#include "plugins/kept_rows.hpp"

#include <array>
#include <cstddef>

namespace {

using quarry::fuzz::Input;
using quarry::fuzz::require;
using namespace quarry;

/// Sizes a ReleaseView may have had: it grows by whole members.
constexpr std::array<std::size_t, 6> kSizes{
    sizeof(std::uint32_t),
    offsetof(sdk::ReleaseView, guid),
    offsetof(sdk::ReleaseView, title),
    offsetof(sdk::ReleaseView, size_bytes),
    sizeof(sdk::ReleaseView),
    sizeof(sdk::ReleaseView) + 16,  // a version to come
};

/// A row whose texts are gone after the call, as those of a plugin may be.
struct Row {
  std::string guid;
  std::string title;
  std::string url;
  alignas(sdk::ReleaseView) std::array<std::byte, sizeof(sdk::ReleaseView) + 16> memory{};

  explicit Row(Input& input) {
    const std::size_t size = kSizes[input.number<std::uint8_t>() % kSizes.size()];
    for (std::string* text : {&guid, &title, &url}) { *text = input.bytes(input.number<std::uint8_t>()); }
    auto* view = new (memory.data()) sdk::ReleaseView;
    view->struct_size = static_cast<std::uint32_t>(size);
    view->guid = guid;
    view->title = title;
    view->info_url = url;
    view->size_bytes = input.number<std::int64_t>();
  }
  [[nodiscard]] const sdk::ReleaseView& view() const {
    return *std::launder(reinterpret_cast<const sdk::ReleaseView*>(memory.data()));
  }
};

/// What must be kept of a row.
struct Expected {
  std::string guid;
  std::string title;
  std::string url;
  std::int64_t size_bytes;

  explicit Expected(const Row& row) {
    const std::size_t size = row.view().struct_size;
    const sdk::ReleaseView fresh;
    guid = size > offsetof(sdk::ReleaseView, guid) ? row.guid : "";
    title = size > offsetof(sdk::ReleaseView, title) ? row.title : "";
    url = size > offsetof(sdk::ReleaseView, info_url) ? row.url : "";
    size_bytes = size > offsetof(sdk::ReleaseView, size_bytes) ? row.view().size_bytes : fresh.size_bytes;
  }
};

void check(const sdk::ReleaseView& kept, const Expected& expected) {
  require(kept.struct_size == sizeof(sdk::ReleaseView), "a kept row is of our version");
  require(kept.guid == expected.guid && kept.title == expected.title && kept.info_url == expected.url,
          "a kept row has the texts it came with, and none that its version did not know");
  require(kept.size_bytes == expected.size_bytes, "a kept row has the numbers it came with, or the defaults");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(fuzz::text_of(data, size));
  plugins::RowSink<sdk::ReleaseSink, sdk::ReleaseView> sink;
  std::vector<Expected> expected;
  while (!input.empty()) {
    const Row row(input);
    require(sink.add(row.view()), "few small rows are no flood");
    expected.emplace_back(row);
  }
  const auto& rows = sink.kept.rows();
  require(rows.size() == expected.size() && !sink.kept.flooded(), "no row is lost");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    check(rows[i], expected[i]);
    for (const std::size_t known : kSizes) {
      sdk::ReleaseView out;
      out.struct_size = static_cast<std::uint32_t>(std::min(known, sizeof out));
      plugins::hand_out(rows[i], out);
      require(out.struct_size <= sizeof out, "a row handed out fits who asked");
    }
  }

  const std::string_view text = fuzz::text_of(data, size);
  plugins::TextStore store(size / 2);
  std::string_view head = text.substr(0, size / 2);
  std::string_view more = "x";
  require(store.keep(head) && head == text.substr(0, size / 2), "a text within the limit is kept");
  require(!store.keep(more) && more == "x" && store.left() == 0, "a text beyond the limit is not");
  return 0;
}
