// SPDX-License-Identifier: MIT
// Copies of what crosses the call wall, so that neither side depends on the other's memory.
#pragma once

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/abi/scorer.hpp>

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::plugins {

/// How much one call may answer.
inline constexpr std::size_t kMaxRows = 100'000;
inline constexpr std::size_t kMaxBytes = 64U * 1024 * 1024;

/// A struct of any SDK version as ours: members it does not have keep their defaults.
template <class View>
[[nodiscard]] View adopt(const View& view) noexcept {
  View ours;
  if (view.struct_size >= sizeof(View)) {
    ours = view;
  } else if (view.struct_size >= sizeof(view.struct_size)) {
    std::memcpy(static_cast<void*>(&ours), static_cast<const void*>(&view), view.struct_size);
  }
  ours.struct_size = sizeof(View);
  return ours;
}

/// Hands a struct of ours out to a caller who may know fewer members.
template <class View>
void hand_out(const View& ours, View& to) noexcept {
  const std::uint32_t size = std::min<std::uint32_t>(to.struct_size, sizeof(View));
  if (size < sizeof(to.struct_size)) { return; }
  std::memcpy(static_cast<void*>(&to), static_cast<const void*>(&ours), size);
  to.struct_size = size;
}

/// Keeps texts and bytes at fixed addresses, up to a limit.
class TextStore {
 public:
  explicit TextStore(std::size_t limit = kMaxBytes) : limit_(limit) {}

  /// Replaces each text by a view of its copy; false, and nothing is kept, when the limit would be passed.
  template <class... Views>
  [[nodiscard]] bool keep(Views&... views) {
    const std::size_t more = (std::size_t{0} + ... + views.size());
    if (more > limit_ - used_) { return false; }
    used_ += more;
    ((views = copy(views)), ...);
    return true;
  }
  [[nodiscard]] std::size_t left() const noexcept { return limit_ - used_; }

 private:
  static constexpr std::size_t kBlock = 16 * 1024;

  std::string_view copy(std::string_view text) {
    if (text.empty()) { return {}; }
    if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < text.size()) {
      blocks_.emplace_back().reserve(std::max(kBlock, text.size()));
    }
    std::string& block = blocks_.back();
    const std::size_t at = block.size();
    block.append(text);  // within capacity: nothing moves
    return {block.data() + at, text.size()};
  }

  std::size_t limit_;
  std::size_t used_ = 0;
  std::deque<std::string> blocks_;
};

/// Tells TextStore which members of a view are texts.
inline bool keep_texts(TextStore& store, sdk::ItemView& v) {
  return store.keep(v.id, v.infohash_v1, v.infohash_v2, v.name, v.category, v.tags, v.save_path, v.content_path,
                    v.state_text, v.error);
}
inline bool keep_texts(TextStore& store, sdk::FileView& v) { return store.keep(v.path); }
inline bool keep_texts(TextStore& store, sdk::ReleaseView& v) {
  return store.keep(v.guid, v.title, v.infohash_v1, v.info_url, v.category, v.imdb_id);
}
inline bool keep_texts(TextStore& store, sdk::ItemKey& v) { return store.keep(v.id, v.infohash_v1, v.infohash_v2); }

/// Rows a plugin hands out, copied. Past the limits it answers false and notes the flood.
template <class View>
class KeptRows {
 public:
  [[nodiscard]] bool add(const View& view) noexcept {
    try {
      View row = adopt(view);
      if (rows_.size() >= kMaxRows || flooded_ || !keep_texts(store_, row)) { return !(flooded_ = true); }
      rows_.push_back(row);
      return true;
    } catch (...) {  // out of memory
      return !(flooded_ = true);
    }
  }
  [[nodiscard]] const std::vector<View>& rows() const noexcept { return rows_; }
  [[nodiscard]] bool flooded() const noexcept { return flooded_; }

 private:
  TextStore store_;
  std::vector<View> rows_;
  bool flooded_ = false;
};

/// A sink with a plain add(), such as ReleaseSink and FileSink.
template <class Sink, class View>
class RowSink final : public Sink {
 public:
  bool add(const View& view) noexcept override { return kept.add(view); }
  KeptRows<View> kept;
};

/// Pairs of texts: facts of test(), reasons of a scorer.
class KeptTexts {
 public:
  struct Row {
    std::string_view name;
    std::string_view value;
    double points = 0;
    bool rejection = false;
  };
  [[nodiscard]] bool add(Row row) noexcept {
    try {
      if (rows_.size() >= kMaxTexts || flooded_ || !store_.keep(row.name, row.value)) { return !(flooded_ = true); }
      rows_.push_back(row);
      return true;
    } catch (...) { return !(flooded_ = true); }
  }
  [[nodiscard]] const std::vector<Row>& rows() const noexcept { return rows_; }
  [[nodiscard]] bool flooded() const noexcept { return flooded_; }

 private:
  static constexpr std::size_t kMaxTexts = 1000;
  TextStore store_{1024 * 1024};
  std::vector<Row> rows_;
  bool flooded_ = false;
};

class FactSink final : public sdk::TestSink {
 public:
  void fact(std::string_view name, std::string_view value) noexcept override {
    static_cast<void>(kept.add({name, value}));
  }
  KeptTexts kept;
};

/// Keys in memory of their own.
class KeptKeys {
 public:
  explicit KeptKeys(std::span<const sdk::ItemKey> keys) : store_(SIZE_MAX) {
    keys_.reserve(keys.size());
    for (const auto& key : keys) {
      keys_.push_back(adopt(key));
      static_cast<void>(keep_texts(store_, keys_.back()));
    }
  }
  [[nodiscard]] std::span<const sdk::ItemKey> span() const noexcept { return keys_; }

 private:
  TextStore store_;
  std::vector<sdk::ItemKey> keys_;
};

}  // namespace quarry::plugins
