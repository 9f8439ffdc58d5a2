// SPDX-License-Identifier: MIT
#include <quarry/sdk/helpers/config.hpp>

namespace quarry::sdk {

Config Config::parse(std::string_view json) {
  auto document = JsonDocument::parse(json);
  if (!document) { throw Error(document.error()); }
  if (!document->root().is_object()) { throw Error(Code::invalid, "the configuration is not a JSON object"); }
  Config config;
  config.document_ = std::make_shared<const JsonDocument>(std::move(*document));
  return config;
}

std::string Config::text(std::string_view key, std::string_view fallback) const {
  return std::string((*this)[key].as_string(fallback));
}
std::int64_t Config::integer(std::string_view key, std::int64_t fallback) const noexcept {
  return (*this)[key].as_int(fallback);
}
double Config::number(std::string_view key, double fallback) const noexcept { return (*this)[key].as_double(fallback); }
bool Config::flag(std::string_view key, bool fallback) const noexcept { return (*this)[key].as_bool(fallback); }

std::vector<std::string> Config::texts(std::string_view key, std::vector<std::string> fallback) const {
  const Json list = (*this)[key];
  if (!list.is_array()) { return fallback; }
  std::vector<std::string> out;
  out.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) { out.emplace_back(list.at(i).as_string()); }
  return out;
}

}  // namespace quarry::sdk
