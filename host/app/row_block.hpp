// SPDX-License-Identifier: MIT
// Rows of a storage, kept together with their texts, and what they come to.
#pragma once

#include <quarry/sdk/abi/storage_admin.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace quarry::app {

/// A number that two equal sequences of rows share and two different ones, but for a chance of 2^-64, do not. The same
/// whatever storage the values come from.
class RowSum {
 public:
  void add(std::span<const sdk::Value> row) noexcept;
  [[nodiscard]] std::uint64_t value() const noexcept { return sum_; }
  /// Sixteen hexadecimal digits.
  [[nodiscard]] std::string text() const;

 private:
  void mix(std::uint64_t word) noexcept;
  void mix(std::string_view bytes) noexcept;
  std::uint64_t sum_ = 0x9E3779B97F4A7C15U;
};

/// A key with a text of its own.
class RowKey {
 public:
  RowKey() = default;
  explicit RowKey(const sdk::Value& value);
  [[nodiscard]] sdk::Value value() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return kind_ == sdk::Value::Kind::null; }
  /// For people: the number, or the text in quotes.
  [[nodiscard]] std::string text() const;
  /// In the order in which rows come. An empty one is before all.
  [[nodiscard]] bool operator<(const RowKey& other) const noexcept;

 private:
  sdk::Value::Kind kind_ = sdk::Value::Kind::null;
  std::int64_t integer_ = 0;
  std::string text_;
};

/// Takes rows until there are enough of them.
class RowBlock final : public sdk::RowSink {
 public:
  static constexpr std::int32_t kRows = 5'000;
  static constexpr std::size_t kBytes = 16U << 20U;

  /// Rows have so many values.
  explicit RowBlock(std::size_t columns) : columns_(columns) {}

  bool add(std::span<const sdk::Value> row) noexcept override;
  void clear() noexcept;

  [[nodiscard]] std::size_t rows() const noexcept { return values_.size() / columns_; }
  [[nodiscard]] std::span<const sdk::Value> row(std::size_t number) const noexcept {
    return std::span(values_).subspan(number * columns_, columns_);
  }
  /// The rows from this one on, one behind the other.
  [[nodiscard]] std::span<const sdk::Value> from(std::size_t number) const noexcept {
    return std::span(values_).subspan(number * columns_);
  }
  /// A row that does not fit the columns was given, which is a bug of the storage.
  [[nodiscard]] bool misfit() const noexcept { return misfit_; }

 private:
  [[nodiscard]] char* room_for(std::size_t size);

  const std::size_t columns_;
  std::vector<sdk::Value> values_;
  std::vector<std::unique_ptr<char[]>> pieces_;  ///< of texts
  std::size_t left_ = 0;                         ///< bytes free at the end of the last piece
  char* place_ = nullptr;
  std::size_t bytes_ = 0;
  bool misfit_ = false;
};

}  // namespace quarry::app
