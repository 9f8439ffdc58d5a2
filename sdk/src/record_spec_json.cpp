// SPDX-License-Identifier: MIT
#include <quarry/sdk/helpers/json.hpp>
#include <quarry/sdk/helpers/record_spec.hpp>

#include <charconv>

namespace quarry::sdk::record_rules {
namespace {

void write(JsonWriter& out, const OwnedValue& value) {
  switch (value.kind) {
    case Value::Kind::integer:
      out.value(value.integer);
      return;
    case Value::Kind::boolean:
      out.value(value.integer != 0);
      return;
    case Value::Kind::text:
      out.value(value.text);
      return;
    case Value::Kind::real:
      // As text: reading a JSON number may miss its last bit.
      out.begin_object().member("real", value.shown()).end_object();
      return;
    case Value::Kind::null:
    case Value::Kind::bytes:
      out.null();
  }
}
OwnedValue read_value(Json json) {
  OwnedValue value;
  if (json.is_bool()) {
    value.kind = Value::Kind::boolean;
    value.integer = json.as_bool() ? 1 : 0;
  } else if (json.is_integer()) {
    value.kind = Value::Kind::integer;
    value.integer = json.as_int();
  } else if (json.is_string()) {
    value.kind = Value::Kind::text;
    value.text = json.as_string();
  } else if (json.is_object()) {
    value.kind = Value::Kind::real;
    const std::string_view digits = json["real"].as_string();
    std::from_chars(digits.data(), digits.data() + digits.size(), value.real);
  }
  return value;
}

void write(JsonWriter& out, const std::vector<std::string>& texts) {
  out.begin_array();
  for (const std::string& text : texts) { out.value(text); }
  out.end_array();
}
std::vector<std::string> read_texts(Json json) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < json.size(); ++i) { texts.emplace_back(json.at(i).as_string()); }
  return texts;
}

template <class Enum>
Enum read_enum(Json json, Enum last) {
  const std::int64_t number = json.as_int(-1);
  if (number < 0 || number > static_cast<std::int64_t>(last)) {
    throw Error(Code::internal, "a declaration kept in the storage cannot be read");
  }
  return static_cast<Enum>(number);
}

}  // namespace

std::string to_json(const OwnedCollection& collection) {
  JsonWriter out;
  out.begin_object().member("name", collection.name).member("flags", std::int64_t{collection.flags});
  out.key("fields").begin_array();
  for (const OwnedField& field : collection.fields) {
    out.begin_object()
        .member("name", field.name)
        .member("type", static_cast<std::int32_t>(field.type))
        .member("flags", std::int64_t{field.flags})
        .member("references", field.references)
        .member("on_delete", static_cast<std::int32_t>(field.on_delete));
    write(out.key("initial"), field.initial);
    write(out.key("allowed"), field.allowed);
    out.end_object();
  }
  out.end_array().key("indexes").begin_array();
  for (const OwnedIndex& index : collection.indexes) {
    out.begin_object().member("name", index.name).member("unique", index.unique);
    write(out.key("fields"), index.fields);
    out.end_object();
  }
  out.end_array().end_object();
  return out.take();
}

OwnedCollection collection_from_json(std::string_view json) {
  const Result<JsonDocument> document = JsonDocument::parse(json);
  if (!document.ok() || !document.value()["fields"].is_array()) {
    throw Error(Code::internal, "a declaration kept in the storage cannot be read");
  }
  const Json root = document.value().root();
  OwnedCollection collection;
  collection.name = root["name"].as_string();
  collection.flags = static_cast<std::uint32_t>(root["flags"].as_int());
  for (std::size_t i = 0; i < root["fields"].size(); ++i) {
    const Json json_field = root["fields"].at(i);
    OwnedField& field = collection.fields.emplace_back();
    field.name = json_field["name"].as_string();
    field.type = read_enum(json_field["type"], FieldType::boolean);
    field.flags = static_cast<std::uint32_t>(json_field["flags"].as_int());
    field.references = json_field["references"].as_string();
    field.on_delete = read_enum(json_field["on_delete"], OnDelete::set_null);
    field.initial = read_value(json_field["initial"]);
    field.allowed = read_texts(json_field["allowed"]);
  }
  for (std::size_t i = 0; i < root["indexes"].size(); ++i) {
    const Json json_index = root["indexes"].at(i);
    collection.indexes.push_back({std::string(json_index["name"].as_string()), read_texts(json_index["fields"]),
                                  json_index["unique"].as_bool()});
  }
  return collection;
}

}  // namespace quarry::sdk::record_rules
