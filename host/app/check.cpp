// SPDX-License-Identifier: MIT
#include "app/commands.hpp"
#include "app/exit_codes.hpp"
#include "app/load.hpp"
#include "http/endpoint.hpp"
#include "plugins/plugin_entry.hpp"

#include <quarry/sdk/helpers/json.hpp>
#include <quarry/sdk/helpers/system_clock.hpp>

#include <algorithm>
#include <iomanip>
#include <ostream>

namespace quarry::app {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& w : words) { out += (out.empty() ? "" : ", ") + w; }
  return out;
}

void print_problems(const std::vector<manifest::Problem>& problems, bool json, std::ostream& out, std::ostream& err) {
  if (!json) {
    for (const manifest::Problem& p : problems) { err << p.describe() << '\n'; }
    return;
  }
  sdk::JsonWriter w;
  w.begin_object().member("ok", false).key("problems").begin_array();
  for (const manifest::Problem& p : problems) {
    w.begin_object().member("source", p.source).member("line", static_cast<std::int64_t>(p.line));
    w.member("column", static_cast<std::int64_t>(p.column)).member("text", p.text).end_object();
  }
  w.end_array().end_object();
  out << w.take() << '\n';
}

void print_instances(const std::vector<plugins::InstanceInfo>& instances, std::ostream& out) {
  for (const plugins::InstanceInfo& i : instances) {
    const bool failed = i.state == plugins::InstanceState::failed;
    out << "  " << std::left << std::setw(16) << i.id << ' ' << std::setw(8) << (failed ? "failed" : "ok") << ' '
        << (failed ? i.error : i.plugin + " " + i.version + " (" + joined(i.kinds) + ")") << '\n';
  }
}

void write_instances(const std::vector<plugins::InstanceInfo>& instances, sdk::JsonWriter& w) {
  w.key("plugins").begin_array();
  for (const plugins::InstanceInfo& i : instances) {
    w.begin_object().member("id", i.id).member("plugin", i.plugin).member("version", i.version);
    w.member("kinds", joined(i.kinds)).member("line", static_cast<std::int64_t>(i.line));
    w.member("ok", i.state != plugins::InstanceState::failed).member("error", i.error).end_object();
  }
  w.end_array();
}

}  // namespace

int check(const HostArguments& arguments, std::ostream& out, std::ostream& err) {
  const manifest::Loaded loaded = load_manifest_for(arguments);
  if (!loaded.ok()) {
    print_problems(loaded.problems, arguments.json, out, err);
    return kExitConfiguration;
  }
  const manifest::Manifest& manifest = *loaded.manifest;
  const sdk::SystemClock clock;
  plugins::PluginHost host(plugin_options(manifest, clock, {}));
  host.prepare(plugin_specs(manifest));
  const auto instances = host.instances();
  const auto storage = host.queue_store();
  const bool all_sound = std::none_of(instances.begin(), instances.end(), [](const plugins::InstanceInfo& i) {
    return i.state == plugins::InstanceState::failed;
  });
  const bool ok = all_sound && storage.ok();
  if (arguments.json) {
    sdk::JsonWriter w;
    w.begin_object().member("ok", ok).member("manifest", manifest.file.string());
    write_instances(instances, w);
    w.member("storage", storage.ok() ? "ok" : storage.error().text).end_object();
    out << w.take() << '\n';
    return ok ? kExitOk : kExitConfiguration;
  }
  const http::Endpoint at{manifest.listen.address, manifest.listen.port};
  out << manifest.file.string() << ": listens on " << at.to_string() << ", data in " << manifest.data_dir.string()
      << ", plugins in " << manifest.plugin_dir.string() << '\n';
  print_instances(instances, out);
  if (!storage.ok()) { err << manifest.file.string() << ": " << storage.error().text << '\n'; }
  out << (ok ? "All is well.\n" : "Not all is well.\n");
  return ok ? kExitOk : kExitConfiguration;
}

int plugin_list(const std::filesystem::path& plugin_dir, bool json, std::ostream& out, std::ostream& err) {
  std::error_code ec;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(plugin_dir, ec)) {
    if (entry.path().extension() == ".so") { files.push_back(entry.path()); }
  }
  if (ec) {
    err << "the plugin directory " << plugin_dir.string() << " cannot be read: " << ec.message() << '\n';
    return kExitFailed;
  }
  std::sort(files.begin(), files.end());
  sdk::JsonWriter w;
  w.begin_array();
  for (const auto& file : files) {
    const auto entry = plugins::read_entry(file);
    w.begin_object().member("file", file.filename().string()).member("ok", entry.ok());
    if (entry) {
      w.member("id", entry->id).member("version", entry->version).member("description", entry->description);
      w.member("interfaces", joined(entry->provides));
    } else {
      w.member("error", entry.error().text);
    }
    w.end_object();
    if (json) { continue; }
    if (entry) {
      out << "  " << std::left << std::setw(18) << entry->id << ' ' << std::setw(8) << entry->version << ' '
          << entry->description << "\n  " << std::setw(18) << "" << ' ' << joined(entry->provides) << '\n';
    } else {
      out << "  " << std::left << std::setw(18) << file.filename().string() << " refused: " << entry.error().text
          << '\n';
    }
  }
  w.end_array();
  if (json) { out << w.take() << '\n'; }
  if (!json && files.empty()) { out << "no plugin in " << plugin_dir.string() << '\n'; }
  return kExitOk;
}

}  // namespace quarry::app
