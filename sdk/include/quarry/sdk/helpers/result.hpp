// SPDX-License-Identifier: MIT
// A value or the reason why there is none.
#pragma once

#include <quarry/sdk/abi/status.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace quarry::sdk {

/// Why something failed: the status that crosses the boundary and the sentence for people.
struct Failure {
  Status status;
  std::string text;
};

/// Thrown inside a plugin; the barrier (guard) turns it into a Status and the text for the caller.
class Error : public std::runtime_error {
 public:
  explicit Error(const Failure& failure) : std::runtime_error(failure.text), status_(failure.status) {}
  Error(Code code, const std::string& text) : std::runtime_error(text), status_{code, default_flags(code), 0, 0} {}
  Error(Status status, const std::string& text) : std::runtime_error(text), status_(status) {}

  [[nodiscard]] const Status& status() const noexcept { return status_; }

  /// Codes for which trying again later makes sense.
  [[nodiscard]] static constexpr std::uint32_t default_flags(Code code) noexcept {
    return code == Code::deadline || code == Code::rate_limited || code == Code::unavailable ? kRetryable : 0U;
  }

 private:
  Status status_;
};

[[nodiscard]] inline Failure failure(Code code, std::string text, std::int32_t vendor_code = 0) {
  return {Status{code, Error::default_flags(code), 0, vendor_code}, std::move(text)};
}

/// T or Failure. Reading the wrong side is a programming error and throws std::bad_variant_access.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : data_(std::in_place_index<0>, std::move(value)) {}            // NOLINT(google-explicit-constructor)
  Result(Failure failure) : data_(std::in_place_index<1>, std::move(failure)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const noexcept { return data_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }
  [[nodiscard]] T& value() & { return std::get<0>(data_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(data_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(data_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  [[nodiscard]] const Failure& error() const { return std::get<1>(data_); }

 private:
  std::variant<T, Failure> data_;
};

struct Unit {};
/// Success without a value.
using Done = Result<Unit>;

}  // namespace quarry::sdk
