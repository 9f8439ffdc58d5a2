// SPDX-License-Identifier: MIT
#include "manifest/config_json.hpp"

#include <quarry/sdk/helpers/json.hpp>
#include <quarry/sdk/helpers/json_pointer.hpp>

#include <cmath>
#include <sstream>

namespace quarry::manifest {
namespace {

class ConfigWriter {
 public:
  ConfigWriter(const ReadContext& context, PluginEntry& entry) : context_(context), entry_(entry) {}

  void table(const toml::table& table, const std::string& pointer) {
    json_.begin_object();
    for (const auto& [key, value] : table) {
      json_.key(key.str());
      any(value, pointer + "/" + sdk::json_pointer_part(key.str()));
    }
    json_.end_object();
  }
  std::string take() { return json_.take(); }

 private:
  void array(const toml::array& array, const std::string& pointer) {
    json_.begin_array();
    std::size_t index = 0;
    for (const auto& value : array) { any(value, pointer + "/" + std::to_string(index++)); }
    json_.end_array();
  }

  void text(const toml::value<std::string>& value, const std::string& pointer) {
    Expansion expansion = expand(value.get(), context_.environment, context_.folder);
    if (!expansion.problem.empty()) {
      context_.problem(value.source(), "[plugin.config] of \"" + entry_.id + "\", " + pointer.substr(1) + ": ",
                       expansion);
    }
    if (expansion.whole) { entry_.expanded.push_back(pointer); }
    entry_.secrets.insert(entry_.secrets.end(), expansion.secrets.begin(), expansion.secrets.end());
    json_.value(expansion.text);
  }

  void number(const toml::value<double>& value, const std::string& pointer) {
    if (!std::isfinite(value.get())) {
      context_.problem(value.source(), "[plugin.config] of \"" + entry_.id + "\", " + pointer.substr(1) +
                                           " is not a finite number: write a number such as 1.5");
    }
    json_.value(value.get());
  }

  void any(const toml::node& value, const std::string& pointer) {
    switch (value.type()) {
      case toml::node_type::table:
        return table(*value.as_table(), pointer);
      case toml::node_type::array:
        return array(*value.as_array(), pointer);
      case toml::node_type::string:
        return text(*value.as_string(), pointer);
      case toml::node_type::floating_point:
        return number(*value.as_floating_point(), pointer);
      case toml::node_type::integer:
        json_.value(std::int64_t{value.as_integer()->get()});
        return;
      case toml::node_type::boolean:
        json_.value(value.as_boolean()->get());
        return;
      default:
        break;
    }
    std::ostringstream date;
    value.visit([&](const auto& node) {
      if constexpr (toml::is_chronological<decltype(node)>) { date << node.get(); }
    });
    json_.value(date.str());
  }

  const ReadContext& context_;
  PluginEntry& entry_;
  sdk::JsonWriter json_;
};

}  // namespace

void read_config(const ReadContext& context, const toml::table* config, PluginEntry& entry) {
  entry.config_json = "{}";
  if (config == nullptr) { return; }
  ConfigWriter writer(context, entry);
  writer.table(*config, "");
  entry.config_json = writer.take();
}

}  // namespace quarry::manifest
