// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/settings.hpp"

namespace quarry::qbittorrent {

const char kConfigSchema[] = R"json({
  "$schema": "http://json-schema.org/draft-04/schema#",
  "title": "qBittorrent",
  "type": "object",
  "additionalProperties": false,
  "required": ["url"],
  "properties": {
    "url": {
      "type": "string",
      "pattern": "^https?://",
      "description": "Address of qBittorrent's Web UI, such as http://127.0.0.1:8080 or https://host/qbittorrent."
    },
    "username": {
      "type": "string",
      "description": "User name of the Web UI. Leave it out when qBittorrent asks this host for no login."
    },
    "password": {
      "type": "string",
      "secret": true,
      "description": "Password of the Web UI."
    },
    "api_key": {
      "type": "string",
      "secret": true,
      "description": "API key of qBittorrent 5.2 or later, used in place of user name and password."
    },
    "request_timeout_ms": {
      "type": "integer",
      "minimum": 100,
      "maximum": 600000,
      "default": 10000,
      "description": "How long one request may take, in milliseconds."
    },
    "session_lifetime_s": {
      "type": "integer",
      "minimum": 10,
      "maximum": 86400,
      "default": 1800,
      "description": "Age at which a login is renewed, in seconds. Keep it below qBittorrent's session timeout (3600)."
    }
  }
})json";

namespace {
void check_url(const std::string& url) {
  const auto wrong = [](const std::string& why) {
    throw sdk::Error(sdk::Code::invalid, "url: " + why + "; write it like http://127.0.0.1:8080");
  };
  const std::size_t scheme = url.find("://");
  if (!url.starts_with("http://") && !url.starts_with("https://")) { wrong("it must begin with http:// or https://"); }
  if (url.size() == scheme + 3 || url[scheme + 3] == '/') { wrong("the host is missing"); }
  // A password here would show in every sentence that names the server.
  if (url.find('@') != std::string::npos) { wrong("user name and password belong in their own fields"); }
  if (url.find_first_of("?#") != std::string::npos) { wrong("it may hold neither '?' nor '#'"); }
  for (const char c : url) {
    if (static_cast<unsigned char>(c) <= ' ') { wrong("it holds a blank or a control character"); }
  }
}
}  // namespace

Settings read_settings(const sdk::Config& config) {
  Settings s;
  s.url = config.text("url");
  check_url(s.url);
  while (s.url.ends_with('/')) { s.url.pop_back(); }
  s.username = config.text("username");
  s.password = config.text("password");
  s.api_key = config.text("api_key");
  s.request_timeout_ms = config.integer("request_timeout_ms", s.request_timeout_ms);
  s.session_lifetime_ms = config.integer("session_lifetime_s", s.session_lifetime_ms / 1000) * 1000;
  return s;
}

}  // namespace quarry::qbittorrent
