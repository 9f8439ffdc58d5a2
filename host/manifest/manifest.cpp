// SPDX-License-Identifier: MIT
#include "manifest/manifest.hpp"

#include "manifest/config_json.hpp"
#include "manifest/table_reader.hpp"
#include "manifest/values.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>

namespace quarry::manifest {
namespace {

constexpr std::size_t kMaxManifest = 1024 * 1024;
constexpr const char* kListenHelp = "write address:port, such as \"127.0.0.1:7878\" or \"[::1]:7878\"";
constexpr const char* kLevelHelp = "write debug, info, warning or error";

/// One setting that may come from a flag, a variable or the manifest.
struct Chosen {
  std::string text;
  std::string source;  ///< flag or variable; empty: the manifest
};

class Loader {
 public:
  Loader(const std::filesystem::path& file, const Environment& environment, const Overrides& overrides, Demand demand)
      : environment_(environment),
        overrides_(overrides),
        demand_(demand),
        context_{file.string(), std::filesystem::absolute(file).parent_path(), environment, problems_, problems_},
        spared_{context_.source, context_.folder, environment, problems_,
                demand == Demand::storage ? not_demanded_ : problems_} {
    manifest_.file = file;
  }

  Loaded run() {
    const auto text = read_file();
    if (text) { parse(*text); }
    std::stable_sort(problems_.begin(), problems_.end(),
                     [](const Problem& a, const Problem& b) { return a.line < b.line; });
    if (!problems_.empty()) { return {std::nullopt, std::move(problems_)}; }
    return {std::move(manifest_), {}};
  }

 private:
  std::optional<std::string> read_file() {
    errno = 0;
    std::ifstream in(manifest_.file, std::ios::binary);
    std::string text;
    if (in) {
      text.resize(kMaxManifest + 1);
      in.read(text.data(), static_cast<std::streamsize>(text.size()));
      text.resize(static_cast<std::size_t>(in.gcount()));
    }
    if (!in.is_open() || in.bad()) {
      problems_.push_back({context_.source, 0, 0,
                           std::string("the manifest cannot be read (") + std::strerror(errno == 0 ? EIO : errno) +
                               "): start from quarry.sample.toml, or name another file"});
      return std::nullopt;
    }
    if (text.size() > kMaxManifest) {
      problems_.push_back({context_.source, 0, 0, "the manifest is larger than 1 MiB: this is no manifest"});
      return std::nullopt;
    }
    return text;
  }

  void parse(const std::string& text) {
    try {
      const toml::table root = toml::parse(text, context_.source);
      read(root);
    } catch (const toml::parse_error& e) {
      context_.problem(
          e.source(),
          "this is not TOML: " + std::string(e.description()) +
              ". Write key = \"text\", key = 1 or key = true; tables are [name], each plugin is [[plugin]]");
    }
  }

  void read(const toml::table& root) {
    TableReader top(context_, &root, "the manifest");
    read_host(section(top, "host"));
    read_queue(section(top, "queue"));
    read_http(section(top, "http"));
    read_plugins(top);
    top.refuse_unknown_keys();
  }

  const toml::table* section(TableReader& top, std::string_view name) {
    const toml::node* node = top.node(name);
    if (node == nullptr || node->is_table()) { return node == nullptr ? nullptr : node->as_table(); }
    top.problem(name,
                "\"" + std::string(name) + "\" is no table: write [" + std::string(name) + "] on a line of its own");
    return nullptr;
  }

  std::optional<Chosen> choose(const std::optional<std::string>& flag, const char* flag_name, const char* variable,
                               std::optional<std::string> written) {
    if (flag) { return Chosen{*flag, flag_name}; }
    if (variable != nullptr) {
      auto value = environment_(variable);
      if (value && !value->empty()) { return Chosen{std::move(*value), variable}; }
    }
    if (written) { return Chosen{std::move(*written), {}}; }
    return std::nullopt;
  }

