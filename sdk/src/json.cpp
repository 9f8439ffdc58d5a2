// SPDX-License-Identifier: MIT
#include <quarry/sdk/helpers/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

// Without RAPIDJSON_SSE2: in 1.1.0 it takes the bytes 0x1A to 0x1F for text that needs no escape.
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace quarry::sdk {
namespace {

constexpr unsigned kMaxDepth = 64;
// Without kParseFullPrecisionFlag: 1.1.0 then reads 1.84467440737095516156 as -1e-199.
constexpr unsigned kParseFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

const rapidjson::Value& as_value(const void* p) noexcept { return *static_cast<const rapidjson::Value*>(p); }

/// Length of the valid UTF-8 sequence at `s`, or 0.
std::size_t utf8_length(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const auto tail = [&](std::size_t i) { return i < s.size() && (byte(i) & 0xC0U) == 0x80U; };
  const unsigned char c = byte(0);
  if (c < 0x80) { return 1; }
  if (c >= 0xC2 && c <= 0xDF) { return tail(1) ? 2 : 0; }
  if (c >= 0xE0 && c <= 0xEF) {
    if (!tail(1) || !tail(2)) { return 0; }
    const bool overlong = c == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = c == 0xED && byte(1) >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (c >= 0xF0 && c <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3)) { return 0; }
    const bool out_of_range = (c == 0xF0 && byte(1) < 0x90) || (c == 0xF4 && byte(1) >= 0x90);
    return out_of_range ? 0 : 4;
  }
  return 0;
}

/// Most texts are ASCII, and eight bytes of it are told at once.
std::string_view without_ascii_head(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data(), sizeof eight);
    if ((eight & kHighBits) != 0) { break; }
    text.remove_prefix(sizeof eight);
  }
  return text;
}

}  // namespace

bool is_valid_utf8(std::string_view text) noexcept {
  for (text = without_ascii_head(text); !text.empty();) {
    const std::size_t n = utf8_length(text);
    if (n == 0) { return false; }
    text.remove_prefix(n);
  }
  return true;
}

namespace {

/// What RapidJSON lets pass. Levels are counted, since the destructor of a deep tree, and whoever walks it, would
/// recurse; a lone "\\udc00" is no character, and 2e308 no finite number.
class InputCheck : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, InputCheck> {
 public:
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return is_valid_utf8({text, size}) || refuse("a surrogate that is no pair");
  }
  bool Key(const char* text, rapidjson::SizeType size, bool copy) { return String(text, size, copy); }
  bool Double(double number) { return std::isfinite(number) || refuse("a number too big for a double"); }
  bool StartObject() { return enter(); }
  bool EndObject(rapidjson::SizeType) { return leave(); }
  bool StartArray() { return enter(); }
  bool EndArray(rapidjson::SizeType) { return leave(); }

  [[nodiscard]] Failure failure_of(const rapidjson::ParseResult& result) const {
    if (depth_ > kMaxDepth) {
      return failure(Code::invalid, "JSON nested deeper than " + std::to_string(kMaxDepth) + " levels");
    }
    return failure(Code::invalid, "not valid JSON at byte " + std::to_string(result.Offset()) + ": " +
                                      (reason_ != nullptr ? reason_ : rapidjson::GetParseError_En(result.Code())));
  }

 private:
  bool enter() { return ++depth_ <= kMaxDepth; }
  bool leave() {
    --depth_;
    return true;
  }
  bool refuse(const char* reason) {
    reason_ = reason;
    return false;
  }

  unsigned depth_ = 0;
  const char* reason_ = nullptr;
};

}  // namespace

std::string repaired_text(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  while (!text.empty()) {
    const std::size_t n = text.front() == '\0' ? 0 : utf8_length(text);
    out += n == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, n);
    text.remove_prefix(n == 0 ? 1 : n);
  }
  return out;
}

bool Json::is_null() const noexcept { return present() && as_value(value_).IsNull(); }
bool Json::is_object() const noexcept { return present() && as_value(value_).IsObject(); }
bool Json::is_array() const noexcept { return present() && as_value(value_).IsArray(); }
bool Json::is_string() const noexcept { return present() && as_value(value_).IsString(); }
bool Json::is_bool() const noexcept { return present() && as_value(value_).IsBool(); }
bool Json::is_integer() const noexcept { return present() && as_value(value_).IsInt64(); }
bool Json::is_number() const noexcept { return present() && as_value(value_).IsNumber(); }

