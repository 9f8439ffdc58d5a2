// SPDX-License-Identifier: MIT
#include "manifest/expand.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>

namespace quarry::manifest {
namespace {

constexpr std::size_t kMaxSecretFile = 64 * 1024;
constexpr std::size_t kMinSecret = 4;  // hiding shorter ones would only garble the log

bool is_variable_name(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

bool name_speaks_of_secret(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  constexpr std::array kWords{"PASS", "KEY", "TOKEN", "SECRET", "COOKIE"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](const char* word) { return upper.find(word) != std::string::npos; });
}

/// The password of scheme://user:password@host, or empty.
std::string url_password(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) { return {}; }
  const auto authority = url.substr(scheme + 3, url.find_first_of("/?#", scheme + 3) - (scheme + 3));
  const auto at = authority.rfind('@');
  const auto colon = authority.find(':');
  if (at == std::string_view::npos || colon == std::string_view::npos || colon > at) { return {}; }
  return std::string(authority.substr(colon + 1, at - colon - 1));
}

bool is_utf8(const std::string& text) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), plain)) { return true; }
  // The JSON writer repairs what is not UTF-8: a text that comes back changed was not.
  auto parsed = sdk::JsonDocument::parse(sdk::JsonWriter().value(text).take());
  return parsed.ok() && parsed->root().as_string() == text;
}

class Expander {
 public:
  Expander(const Environment& environment, const std::filesystem::path& folder)
      : environment_(environment), folder_(folder) {}

  Expansion run(std::string_view text) {
    const std::size_t length = text.size();
    std::size_t at = 0;
    while (at < length && out_.problem.empty()) {
      const std::size_t dollar = std::min(text.find('$', at), length);
      out_.text += text.substr(at, dollar - at);
      at = dollar;
      if (at == length) { break; }
      at += step(text.substr(at), length);
    }
    return std::move(out_);
  }

 private:
  /// `rest` begins with a dollar sign; answers how much of it was used.
  std::size_t step(std::string_view rest, std::size_t whole_length) {
    if (rest.starts_with("$$")) {
      out_.text += '$';
      return 2;
    }
    if (!rest.starts_with("${")) {
      out_.text += '$';
      return 1;
    }
    const auto end = rest.find('}');
    if (end == std::string_view::npos) {
      out_.problem = "\"${\" has no closing \"}\": write ${env:NAME}, or $${ for the two characters themselves";
      return rest.size();
    }
    out_.expanded = true;
    out_.whole = end + 1 == whole_length;
    replace(rest.substr(2, end - 2));
    return end + 1;
  }

  void replace(std::string_view what) {
    if (what.starts_with("env:")) { return from_environment(what.substr(4)); }
    if (what.starts_with("file:")) { return from_file(std::string(what.substr(5))); }
    out_.problem = "${" + std::string(what) +
                   "} is not known: write ${env:NAME}, ${env:NAME:-default} or ${file:PATH}, or $${ for the two "
                   "characters themselves";
  }

  void from_environment(std::string_view what) {
    const auto dash = what.find(":-");
    const std::string name(what.substr(0, dash));
    if (!is_variable_name(name)) {
      out_.problem =
          "\"" + name + "\" is no name of an environment variable: write ${env:NAME} with letters, digits and _";
      return;
    }
    auto value = environment_(name);
    if (dash != std::string_view::npos && (!value || value->empty())) {
      out_.text += what.substr(dash + 2);
      return;
    }
    // An empty secret would only be found out later, by the server it is meant for.
    if (!value || value->empty()) {
      absent("the environment variable " + name + (value ? " is empty" : " is not set") +
             ": set it, or write ${env:" + name + ":-default}");
      return;
    }
    if (!is_utf8(*value)) {
      absent("the environment variable " + name + " is not valid UTF-8: set it again");
      return;
    }
    if (name_speaks_of_secret(name)) { keep_secret(*value); }
    keep_secret(url_password(*value));
    out_.text += *value;
  }

  void from_file(const std::string& path) {
    const std::filesystem::path file = folder_ / path;
    std::ifstream in;
    std::error_code ec;
    // Opening a pipe would wait for whoever writes into it.
    if (!path.empty() && std::filesystem::is_regular_file(file, ec)) { in.open(file, std::ios::binary); }
    if (!in.is_open()) {
      absent("the file of ${file:" + path + "} cannot be read: make " + file.string() + " readable for this user");
      return;
    }
    std::string value(kMaxSecretFile + 1, '\0');
    in.read(value.data(), static_cast<std::streamsize>(value.size()));
    value.resize(static_cast<std::size_t>(in.gcount()));
    const bool too_long = value.size() > kMaxSecretFile;
    while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) { value.pop_back(); }
    if (value.empty()) {
      absent("the file of ${file:" + path + "} is empty: write the value into " + file.string());
    } else if (too_long || !is_utf8(value) || value.find('\0') != std::string::npos) {
      absent("the file of ${file:" + path + "} is no text of at most 64 KiB: write only the value into " +
             file.string());
    } else {
      keep_secret(value);
      out_.text += value;
    }
  }

  void absent(std::string problem) {
    out_.problem = std::move(problem);
    out_.absent = true;
  }

  void keep_secret(const std::string& value) {
    if (value.size() >= kMinSecret) { out_.secrets.push_back(value); }
  }

  const Environment& environment_;
  const std::filesystem::path& folder_;
  Expansion out_;
};

}  // namespace

Expansion expand(std::string_view text, const Environment& environment, const std::filesystem::path& folder) {
  return Expander(environment, folder).run(text);
}

}  // namespace quarry::manifest
