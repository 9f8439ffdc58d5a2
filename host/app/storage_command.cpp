// SPDX-License-Identifier: MIT
#include "app/storage_command.hpp"

#include "app/exit_codes.hpp"
#include "app/managed_storage.hpp"
#include "app/storage_mover.hpp"
#include "app/storage_progress.hpp"
#include "app/store_opening.hpp"

#include <quarry/sdk/helpers/json.hpp>
#include <quarry/sdk/helpers/system_clock.hpp>

#include <array>
#include <iomanip>
#include <optional>
#include <ostream>
#include <sstream>

namespace quarry::app {
namespace {

using sdk::CallContext;
using sdk::StorageAdmin;

int exit_of(const sdk::Failure& failure) {
  const std::optional<int> fault = exit_code_of_fault(failure.status);
  // What a host or another command holds is refused for now, and not at fault.
  if (fault && *fault != kExitStorageInUse) { return *fault; }
  return fault || failure.status.code == sdk::Code::conflict ? kExitConflict : kExitFailed;
}

int fail(const sdk::Failure& failure, std::ostream& err, const std::string& what) {
  err << "quarry: " << what << failure.text << '\n';
  return exit_of(failure);
}

/// A command that needs nothing but its storage: loads it, runs `body(storage, progress)`, says what failed.
template <class Body>
int with_storage(const StorageArguments& arguments, std::ostream& err, const Body& body) {
  const sdk::SystemClock clock;
  const auto storage = ManagedStorage::load(arguments.host, clock, err);
  if (storage == nullptr) { return kExitConfiguration; }
  StorageProgress progress(err, arguments.terminal, clock, arguments.cancelled);
  return body(*storage, progress);
}

sdk::Result<sdk::StorageStatus> status_of(ManagedStorage& storage) {
  sdk::StorageStatus status;
  const auto done = storage.run([&](StorageAdmin& admin, CallContext& ctx) { return admin.status(ctx, status); });
  if (!done) { return done.error(); }
  return status;
}

/// "4.0 MiB".
std::string size_text(std::int64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  if (bytes < 0) { return "unknown"; }
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::ostringstream out;
  out << std::fixed << std::setprecision(unit == 0 ? 0 : 1) << value << ' ' << kUnits.at(unit);
  return out.str();
}

std::string versions_text(const sdk::StorageStatus& status) {
  const std::string known = std::to_string(status.known_version);
  if (status.schema_version == 0) { return "nothing there yet (this quarry makes version " + known + ")"; }
  const std::string is = std::to_string(status.schema_version);
  if (status.schema_version > status.known_version) { return is + ", newer than this quarry, which knows " + known; }
  if (status.schema_version < status.known_version) {
    return is + " of " + known + "; the next start, or `quarry storage migrate`, brings it up to date";
  }
  return is + ", up to date";
}

class Findings final : public sdk::FindingSink {
 public:
  struct One {
    bool harmful = false;
    std::string where;
    std::string text;
  };
  bool add(const sdk::Finding& finding) noexcept override {
    all.push_back({finding.harmful != 0, std::string(finding.where), std::string(finding.text)});
    harmful = harmful || finding.harmful != 0;
    return true;
  }
  std::vector<One> all;
  bool harmful = false;
};

void print_json(const Findings& findings, std::ostream& out) {
  sdk::JsonWriter w;
  w.begin_object().member("ok", !findings.harmful).key("findings").begin_array();
  for (const Findings::One& one : findings.all) {
    w.begin_object().member("harmful", one.harmful).member("where", one.where).member("text", one.text).end_object();
  }
  w.end_array().end_object();
  out << w.take() << '\n';
}

void print_text(const Findings& findings, std::ostream& out) {
  for (const Findings::One& one : findings.all) {
    out << (one.harmful ? "  DAMAGE  " : "  note    ") << one.where << ": " << one.text << '\n';
  }
  out << (findings.harmful ? "The storage is damaged.\n" : "The storage is sound.\n");
}

/// Says of which of two storages it is.
sdk::Failure of_side(const char* side, sdk::Failure failure) {
  failure.text = side + failure.text;
  return failure;
}

/// Why a copy may not even be begun; ok otherwise.
sdk::Done open_both(ManagedStorage& from, ManagedStorage& to) {
  if (from.is_also(to)) {
    return sdk::failure(sdk::Code::conflict,
                        "--from and --to name the same storage; nothing was copied; name the manifest of another, "
                        "empty storage as --to");
  }
  const auto status = status_of(from);
  if (!status) { return of_side("--from: ", status.error()); }
  if (status->copy_unfinished != 0) {
    return sdk::failure(sdk::Code::conflict, "--from: this storage holds an unfinished copy itself; finish that first");
  }
  if (status->schema_version == 0) {
    return sdk::failure(sdk::Code::conflict, "--from: there is nothing in this storage");
  }
  const auto open = [](StorageAdmin& admin, CallContext& ctx) { return admin.open(ctx); };
  if (const auto done = from.run(open); !done) { return of_side("--from: ", done.error()); }
  const auto done = to.run(open);
  if (done) { return sdk::Unit{}; }
  sdk::Failure failure = of_side("--to: ", done.error());
  if (exit_of(failure) == kExitConflict) { failure.text += " (--from and --to must be two different storages)"; }
  return failure;
}

}  // namespace

int storage_status(const StorageArguments& arguments, std::ostream& out, std::ostream& err) {
  return with_storage(arguments, err, [&](ManagedStorage& storage, StorageProgress&) {
    const auto status = status_of(storage);
    if (!status) { return fail(status.error(), err, ""); }
    const bool newer = status->schema_version > status->known_version;
    if (arguments.host.json) {
      sdk::JsonWriter w;
      w.begin_object().member("storage", storage.name()).member("schema_version", status->schema_version);
      w.member("known_version", status->known_version).member("record_version", status->record_version);
      w.member("copy_unfinished", status->copy_unfinished != 0).member("bytes", status->bytes);
      w.member("downloads", status->downloads).member("events", status->events).end_object();
      out << w.take() << '\n';
      return newer ? kExitStorageNewer : kExitOk;
    }
    out << "storage    " << storage.name() << "\nversion    " << versions_text(*status) << "\nsize       "
        << size_text(status->bytes) << "\ndownloads  " << status->downloads << "\nevents     " << status->events
        << '\n';
    if (status->copy_unfinished != 0) {
      out << "A copy into it was begun and not finished: run the same `quarry storage copy` again.\n";
    }
    return newer ? kExitStorageNewer : kExitOk;
  });
}

int storage_migrate(const StorageArguments& arguments, std::ostream& out, std::ostream& err) {
  return with_storage(arguments, err, [&](ManagedStorage& storage, StorageProgress&) {
    const auto before = status_of(storage);
    if (!before) { return fail(before.error(), err, ""); }
    const auto done = storage.run([](StorageAdmin& admin, CallContext& ctx) { return admin.open(ctx); });
    if (!done) { return fail(done.error(), err, ""); }
    out << "version " << before->schema_version << " is now " << before->known_version << '\n';
    return kExitOk;
  });
}

int storage_backup(const StorageArguments& arguments, std::ostream& out, std::ostream& err) {
  return with_storage(arguments, err, [&](ManagedStorage& storage, StorageProgress& progress) {
    progress.begin("backup", "pages");
    const std::string file = arguments.file.string();
    const auto done =
        storage.run([&](StorageAdmin& admin, CallContext& ctx) { return admin.backup(ctx, file, progress); });
    progress.end();
    if (!done) { return fail(done.error(), err, "no backup was made: "); }
    out << "the backup is in " << file << '\n';
    return kExitOk;
  });
}

int storage_restore(const StorageArguments& arguments, std::ostream& out, std::ostream& err) {
  return with_storage(arguments, err, [&](ManagedStorage& storage, StorageProgress& progress) {
    progress.begin("restore", "pages");
    const std::string file = arguments.file.string();
    const auto done =
        storage.run([&](StorageAdmin& admin, CallContext& ctx) { return admin.restore(ctx, file, progress); });
    progress.end();
    if (!done) { return fail(done.error(), err, "nothing was changed: "); }
    out << "the storage is what " << file << " holds\n";
    return kExitOk;
  });
}

int storage_check(const StorageArguments& arguments, std::ostream& out, std::ostream& err) {
  return with_storage(arguments, err, [&](ManagedStorage& storage, StorageProgress& progress) {
    Findings findings;
    progress.begin("check", "questions");
    const auto done =
        storage.run([&](StorageAdmin& admin, CallContext& ctx) { return admin.check(ctx, findings, progress); });
    progress.end();
    if (!done) { return fail(done.error(), err, "the storage cannot be checked: "); }
    if (arguments.host.json) {
      print_json(findings, out);
    } else {
      print_text(findings, out);
    }
    if (findings.harmful) { return kExitFailed; }
    const auto status = status_of(storage);
    if (!status) { return fail(status.error(), err, ""); }
    return status->schema_version > status->known_version ? kExitStorageNewer : kExitOk;
  });
}

int storage_copy(const StorageArguments& arguments, std::ostream& out, std::ostream& err) {
  const sdk::SystemClock clock;
  HostArguments one = arguments.host;
  one.manifest = arguments.from;
  const auto from = ManagedStorage::load(one, clock, err);
  if (from == nullptr) { return kExitConfiguration; }
  one.manifest = arguments.to;
  const auto to = ManagedStorage::load(one, clock, err);
  if (to == nullptr) { return kExitConfiguration; }
  if (const auto done = open_both(*from, *to); !done) { return fail(done.error(), err, ""); }
  const auto status = status_of(*from);
  if (!status) { return fail(status.error(), err, "--from: "); }
  StorageProgress progress(err, arguments.terminal, clock, arguments.cancelled);
  StorageMover mover([&](const auto& call) { return from->run(call); }, [&](const auto& call) { return to->run(call); },
                     progress);
  const auto copied = mover.run(from->name(), status->record_version);
  progress.end();
  if (!copied && mover.begun()) { return fail(copied.error(), err, "the copy is not complete: "); }
  if (!copied) {
    const bool refused = copied.error().status.code == sdk::Code::conflict;  // by the target
    return fail(copied.error(), err, refused ? "nothing was copied: --to: " : "nothing was copied: ");
  }
  for (const CopiedTable& table : *copied) {
    out << "  " << std::left << std::setw(20) << table.name << std::right << std::setw(10) << table.rows
        << " rows  checksum " << table.sum << '\n';
  }
  out << "Everything was copied, read back and compared.\n";
  return kExitOk;
}

}  // namespace quarry::app