Json Json::operator[](std::string_view key) const noexcept {
  if (!is_object()) { return {}; }
  const rapidjson::Value name(rapidjson::StringRef(key.data(), key.size()));
  const auto it = as_value(value_).FindMember(name);
  return it == as_value(value_).MemberEnd() ? Json() : Json(&it->value);
}
Json Json::at(std::size_t index) const noexcept {
  if (!is_array() || index >= as_value(value_).Size()) { return {}; }
  return Json(&as_value(value_)[static_cast<rapidjson::SizeType>(index)]);
}
std::size_t Json::size() const noexcept {
  if (is_array()) { return as_value(value_).Size(); }
  return is_object() ? as_value(value_).MemberCount() : 0;
}
std::string_view Json::key_at(std::size_t index) const noexcept {
  if (!is_object() || index >= size()) { return {}; }
  const auto& name = (as_value(value_).MemberBegin() + static_cast<std::ptrdiff_t>(index))->name;
  return {name.GetString(), name.GetStringLength()};
}
Json Json::value_at(std::size_t index) const noexcept {
  if (!is_object() || index >= size()) { return {}; }
  return Json(&(as_value(value_).MemberBegin() + static_cast<std::ptrdiff_t>(index))->value);
}
std::string_view Json::as_string(std::string_view fallback) const noexcept {
  return is_string() ? std::string_view(as_value(value_).GetString(), as_value(value_).GetStringLength()) : fallback;
}
std::int64_t Json::as_int(std::int64_t fallback) const noexcept {
  if (is_integer()) { return as_value(value_).GetInt64(); }
  if (present() && as_value(value_).IsDouble()) {
    const double d = as_value(value_).GetDouble();
    if (std::abs(d) < 9e15 && std::trunc(d) == d) { return static_cast<std::int64_t>(d); }
  }
  return fallback;
}
double Json::as_double(double fallback) const noexcept { return is_number() ? as_value(value_).GetDouble() : fallback; }
bool Json::as_bool(bool fallback) const noexcept { return is_bool() ? as_value(value_).GetBool() : fallback; }
std::string Json::dump() const {
  if (!present()) { return "null"; }
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  as_value(value_).Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

struct JsonDocument::Impl {
  rapidjson::Document document;
};
JsonDocument::JsonDocument(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;
Json JsonDocument::root() const noexcept { return Json(static_cast<const rapidjson::Value*>(&impl_->document)); }

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
  InputCheck check;
  rapidjson::Reader reader;
  rapidjson::MemoryStream first(text.data(), text.size());
  const rapidjson::ParseResult checked = reader.Parse<kParseFlags>(first, check);
  if (checked.IsError()) { return check.failure_of(checked); }
  // To RapidJSON a NUL is the end of the text.
  if (first.Tell() != text.size()) {
    return failure(Code::invalid, "not valid JSON at byte " + std::to_string(first.Tell()) + ": a NUL byte");
  }
  auto impl = std::make_unique<Impl>();
  impl->document.Parse<kParseFlags>(text.data(), text.size());
  if (impl->document.HasParseError()) { return check.failure_of(impl->document); }
  return JsonDocument(std::move(impl));
}

namespace {

/// Of eight bytes at once: whether all are printable ASCII without '"' and '\\'. A doubt (a borrow from the byte
/// before) counts as no.
bool are_plain(const char* eight_bytes) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  constexpr std::uint64_t kHighBits = 0x80 * kOnes;
  std::uint64_t eight = 0;
  std::memcpy(&eight, eight_bytes, sizeof eight);
  const std::uint64_t control = eight - ' ' * kOnes;
  const std::uint64_t quote = (eight ^ ('"' * kOnes)) - kOnes;
  const std::uint64_t backslash = (eight ^ ('\\' * kOnes)) - kOnes;
  return ((eight | control | quote | backslash) & kHighBits) == 0;
}

/// Whether `text` is written as it is.
bool is_plain(std::string_view text) noexcept {
  constexpr std::size_t kEight = sizeof(std::uint64_t);
  if (text.size() < kEight) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  }
  for (std::size_t at = 0; at + kEight <= text.size(); at += kEight) {
    if (!are_plain(text.data() + at)) { return false; }
  }
  return are_plain(text.data() + text.size() - kEight);  // the rest, and some of it twice
}

}  // namespace

struct JsonWriter::Impl {
  /// Most texts need no escape, and RapidJSON looks at them byte by byte.
  class Writer : public rapidjson::Writer<rapidjson::StringBuffer> {
   public:
    using rapidjson::Writer<rapidjson::StringBuffer>::Writer;
    void text(std::string_view text) {
      if (!is_plain(text)) {
        const std::string sound = is_valid_utf8(text) ? std::string() : repaired_text(text);
        const std::string_view shown = sound.empty() ? text : std::string_view(sound);
        String(shown.data(), static_cast<rapidjson::SizeType>(shown.size()));
        return;
      }
      Prefix(rapidjson::kStringType);
      char* to = os_->Push(text.size() + 2);
      *to++ = '"';
      to = std::copy(text.begin(), text.end(), to);
      *to = '"';
    }
    /// A value that is JSON already.
    void copy(std::string_view json) {
      Prefix(rapidjson::kObjectType);
      std::copy(json.begin(), json.end(), os_->Push(json.size()));
    }
  };

