// SPDX-License-Identifier: MIT
// JSON in and out: what was read can be written and read again, and means the same.
#include "require.hpp"

#include <quarry/sdk/helpers/json_pointer.hpp>

#include <cmath>

namespace {

using quarry::fuzz::is_utf8;
using quarry::fuzz::require;
using namespace quarry::sdk;

constexpr std::string_view kSchema = R"({"type":"object","required":["a"],"additionalProperties":false,"properties":{
  "a":{"type":"string","minLength":2,"pattern":"^[a-z]+$"},"b":{"type":"integer","minimum":1,"maximum":9},
  "c":{"type":"array","items":{"enum":["x","y"]},"maxItems":3},"d":{"anyOf":[{"type":"null"},{"type":"boolean"}]}}})";

/// Writes the value again, member by member. Its depth is bounded by the reader.
void copy(const Json& value, JsonWriter& out) {
  if (value.is_object()) {
    out.begin_object();
    for (std::size_t i = 0; i < value.size(); ++i) {
      require(value[value.key_at(i)].present(), "a member is found by its key");
      out.key(value.key_at(i));
      copy(value.value_at(i), out);
    }
    out.end_object();
  } else if (value.is_array()) {
    out.begin_array();
    for (std::size_t i = 0; i < value.size(); ++i) { copy(value.at(i), out); }
    out.end_array();
  } else if (value.is_string()) {
    out.value(value.as_string());
  } else if (value.is_bool()) {
    out.value(value.as_bool());
  } else if (value.is_integer()) {
    out.value(value.as_int());
  } else if (value.is_number()) {
    out.value(value.as_double());
  } else {
    require(value.is_null(), "a value is of one of the seven kinds");
    out.null();
  }
}

/// The reader may err in the last digits.
bool same_number(double a, double b) { return std::abs(a - b) <= 1e-14 * std::abs(a) + 1e-300; }

void check_same(const Json& a, const Json& b) {
  require(a.is_null() == b.is_null() && a.is_object() == b.is_object() && a.is_array() == b.is_array() &&
              a.is_string() == b.is_string() && a.is_bool() == b.is_bool() && a.is_number() == b.is_number(),
          "a value keeps its kind");
  require(a.size() == b.size() && a.as_string() == b.as_string() && a.as_bool() == b.as_bool(), "a value stays equal");
  require(same_number(a.as_double(), b.as_double()), "a number stays equal");
  require(!a.is_integer() || a.as_int() == b.as_int(), "an integer stays equal");
  for (std::size_t i = 0; i < a.size(); ++i) {
    require(a.key_at(i) == b.key_at(i), "members keep their order");
    check_same(a.is_array() ? a.at(i) : a.value_at(i), b.is_array() ? b.at(i) : b.value_at(i));
  }
}

/// A value answers every question, whatever it is.
void check_questions(const Json& value) {
  require(std::isfinite(value.as_double()), "a number is finite");
  require(!value[std::string_view("\0", 1)].at(0).present(), "what is absent has no elements");
  require(!value.at(value.size()).present() && !value.value_at(value.size()).present(), "nothing lies behind the end");
  require(value.key_at(value.size()).empty(), "no key lies behind the end");
  require(value.is_string() || value.as_string("other") == "other", "a fallback is for all that is no text");
}

void check_reader(std::string_view text) {
  auto document = JsonDocument::parse(text);
  if (!document) {
    require(document.error().status.code == Code::invalid && !document.error().text.empty(), "a refusal says why");
    return;
  }
  require(is_utf8(text), "what was read is UTF-8");
  const Json root = document->root();
  check_questions(root);
  const auto again = JsonDocument::parse(root.dump());
  // For the same reason the very largest number may come back as too large.
  if (!again && again.error().text.find("too big") != std::string::npos) { return; }
  require(again.ok(), "a dump is JSON");
  check_same(root, again->root());
  JsonWriter writer;
  copy(root, writer);
  const auto copied = JsonDocument::parse(writer.take());
  require(copied.ok(), "what is written is JSON");
  check_same(root, copied->root());
  const JsonDocument moved = std::move(document.value());
  require(moved.root().present(), "a document that moved is whole");
}

void check_writer(std::string_view text) {
  JsonWriter writer;
  writer.begin_object()
      .member("text", text)
      .key("list")
      .begin_array()
      .value(text)
      .end_array()
      .key(text)
      .null()
      .end_object();
  const auto read = JsonDocument::parse(writer.take());
  require(read.ok(), "any text can be written");
  const std::string_view written = (*read)["text"].as_string();
  require(is_utf8(written) && (*read)["list"].at(0).as_string() == written, "a text is written the same way twice");
  const auto bad_bytes = [](std::string_view s) {
    return std::count_if(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  };
  require(bad_bytes(text) > 0 || written == text, "ASCII stays as it is");
  require(JsonWriter().value(written).take() == JsonWriter().value(text).take(), "what is repaired needs no repair");
}

void check_pointer(std::string_view key) {
  const std::string part = json_pointer_part(key);
  std::string back;
  for (std::size_t i = 0; i < part.size(); ++i) {
    require(part[i] != '/', "a step of a pointer holds no slash");
    if (part[i] != '~') {
      back += part[i];
      continue;
    }
    require(++i < part.size() && (part[i] == '0' || part[i] == '1'), "a ~ of a pointer is ~0 or ~1");
    back += part[i] == '0' ? '~' : '/';
  }
  require(back == key, "a step of a pointer names the key it was made from");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = quarry::fuzz::text_of(data, size);
  check_reader(text);
  check_writer(text);
  check_pointer(text);
  const auto checked = validate_json(kSchema, text);
  require(checked.ok() || !checked.error().text.empty(), "what breaks a schema is told");
  require(!checked.ok() || JsonDocument::parse(text).ok(), "only JSON fits a schema");
  return 0;
}
