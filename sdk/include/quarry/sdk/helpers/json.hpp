// SPDX-License-Identifier: MIT
// Reading and writing JSON with the limits a server needs: at most 64 levels, valid UTF-8 only, no
// recursion while parsing. RapidJSON does the work, behind this header, so it costs no build time.
#pragma once

#include <quarry/sdk/helpers/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace quarry::sdk {

class JsonDocument;

/// A value inside a JsonDocument: a light handle, valid while the document lives. Reading never
/// throws: a value of another type, or one that is absent, answers the fallback.
class Json {
 public:
  Json() = default;  ///< absent

  [[nodiscard]] bool present() const noexcept { return value_ != nullptr; }
  [[nodiscard]] bool is_null() const noexcept;
  [[nodiscard]] bool is_object() const noexcept;
  [[nodiscard]] bool is_array() const noexcept;
  [[nodiscard]] bool is_string() const noexcept;
  [[nodiscard]] bool is_bool() const noexcept;
  [[nodiscard]] bool is_integer() const noexcept;  ///< fits std::int64_t
  [[nodiscard]] bool is_number() const noexcept;

  /// Member of an object, element of an array; absent when there is none.
  [[nodiscard]] Json operator[](std::string_view key) const noexcept;
  [[nodiscard]] Json at(std::size_t index) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept;  ///< of an array or object; else 0
  /// The name and value of the member at this place of an object.
  [[nodiscard]] std::string_view key_at(std::size_t index) const noexcept;
  [[nodiscard]] Json value_at(std::size_t index) const noexcept;

  [[nodiscard]] std::string_view as_string(std::string_view fallback = {}) const noexcept;
  [[nodiscard]] std::int64_t as_int(
      std::int64_t fallback = 0) const noexcept;  ///< also from an integral double in range
  [[nodiscard]] double as_double(double fallback = 0) const noexcept;
  [[nodiscard]] bool as_bool(bool fallback = false) const noexcept;
  /// This value as JSON text.
  [[nodiscard]] std::string dump() const;

 private:
  friend class JsonDocument;
  explicit Json(const void* value) noexcept : value_(value) {}
  const void* value_ = nullptr;
};

/// Owns a parsed text.
class JsonDocument {
 public:
  /// `invalid` with line-free position and reason when the text is not JSON, not UTF-8 or too deep.
  [[nodiscard]] static Result<JsonDocument> parse(std::string_view text);

  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  [[nodiscard]] Json root() const noexcept;
  [[nodiscard]] Json operator[](std::string_view key) const noexcept { return root()[key]; }

 private:
  struct Impl;
  explicit JsonDocument(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

/// Writes JSON text piece by piece. Misuse (a value without a key in an object) asserts.
/// Text that is not valid UTF-8 is written with U+FFFD in place of the bad bytes.
class JsonWriter {
 public:
  JsonWriter();
  ~JsonWriter();
  JsonWriter(JsonWriter&&) noexcept;
  JsonWriter& operator=(JsonWriter&&) noexcept;

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(std::int32_t number) { return value(static_cast<std::int64_t>(number)); }
  JsonWriter& value(double number);  ///< NaN and infinity become null
  JsonWriter& value(bool yes);
  JsonWriter& null();
  /// Puts JSON text in as it is; the caller vouches for it.
  JsonWriter& raw(std::string_view json);

  template <class V>
  JsonWriter& member(std::string_view name, const V& v) {
    return key(name).value(v);
  }

  /// The text; the writer is empty afterwards.
  [[nodiscard]] std::string take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// NUL is valid; overlong forms, surrogates and what is above U+10FFFF are not.
[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;
/// `text` as every store and reader takes it: what is no UTF-8, and NUL, becomes U+FFFD.
[[nodiscard]] std::string repaired_text(std::string_view text);

/// Checks `text` against a JSON Schema (draft 4). The failure names the place as a JSON pointer, the
/// keyword and what is expected, never the value found, since it may be a secret.
[[nodiscard]] Done validate_json(std::string_view schema, std::string_view text);

}  // namespace quarry::sdk
