// SPDX-License-Identifier: MIT
#include "plugins/plugin_config.hpp"

#include <quarry/sdk/helpers/json.hpp>
#include <quarry/sdk/helpers/json_pointer.hpp>

#include <algorithm>
#include <charconv>
#include <functional>

namespace quarry::plugins {
namespace {

using sdk::Json;

/// Follows "$ref" into the same document; a reference that leads nowhere, or in circles, ends as absent.
Json resolved(Json root, Json schema) {
  constexpr int kMaxSteps = 16;
  for (int step = 0; schema["$ref"].is_string(); ++step) {
    std::string_view rest = schema["$ref"].as_string();
    if (step == kMaxSteps || !rest.starts_with("#")) { return {}; }
    rest.remove_prefix(1);
    schema = root;
    while (rest.starts_with("/")) {
      rest.remove_prefix(1);
      const auto part = rest.substr(0, rest.find('/'));
      schema = schema[part];
      rest.remove_prefix(part.size());
    }
  }
  return schema;
}

Json property_schema(Json root, Json schema, std::string_view key) {
  const Json own = schema["properties"][key];
  return resolved(root, own.present() ? own : schema["additionalProperties"]);
}
Json item_schema(Json root, Json schema) { return resolved(root, schema["items"]); }

bool schema_asks_for(Json schema, std::string_view type) {
  const Json types = schema["type"];
  if (types.is_string()) { return types.as_string() == type; }
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types.at(i).as_string() == type) { return true; }
  }
  return false;
}

template <class Number>
bool parses_as(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

class Coercer {
 public:
  Coercer(Json root_schema, const std::vector<std::string>& expanded) : root_(root_schema), expanded_(expanded) {}

  void value(Json value, Json schema, const std::string& pointer) {
    if (value.is_object()) {
      object(value, schema, pointer);
    } else if (value.is_array()) {
      out_.begin_array();
      for (std::size_t i = 0; i < value.size(); ++i) {
        this->value(value.at(i), item_schema(root_, schema), pointer + "/" + std::to_string(i));
      }
      out_.end_array();
    } else if (value.is_string() && std::find(expanded_.begin(), expanded_.end(), pointer) != expanded_.end()) {
      text(value.as_string(), schema);
    } else {
      out_.raw(value.dump());
    }
  }
  std::string take() { return out_.take(); }

 private:
  void object(Json value, Json schema, const std::string& pointer) {
    out_.begin_object();
    for (std::size_t i = 0; i < value.size(); ++i) {
      const auto key = value.key_at(i);
      out_.key(key);
      this->value(value.value_at(i), property_schema(root_, schema, key), pointer + "/" + sdk::json_pointer_part(key));
    }
    out_.end_object();
  }

  void text(std::string_view text, Json schema) {
    std::int64_t integer = 0;
    double number = 0;
    if (!schema_asks_for(schema, "string")) {
      const bool wants_number = schema_asks_for(schema, "number");
      if ((wants_number || schema_asks_for(schema, "integer")) && parses_as(text, integer)) {
        out_.value(integer);
        return;
      }
      if (wants_number && parses_as(text, number)) {
        out_.value(number);
        return;
      }
      if (schema_asks_for(schema, "boolean") && (text == "true" || text == "false")) {
        out_.value(text == "true");
        return;
      }
    }
    out_.value(text);
  }

  Json root_;
  const std::vector<std::string>& expanded_;
  sdk::JsonWriter out_;
};

/// Calls `seen` with every text of the value and the schema that stands for it.
void each_text(Json value, Json root, Json schema, const std::function<void(std::string_view, Json)>& seen) {
  if (value.is_string()) { return seen(value.as_string(), schema); }
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value.is_object()) {
      each_text(value.value_at(i), root, property_schema(root, schema, value.key_at(i)), seen);
    } else {
      // "secret" on an array speaks for its elements.
      const Json items = item_schema(root, schema);
      each_text(value.at(i), root, items.present() ? items : schema, seen);
    }
  }
}

}  // namespace

std::string coerce_config(std::string_view config_json, std::string_view schema_json,
                          const std::vector<std::string>& expanded) {
  const auto config = sdk::JsonDocument::parse(config_json);
  const auto schema = sdk::JsonDocument::parse(schema_json);
  if (!config || !schema) { return std::string(config_json); }
  Coercer coercer(schema->root(), expanded);
  coercer.value(config->root(), schema->root(), "");
  return coercer.take();
}

std::vector<std::string> secret_values(std::string_view config_json, std::string_view schema_json) {
  std::vector<std::string> secrets;
  const auto config = sdk::JsonDocument::parse(config_json);
  const auto schema = sdk::JsonDocument::parse(schema_json);
  if (!config || !schema) { return secrets; }
  each_text(config->root(), schema->root(), schema->root(), [&](std::string_view text, Json rule) {
    if (rule["secret"].as_bool() && !text.empty()) { secrets.emplace_back(text); }
  });
  return secrets;
}

std::vector<std::string> urls_of(std::string_view config_json) {
  std::vector<std::string> urls;
  const auto config = sdk::JsonDocument::parse(config_json);
  if (!config) { return urls; }
  each_text(config->root(), {}, {}, [&](std::string_view text, Json) {
    if (text.starts_with("http://") || text.starts_with("https://")) { urls.emplace_back(text); }
  });
  return urls;
}

}  // namespace quarry::plugins