  void wrong(TableReader& host, const Chosen& chosen, std::string_view key, const std::string& help) {
    if (chosen.source.empty()) {
      host.problem(key, "[host] " + std::string(key) + " cannot be used: " + help);
    } else {
      problems_.push_back({chosen.source, 0, 0, "\"" + chosen.text + "\" cannot be used: " + help});
    }
  }

  void read_host(const toml::table* table) {
    TableReader host(spared_, table, "[host]");
    if (const auto chosen = choose(overrides_.listen, "--listen", "QUARRY_LISTEN", host.text("listen"))) {
      const auto listen = parse_listen(chosen->text);
      if (listen) {
        manifest_.listen = *listen;
      } else {
        wrong(host, *chosen, "listen", kListenHelp);
      }
    }
    if (const auto chosen = choose(overrides_.log_level, "--log-level", nullptr, host.text("log_level"))) {
      const auto level = parse_level(chosen->text);
      if (level) {
        manifest_.log_level = *level;
      } else {
        wrong(host, *chosen, "log_level", kLevelHelp);
      }
    }
    if (const auto wait = host.number("start_timeout_s", 0, 86'400)) {
      manifest_.start_timeout_ms = std::llround(*wait * 1000.0);
    }
    const auto data = choose(overrides_.data_dir, "--data-dir", "QUARRY_DATA_DIR", host.text("data_dir"));
    manifest_.data_dir = folder_of(data, context_.folder / "quarry-data");
    static_cast<void>(host.node("plugin_dir"));
    TableReader demanded(context_, table, "[host]");
    const auto plugins =
        choose(overrides_.plugin_dir, "--plugin-dir", "QUARRY_PLUGIN_DIR", demanded.text("plugin_dir"));
    const bool has_default = !overrides_.default_plugin_dir.empty();
    manifest_.plugin_dir =
        folder_of(plugins, has_default ? overrides_.default_plugin_dir : context_.folder / "plugins");
    host.refuse_unknown_keys();
  }

  std::filesystem::path folder_of(const std::optional<Chosen>& chosen, const std::filesystem::path& otherwise) const {
    std::filesystem::path folder = otherwise;
    if (chosen) {
      folder = chosen->source.empty() ? context_.folder / chosen->text : std::filesystem::path(chosen->text);
    }
    return std::filesystem::absolute(folder).lexically_normal();
  }

  void read_queue(const toml::table* table) {
    TableReader in(spared_, table, "[queue]");
    Queue& out = manifest_.queue;
    const auto whole = [&](std::string_view key, auto& target, std::int64_t least, std::int64_t most,
                           std::int64_t unit = 1) {
      if (const auto value = in.integer(key, least, most)) {
        target = static_cast<std::remove_reference_t<decltype(target)>>(*value * unit);
      }
    };
    const auto seconds = [&](std::string_view key, std::int64_t& target, double least, double most) {
      if (const auto value = in.number(key, least, most)) { target = std::llround(*value * 1000.0); }
    };
    whole("max_concurrent_downloads", out.max_concurrent_downloads, 1, 10);
    whole("default_max_retries", out.default_max_retries, 1, 10);
    whole("priority_step_hours", out.priority_step_ms, 1, 8760, 3'600'000);
    whole("poll_ms", out.poll_ms, 50, 600'000);
    whole("absence_span_ms", out.absence_span_ms, 0, 3'600'000);
    whole("lease_ms", out.lease_ms, 1000, 600'000);
    seconds("retry_base_s", out.retry_base_ms, 0.05, 3600);
    seconds("retry_cap_s", out.retry_cap_ms, 0.05, 86'400);
    out.priority_queue = in.boolean("priority_queue").value_or(out.priority_queue);
    out.check_announced_size = in.boolean("check_announced_size").value_or(out.check_announced_size);
    out.default_category = in.text("default_category").value_or(out.default_category);
    if (out.retry_cap_ms < out.retry_base_ms) {
      in.problem("retry_cap_s", "[queue] retry_cap_s is less than retry_base_s: write a larger cap");
    }
    in.refuse_unknown_keys();
  }

  void read_http(const toml::table* table) {
    TableReader http(spared_, table, "[http]");
    manifest_.http_allow = http.texts("allow");
    for (const auto& rule : manifest_.http_allow) {
      if (is_allow_rule(rule)) { continue; }
      http.problem("allow", "[http] allow: \"" + rule +
                                "\" cannot be used: write host:port, an address, or a block such as \"10.0.0.0/8\"");
    }
    http.refuse_unknown_keys();
  }

  void read_plugins(TableReader& top) {
    const toml::node* node = top.node("plugin");
    if (node == nullptr) { return; }
    const auto* array = node->as_array();
    if (array == nullptr ||
        !std::all_of(array->begin(), array->end(), [](const toml::node& n) { return n.is_table(); })) {
      top.problem("plugin", "\"plugin\" is no list of tables: write [[plugin]], with two brackets, for each plugin");
      return;
    }
    for (const auto& element : *array) { read_plugin(*element.as_table()); }
  }

  void read_plugin(const toml::table& table) {
    PluginEntry entry;
    entry.line = table.source().begin.line;
    TableReader in(context_, &table, "[[plugin]]");
    read_id(in, entry);
    if (in.node("library") == nullptr) {
      in.problem("library",
                 "this [[plugin]] has no library: write library = \"quarry-….so\", a file of the plugin directory");
    }
    entry.library = in.text("library").value_or("");
    entry.enabled = in.boolean("enabled").value_or(true);
    entry.max_concurrency = static_cast<std::int32_t>(in.integer("max_concurrency", 1, 64).value_or(0));
    read_sha256(in, entry);
    const toml::node* config = in.node("config");
    if (config != nullptr && !config->is_table()) {
      in.problem("config", "\"config\" is no table: write [plugin.config] on a line of its own");
    } else if (entry.enabled) {
      const ReadContext context{context_.source, context_.folder, environment_, problems_,
                                demand_ == Demand::storage ? entry.absences : problems_};
      read_config(context, config == nullptr ? nullptr : config->as_table(), entry);
    }
    in.refuse_unknown_keys();
    manifest_.plugins.push_back(std::move(entry));
  }

  void read_id(TableReader& in, PluginEntry& entry) {
    if (in.node("id") == nullptr) {
      in.problem("id", "this [[plugin]] has no id: write id = \"name\", a name of your choice");
      return;
    }
    const auto id = in.text("id");
    if (!id) { return; }
    entry.id = *id;
    if (!is_instance_id(*id)) {
      in.problem("id", "the id \"" + *id + "\" cannot be used: write 1 to 40 of the characters a-z, 0-9 and -");
      return;
    }
    const auto [first, fresh] = ids_.try_emplace(*id, entry.line);
    if (!fresh) {
      in.problem("id", "the id \"" + *id + "\" is used twice, first in line " + std::to_string(first->second) +
                           ": give each [[plugin]] an id of its own");
    }
  }

  static void read_sha256(TableReader& in, PluginEntry& entry) {
    const auto digest = in.text("sha256");
    if (!digest) { return; }
    entry.sha256 = *digest;
    for (char& c : entry.sha256) { c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; }
    const bool hex = entry.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (entry.sha256.size() != 64 || !hex) {
      in.problem("sha256", "[[plugin]] sha256 is no SHA-256: write the 64 hex digits that sha256sum prints");
    }
  }

  const Environment& environment_;
  const Overrides& overrides_;
  const Demand demand_;
  std::vector<Problem> problems_;
  std::vector<Problem> not_demanded_;
  ReadContext context_;
  ReadContext spared_;  ///< for what the demand may leave out
  Manifest manifest_;
  std::map<std::string, std::uint32_t> ids_;
};

}  // namespace

std::string Problem::describe() const {
  if (line == 0) { return source + ": " + text; }
  return source + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + text;
}

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) { return std::nullopt; }
    return std::string(value);
  };
}

Loaded load_manifest(const std::filesystem::path& file, const Environment& environment, const Overrides& overrides,
                     Demand demand) {
  return Loader(file, environment, overrides, demand).run();
}

}  // namespace quarry::manifest
