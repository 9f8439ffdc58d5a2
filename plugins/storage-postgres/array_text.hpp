// SPDX-License-Identifier: MIT
// A PostgreSQL array in its text form, which is how SOCI hands a list to a statement.
// Format: https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace quarry::storage_postgres {

/// Appends one element to an array text that was started by start().
inline void start(std::string& array) { array.assign(1, '{'); }
inline void finish(std::string& array) { array += '}'; }
inline void separate(std::string& array) {
  if (array.size() > 1) { array += ','; }
}

/// A value as the text of a parameter that is no array.
inline void write(std::string& text, std::int64_t value) {
  char digits[24];
  text.assign(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}
inline void write(std::string& text, std::int32_t value) { write(text, std::int64_t{value}); }
inline void write(std::string& text, std::uint32_t value) { write(text, std::int64_t{value}); }
/// As short as it can be read back to the same number. "NaN" and "Infinity" are numbers to PostgreSQL, too.
inline void write(std::string& text, double value) {
  char digits[32];
  text.assign(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}
inline void write(std::string& text, std::string_view value) { text.assign(value); }

inline void add(std::string& array, std::int64_t value) {
  separate(array);
  char text[24];
  array.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}
inline void add(std::string& array, std::int32_t value) { add(array, std::int64_t{value}); }
inline void add(std::string& array, std::uint32_t value) { add(array, std::int64_t{value}); }
/// As short as it can be read back to the same number. "NaN" and "Infinity" are numbers to PostgreSQL, too.
inline void add(std::string& array, double value) {
  separate(array);
  char text[32];
  array.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}
inline void add(std::string& array, std::string_view value) {
  separate(array);
  array += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') { array += '\\'; }
    array += c;
  }
  array += '"';
}

}  // namespace quarry::storage_postgres
