// SPDX-License-Identifier: MIT
// The command line of quarry: reads the arguments and calls the command they name. docs/cli.md is its
// page, completions/quarry.bash its completion; a test holds both against --help-all.
#include "app/commands.hpp"
#include "app/exit_codes.hpp"
#include "app/likely_host.hpp"
#include "app/load.hpp"
#include "app/storage_command.hpp"
#include "cli/commands.hpp"
#include "cli/connection.hpp"
#include "cli/exit_codes.hpp"
#include "cli/signals.hpp"
#include "cli/terminal.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <iostream>

namespace {

using quarry::app::HostArguments;
using quarry::cli::ClientOptions;
using quarry::cli::Session;

const std::vector<std::string> kPriorities = {"low", "normal", "high", "very_high"};
const std::vector<std::string> kStatuses = {"queued",    "downloading", "paused",    "stalled", "seeding",
                                            "completed", "failed",      "cancelled", "all"};

/// Everything the arguments can say.
struct Arguments {
  HostArguments host;
  std::string manifest;
  std::string plugin_dir;
  quarry::app::PluginCheckArguments plugin_check;
  quarry::app::StorageArguments storage;
  ClientOptions client;
  std::vector<std::string> words;  ///< of search, or of grab --best
  quarry::cli::GrabOptions grab;
  quarry::cli::QueueOptions queue;
  bool watch = false;
  quarry::cli::ItemOptions items;
  bool json = false;
  std::function<int()> chosen;  ///< what the subcommand does
};

/// For the commands that ask a running host.
quarry::sdk::Result<quarry::cli::LikelyHost> host_of_manifest(const std::string& flag) {
  const auto found = quarry::app::likely_host(flag);
  if (!found) { return found.error(); }
  quarry::cli::LikelyHost host{found->data_dir, {}};
  if (found->listen) { host.listen = {found->listen->address, found->listen->port}; }
  return host;
}

void add_json(CLI::App* command, Arguments& a) { command->add_flag("--json", a.json, "Print JSON instead of text"); }

void add_manifest(CLI::App* command, Arguments& a) {
  command
      ->add_option("--manifest", a.manifest, "The manifest [QUARRY_MANIFEST; ./quarry.toml; /etc/quarry/quarry.toml]")
      ->type_name("FILE");
}

void add_host_options(CLI::App* command, Arguments& a) {
  add_manifest(command, a);
  command->add_option("--listen", a.host.overrides.listen, "Address and port, such as 127.0.0.1:7878")
      ->type_name("ADDRESS");
  command->add_option("--data-dir", a.host.overrides.data_dir, "Where the host keeps its data")->type_name("DIR");
  command->add_option("--plugin-dir", a.host.overrides.plugin_dir, "Where the plugins are")->type_name("DIR");
  command->add_option("--log-level", a.host.overrides.log_level, "How much the log says")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
}

void add_client_options(CLI::App* command, Arguments& a) {
  add_manifest(command, a);
  command
      ->add_option("--url", a.client.url,
                   "The host to ask [QUARRY_URL; where the manifest listens; http://127.0.0.1:7878]")
      ->type_name("URL");
  command->add_option("--api-key-file", a.client.api_key_file, "File with the API key [the key itself: QUARRY_API_KEY]")
      ->type_name("FILE");
  command
      ->add_option("--data-dir", a.client.data_dir,
                   "The host's data directory, which holds the API key [QUARRY_DATA_DIR; the manifest's]")
      ->type_name("DIR");
  add_json(command, a);
}

/// Runs one command against the host that the options name.
int ask_host(Arguments& a, const std::function<int(const Session&)>& command, std::function<bool()> cancelled = {}) {
  const auto environment = quarry::cli::process_environment();
  a.client.likely_host = [&a] { return host_of_manifest(a.manifest); };
  const auto connection = quarry::cli::find_connection(a.client, environment);
  if (!connection) {
    std::cerr << "quarry: " << connection.error().text << '\n';
    return quarry::cli::kExitUsage;
  }
  quarry::cli::ApiClient api(*connection, std::move(cancelled));
  quarry::cli::Console console{std::cout, std::cerr, quarry::cli::detect_terminal(STDOUT_FILENO, environment)};
  return command(Session{api, console, a.json});
}

int run_queue(Arguments& a) {
  if (!a.watch) {
    return ask_host(a, [&a](const Session& session) { return quarry::cli::queue(session, a.queue); });
  }
  const quarry::cli::EndSignals signals;
  return ask_host(
      a,
      [&](const Session& session) {
        return quarry::cli::watch_queue(session, a.queue, [&](auto ms) { return signals.wait(ms); });
      },
      [&signals] { return signals.pending(); });
}

/// Options that quarry-plugin-check reads itself: only passed on.
void add_contract_options(CLI::App* command, std::vector<std::string>& passed_on, CLI::Option* contract) {
  const auto pass_on = [&](const char* name, const char* value, const char* text) {
    const auto keep = [&passed_on, name](const std::string& given) {
      passed_on.insert(passed_on.end(), {name, given});
    };
    command->add_option_function<std::string>(name, keep, text)->type_name(value)->needs(contract);
  };
  const auto pass_flag_on = [&](const char* name, const char* text) {
    command
        ->add_flag_callback(
            name, [&passed_on, name] { passed_on.emplace_back(name); }, text)
        ->needs(contract);
  };
  pass_on("--prepare", "COMMAND", "Command that makes an empty place for a test and prints the configuration");
  pass_on("--clock", "COMMAND", "Command that sets the store's clock to QUARRY_CLOCK_MS");
  pass_flag_on("--own-clock", "The store's clock cannot be moved: leave out the tests of time");
  pass_flag_on("--many-hosts", "Several hosts may own rows of the store at once");
  pass_on("--only", "RE", "Only the tests whose name this regular expression finds");
  pass_on("--seed", "N", "Only this random sequence");
  pass_on("--timeout", "SECONDS", "How long one test or random sequence may take [120]");
}

void add_plugin_check(CLI::App& plugin, Arguments& a) {
  CLI::App* one = plugin.add_subcommand("check", "Try whether a library behaves as the SDK asks");
  one->add_option("FILE", a.plugin_check.file, "The library")->required();
  one->add_option("--config", a.plugin_check.config, "File with a configuration, JSON; {fresh} is an empty folder")
      ->type_name("FILE");
  one->add_option("--set", a.plugin_check.settings, "A setting of the configuration")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
  CLI::Option* contract =
      one->add_flag("--contract", a.plugin_check.contract, "Also run the contract suites of its interfaces");
  add_contract_options(one, a.plugin_check.passed_on, contract);
  add_json(one, a);
  one->callback([&a] {
    a.chosen = [&a] {
      a.plugin_check.json = a.json;
      return quarry::app::plugin_check(a.plugin_check, std::cout, std::cerr);
    };
  });
}

void add_host_commands(CLI::App& app, Arguments& a) {
  CLI::App* serve = app.add_subcommand("serve", "Run the host until SIGTERM or Ctrl-C");
  add_host_options(serve, a);
  serve->callback([&a] { a.chosen = [&a] { return quarry::app::serve(a.host); }; });

  CLI::App* check = app.add_subcommand("check", "Check the manifest and its plugins; starts nothing");
  add_host_options(check, a);
  add_json(check, a);
  check->callback([&a] { a.chosen = [&a] { return quarry::app::check(a.host, std::cout, std::cerr); }; });

  CLI::App* plugin = app.add_subcommand("plugin", "Look at plugins")->require_subcommand(1);
  CLI::App* list = plugin->add_subcommand("list", "List the plugins of a directory");
  list->add_option("--plugin-dir", a.plugin_dir, "Another directory than the host's own")->type_name("DIR");
  add_json(list, a);
  list->callback([&a] {
    a.chosen = [&a] {
      const std::filesystem::path dir =
          a.plugin_dir.empty() ? quarry::app::default_plugin_dir() : std::filesystem::path(a.plugin_dir);
      return quarry::app::plugin_list(dir, a.json, std::cout, std::cerr);
    };
  });
  add_plugin_check(*plugin, a);
}

using StorageCommand = int (*)(const quarry::app::StorageArguments&, std::ostream&, std::ostream&);

int run_storage(Arguments& a, StorageCommand command) {
  a.storage.host = a.host;
  a.storage.terminal = quarry::cli::detect_terminal(STDERR_FILENO, quarry::cli::process_environment()).redraw;
  // The commands work in the folders of their manifests.
  for (auto* path : {&a.storage.host.manifest, &a.storage.file, &a.storage.from, &a.storage.to}) {
    if (!path->empty()) { *path = std::filesystem::absolute(*path); }
  }
  return command(a.storage, std::cout, std::cerr);
}

/// Where something is left half done when the user ends the command, such as a file under a temporary name.
int run_storage_with_signals(Arguments& a, StorageCommand command) {
  const quarry::cli::EndSignals signals;
  a.storage.cancelled = [&signals] { return signals.pending(); };
  const int code = run_storage(a, command);
  const int signal = signals.wait(0);
  return signal != 0 && code != quarry::app::kExitOk ? quarry::cli::kExitSignal + signal : code;
}

CLI::App* add_storage_command(CLI::App* storage, Arguments& a, const char* name, const char* help,
                              StorageCommand command, bool with_signals = false) {
  CLI::App* sub = storage->add_subcommand(name, help);
  sub->add_option("--plugin-dir", a.host.overrides.plugin_dir, "Where the plugins are")->type_name("DIR");
  sub->callback([&a, command, with_signals] {
    a.chosen = [&a, command, with_signals] {
      return with_signals ? run_storage_with_signals(a, command) : run_storage(a, command);
    };
  });
  return sub;
}

void add_storage_commands(CLI::App& app, Arguments& a) {
  namespace of = quarry::app;
  CLI::App* storage = app.add_subcommand("storage", "Look after the storage")->require_subcommand(1);
  CLI::App* status = add_storage_command(storage, a, "status", "Show versions and sizes", of::storage_status);
  CLI::App* migrate =
      add_storage_command(storage, a, "migrate", "Bring the tables up to date without starting", of::storage_migrate);
  CLI::App* backup = add_storage_command(storage, a, "backup", "Write a backup into a new file, also while a host runs",
                                         of::storage_backup, true);
  CLI::App* restore = add_storage_command(storage, a, "restore", "Replace everything by what a backup holds",
                                          of::storage_restore, true);
  CLI::App* check = add_storage_command(storage, a, "check", "Look for damage", of::storage_check);
  CLI::App* copy =
      add_storage_command(storage, a, "copy", "Copy everything into another, empty storage", of::storage_copy, true);
  for (CLI::App* command : {status, migrate, backup, restore, check}) { add_manifest(command, a); }
  for (CLI::App* command : {status, check}) { add_json(command, a); }
  for (CLI::App* command : {backup, restore}) { command->add_option("FILE", a.storage.file, "The backup")->required(); }
  copy->add_option("--from", a.storage.from, "The manifest that names the source")->type_name("FILE")->required();
  copy->add_option("--to", a.storage.to, "The manifest that names the target")->type_name("FILE")->required();
}

void add_search_and_grab(CLI::App& app, Arguments& a) {
  CLI::App* search = app.add_subcommand("search", "Ask all indexers; print the releases with score and reasons");
  search->add_option("TERM", a.words, "What to search for")->required();
  add_client_options(search, a);
  search->callback([&a] {
    a.chosen = [&a] {
      return ask_host(
          a, [&a](const Session& session) { return quarry::cli::search(session, CLI::detail::join(a.words, " ")); });
    };
  });

  CLI::App* grab = app.add_subcommand("grab", "Put a download into the queue");
  grab->add_option("WHAT", a.grab.what, "A URL, a magnet, or the id of a release from `quarry search`");
  grab->add_option("--best", a.words, "Search for this, and take the best release that is good enough")
      ->type_name("TERM")
      ->expected(1, -1);
  grab->add_option("--title", a.grab.title, "What to call it; for a URL or magnet")->type_name("TITLE");
  grab->add_option("--indexer", a.grab.indexer, "Where it is from; for a URL or magnet")->type_name("NAME");
  grab->add_option("--category", a.grab.category, "Its category in the download client")->type_name("NAME");
  grab->add_option("--priority", a.grab.priority, "Its place in the queue [normal]")
      ->type_name("WORD")
      ->check(CLI::IsMember(kPriorities));
  add_client_options(grab, a);
  grab->callback([&a] {
    a.grab.best = CLI::detail::join(a.words, " ");
    if (a.grab.what.empty() == a.grab.best.empty()) {
      throw CLI::ValidationError(
          "say what to grab: a URL, a magnet, the id of a release, or --best TERM; exactly one of these");
    }
    if (!a.grab.best.empty() && !(a.grab.title.empty() && a.grab.indexer.empty())) {
      throw CLI::ExcludesError("--best", a.grab.title.empty() ? "--indexer" : "--title");
    }
    a.chosen = [&a] {
      return ask_host(a, [&a](const Session& session) { return quarry::cli::grab(session, a.grab); });
    };
  });
}

void add_queue(CLI::App& app, Arguments& a) {
  CLI::App* queue = app.add_subcommand("queue", "Show the queue");
  queue->add_flag("--watch", a.watch, "Show it each second until nothing is under way any more");
  queue->add_option("--status", a.queue.statuses, "Only these, separated by commas [all but cancelled]")
      ->type_name("LIST")
      ->delimiter(',')
      ->check(CLI::IsMember(kStatuses));
  queue->add_option("--page", a.queue.page, "Which page [1]")->type_name("N")->check(CLI::Range(1, 1'000'000));
  queue->add_option("--page-size", a.queue.page_size, "Downloads on a page, at most 1000 [50]")
      ->check(CLI::Range(1, 1000));
  add_client_options(queue, a);
  queue->callback([&a] { a.chosen = [&a] { return run_queue(a); }; });
}

using ItemCommand = int (*)(const Session&, const quarry::cli::ItemOptions&);

CLI::App* add_item_command(CLI::App& app, Arguments& a, const char* name, const char* help, ItemCommand command) {
  CLI::App* sub = app.add_subcommand(name, help);
  const CLI::Validator is_id(
      [](std::string& text) {
        const bool digits = text.find_first_not_of("0123456789") == std::string::npos && text.size() < 19;
        return digits && !text.empty() ? std::string()
                                       : "\"" + text + "\" is no id: ids are the numbers in `quarry queue`";
      },
      "");
  sub->add_option("ID", a.items.ids, "Downloads, by their ids in `quarry queue`")->check(is_id);
  add_client_options(sub, a);
  sub->callback([&a, command, sub] {
    if (a.items.ids.empty() == !a.items.all) {
      const bool has_all = sub->get_option_no_throw("--all") != nullptr;
      throw CLI::ValidationError(has_all ? "say which downloads: their ids, or --all"
                                         : "say which downloads: their ids");
    }
    a.chosen = [&a, command] {
      return ask_host(a, [&a, command](const Session& session) { return command(session, a.items); });
    };
  });
  return sub;
}

void add_item_commands(CLI::App& app, Arguments& a) {
  const char* all = "All of them, and the queue itself";
  add_item_command(app, a, "pause", "Pause downloads", quarry::cli::pause)->add_flag("--all", a.items.all, all);
  add_item_command(app, a, "resume", "Resume what is paused", quarry::cli::resume)->add_flag("--all", a.items.all, all);
  add_item_command(app, a, "remove", "Take downloads out of the queue and out of the download client",
                   quarry::cli::remove)
      ->add_flag("--delete-files", a.items.delete_files, "Also delete what was downloaded");
  add_item_command(app, a, "retry", "Try failed downloads again", quarry::cli::retry)
      ->add_flag("--all", a.items.all, "All that failed");
}

}  // namespace

int main(int argc, char** argv) try {
  Arguments arguments;
  CLI::App app("Quarry: from \"I want this release\" to a finished, checked download", "quarry");
  app.set_version_flag("--version", "quarry " QUARRY_VERSION);
  app.set_help_all_flag("--help-all", "Print the help of all commands and exit");
  app.require_subcommand(1);
  add_host_commands(app, arguments);
  add_storage_commands(app, arguments);
  add_search_and_grab(app, arguments);
  add_queue(app, arguments);
  add_item_commands(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) { return app.exit(e) == 0 ? quarry::cli::kExitOk : quarry::cli::kExitUsage; }
  arguments.host.manifest = quarry::app::manifest_file(arguments.manifest);
  arguments.host.json = arguments.json;
  return arguments.chosen();
} catch (const std::exception& e) {
  std::cerr << "quarry: " << e.what() << '\n';
  return quarry::app::kExitFailed;
}