  rapidjson::StringBuffer buffer;
  Writer writer{buffer};
};
JsonWriter::JsonWriter() : impl_(std::make_unique<Impl>()) {}
JsonWriter::~JsonWriter() = default;
JsonWriter::JsonWriter(JsonWriter&&) noexcept = default;
JsonWriter& JsonWriter::operator=(JsonWriter&&) noexcept = default;

JsonWriter& JsonWriter::begin_object() { return impl_->writer.StartObject(), *this; }
JsonWriter& JsonWriter::end_object() { return impl_->writer.EndObject(), *this; }
JsonWriter& JsonWriter::begin_array() { return impl_->writer.StartArray(), *this; }
JsonWriter& JsonWriter::end_array() { return impl_->writer.EndArray(), *this; }
JsonWriter& JsonWriter::key(std::string_view name) { return impl_->writer.text(name), *this; }
JsonWriter& JsonWriter::value(std::string_view text) { return impl_->writer.text(text), *this; }
JsonWriter& JsonWriter::value(std::int64_t number) { return impl_->writer.Int64(number), *this; }
JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) { return null(); }
  return impl_->writer.Double(number), *this;
}
JsonWriter& JsonWriter::value(bool yes) { return impl_->writer.Bool(yes), *this; }
JsonWriter& JsonWriter::null() { return impl_->writer.Null(), *this; }
JsonWriter& JsonWriter::raw(std::string_view json) { return impl_->writer.copy(json), *this; }
std::string JsonWriter::take() {
  std::string out(impl_->buffer.GetString(), impl_->buffer.GetSize());
  impl_->buffer.Clear();
  impl_->writer.Reset(impl_->buffer);
  return out;
}

namespace {

/// A rule of a schema in words; those that need none are named.
std::string told(std::string_view keyword, const std::string& expected) {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"required", "must have "},           {"type", "must be of the type "},
      {"enum", "must be one of "},          {"minimum", "must be at least "},
      {"maximum", "must be at most "},      {"minLength", "must have at least this many characters: "},
      {"pattern", "must fit the pattern "}, {"maxLength", "must have at most this many characters: "},
  };
  if (keyword == "additionalProperties") { return "is not known: is it a misspelling?"; }
  for (const auto& [name, words] : kWords) {
    if (name == keyword && !expected.empty()) { return std::string(words) + expected; }
  }
  return "breaks the rule \"" + std::string(keyword) + "\"" + (expected.empty() ? "" : ": expected " + expected);
}

}  // namespace

Done validate_json(std::string_view schema, std::string_view text) {
  auto rules = JsonDocument::parse(schema);
  if (!rules) { return Failure{rules.error().status, "the schema is " + rules.error().text}; }
  if (!rules->root().is_object()) { return failure(Code::invalid, "the schema is not a JSON object"); }
  rapidjson::Document rules_document;
  rules_document.Parse<kParseFlags>(schema.data(), schema.size());
  const rapidjson::SchemaDocument compiled(rules_document);
  auto checked = JsonDocument::parse(text);
  if (!checked) { return checked.error(); }
  rapidjson::Document document;
  document.Parse<kParseFlags>(text.data(), text.size());
  rapidjson::SchemaValidator validator(compiled);
  if (document.Accept(validator)) { return Unit{}; }
  const auto pointer_text = [](const rapidjson::Pointer& p) {
    rapidjson::StringBuffer buffer;
    p.Stringify(buffer);
    return std::string(buffer.GetString(), buffer.GetSize());
  };
  const std::string keyword = validator.GetInvalidSchemaKeyword();
  std::string place = pointer_text(validator.GetInvalidDocumentPointer());
  std::string expected;
  if (const auto* rule = validator.GetInvalidSchemaPointer().Get(rules_document); rule != nullptr && rule->IsObject()) {
    const auto it = rule->FindMember(keyword.c_str());
    const bool readable = it != rule->MemberEnd() && !it->value.IsObject();
    if (readable) {
      rapidjson::StringBuffer buffer;
      rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
      it->value.Accept(writer);
      expected.assign(buffer.GetString(), buffer.GetSize());
    }
  }
  return failure(Code::invalid, "\"" + (place.empty() ? "/" : place) + "\" " + told(keyword, expected));
}

}  // namespace quarry::sdk
