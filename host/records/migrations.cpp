// SPDX-License-Identifier: MIT
#include "records/migrations.hpp"

#include "records/collections.hpp"
#include "records/settings.hpp"

#include <quarry/sdk/abi/queue_store.hpp>

#include <string>

namespace quarry::records {
namespace {

/// Opening may have to build indexes.
constexpr std::int64_t kOpenTimeoutMs = 60'000;
constexpr int kTries = 5;

/// Runs one call that opens or changes the store.
template <class F>
sdk::Done call(const RecordClient& client, F&& f) {
  sdk::BasicContext ctx(client.clock(), kOpenTimeoutMs, "start");
  const sdk::Status status = f(client.store(), ctx);
  if (!status.ok()) { return ctx.failure(status, "the storage failed without saying why"); }
  return sdk::Unit{};
}

sdk::Done change_schema(const RecordClient& client, std::span<const Migration> wanted) {
  std::int64_t held = 0;
  auto done = call(client, [&](auto& store, auto& ctx) { return store.schema_version(ctx, held); });
  const auto newest = static_cast<std::int64_t>(wanted.size());
  if (done && held > newest) {
    return sdk::failure(sdk::Code::conflict,
                        "the records in the storage are those of a newer Quarry: they have version " +
                            std::to_string(held) + ", and this one knows " + std::to_string(newest) +
                            "; start the newer one, or restore a backup",
                        static_cast<std::int32_t>(sdk::OpenFault::newer));
  }
  for (std::int64_t number = held + 1; done && number <= newest; ++number) {
    const Migration& migration = wanted[static_cast<std::size_t>(number - 1)];
    done = call(client,
                [&](auto& store, auto& ctx) { return store.change_schema(ctx, migration.number, migration.steps); });
  }
  return done;
}

/// Notes that the data step was carried out. Another host may note the same at this moment, or even more.
sdk::Done note(const RecordClient& client, std::int64_t number) {
  for (int tries = 0; tries < kTries; ++tries) {
    const auto version = read_setting(client, settings::kDataVersion);
    if (!version) { return version.error(); }
    if (version->value >= number) { return sdk::Unit{}; }
    const SettingWrite setting(settings::kDataVersion, *version, number);
    const auto written = client.write_surely(setting.write());
    if (!written) { return written.error(); }
  }
  return sdk::failure(sdk::Code::unavailable, "the storage does not keep that the records were brought up to date");
}

/// Which data steps were carried out.
sdk::Result<std::int64_t> read_reached(const RecordClient& client) {
  const auto reached = read_setting(client, settings::kDataVersion);
  if (!reached) { return reached.error(); }
  // Asked afterwards: a newer host may raise both at this moment, and it raises this one first.
  std::int64_t held = 0;
  const auto done = call(client, [&](auto& store, auto& ctx) { return store.schema_version(ctx, held); });
  if (!done) { return done.error(); }
  if (reached->unreadable.empty() && reached->value <= held) { return reached->value; }
  const std::string is = reached->unreadable.empty()
                             ? std::to_string(reached->value) + ", more than the " + std::to_string(held) + " there are"
                             : reached->unreadable + ", no number";
  constexpr auto kDamaged = static_cast<std::int32_t>(sdk::OpenFault::damaged);
  return sdk::Failure{{sdk::Code::unavailable, 0, 0, kDamaged},
                      "the setting \"data_version\" in the storage (the row with name = 'data_version' of the table "
                      "rec_settings) is " +
                          is + ", so nobody knows which changes of the records were carried out; set its value to '" +
                          std::to_string(held) +
                          "' if Quarry has run since its last upgrade, or restore a backup from before"};
}

sdk::Done run_data_steps(const RecordClient& client, std::span<const Migration> wanted) {
  const auto reached = read_reached(client);
  if (!reached) { return reached.error(); }
  for (const Migration& migration : wanted) {
    if (migration.number <= *reached) { continue; }
    sdk::Done done = migration.data ? migration.data(client) : sdk::Unit{};
    if (done) { done = note(client, migration.number); }
    if (!done) { return done; }
  }
  return sdk::Unit{};
}

}  // namespace

std::span<const Migration> migrations() { return {}; }

sdk::Done open_records(const RecordClient& client, std::span<const sdk::CollectionSpec> collections,
                       std::span<const Migration> wanted) {
  auto done = call(client, [](auto& store, auto& ctx) { return store.open(ctx); });
  if (done) { done = change_schema(client, wanted); }
  if (done) {
    done = call(client, [&](auto& store, auto& ctx) { return store.declare(ctx, collections); });
  }
  return done ? run_data_steps(client, wanted) : done;
}

}  // namespace quarry::records
