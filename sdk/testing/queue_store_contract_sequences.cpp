// SPDX-License-Identifier: MIT
// Random sequences of commands, step by step beside MemoryQueueStore.
#include <quarry/sdk/testing/queue_store_contract.hpp>

#include <cstdlib>
#include <map>
#include <random>
#include <sstream>

namespace quarry::sdk::testing {

int link_contract_of_sequences() { return 0; }

namespace {

/// Sends the same commands to a store and to the model, and compares all that can be seen.
class Comparison {
 public:
  Comparison(QueueStore& store, ManualClock& clock, Ownership ownership, std::uint64_t seed)
      : clock_(clock), model_(clock, ownership), real_(store, clock), mirror_(model_, clock), random_(seed) {
    real_.set_lane(4, 0);
    mirror_.set_lane(4, 0);
  }

  /// One random command. What it was, for the message of a failure.
  std::string step();
  void compare_everything();

 private:
  [[nodiscard]] std::int64_t pick(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }
  [[nodiscard]] bool chance(int percent) { return pick(100) < percent; }
  /// A new command id, now and then the last one again.
  [[nodiscard]] std::string command();
  [[nodiscard]] std::string hash() { return chance(60) ? "" : "hash-" + std::to_string(pick(12)); }
  /// A row of the model, or one that does not exist.
  [[nodiscard]] QueueRow some_row();
  [[nodiscard]] std::int64_t epoch_of(const QueueRow& row) { return row.data.epoch - (chance(10) ? 1 : 0); }

  std::string enqueue();
  std::string claim();
  std::string intent();
  std::string transition();
  std::string edit();
  std::string progress();
  std::string heartbeat();
  std::string rescue();
  std::string duty();
  std::string list();
  std::string lane();
  std::string prune();
  /// The store's id of the model's row: ids rise, but a store may leave some out.
  [[nodiscard]] std::int64_t real_id(std::int64_t id) const;
  [[nodiscard]] static std::vector<QueueEvent> numbered_anew(std::vector<QueueEvent> events);
  void same(const std::vector<Outcome>& a, const std::vector<Outcome>& b);
  void same(const std::vector<QueueRow>& a, const std::vector<QueueRow>& b);

  ManualClock& clock_;
  MemoryQueueStore model_;
  StoreCaller real_;
  StoreCaller mirror_;
  std::mt19937_64 random_;
  std::map<std::int64_t, std::int64_t> real_ids_;
  std::string last_command_ = "c-0";
  int commands_ = 0;
};

std::string Comparison::command() {
  if (chance(95)) { last_command_ = "c-" + std::to_string(++commands_); }
  return last_command_;
}
QueueRow Comparison::some_row() {
  const std::vector<QueueRow> rows = mirror_.all();
  QueueRow nobody;
  nobody.data.id = 1'000'000;
  return rows.empty() || chance(3) ? nobody
                                   : rows[static_cast<std::size_t>(pick(static_cast<std::int64_t>(rows.size())))];
}

std::int64_t Comparison::real_id(std::int64_t id) const {
  const auto it = real_ids_.find(id);
  return it == real_ids_.end() ? id == 0 ? 0 : id + 1'000'000 : it->second;
}
std::vector<QueueEvent> Comparison::numbered_anew(std::vector<QueueEvent> events) {
  for (std::size_t i = 0; i < events.size(); ++i) { events[i].data.sequence = static_cast<std::int64_t>(i); }
  return events;
}
void Comparison::same(const std::vector<Outcome>& a, const std::vector<Outcome>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(static_cast<int>(a[i].result), static_cast<int>(b[i].result));
    EXPECT_EQ(a[i].id, real_id(b[i].id));
    EXPECT_EQ(a[i].existing_id, real_id(b[i].existing_id));
    EXPECT_EQ(a[i].epoch, b[i].epoch);
    EXPECT_EQ(a[i].version, b[i].version);
  }
}
void Comparison::same(const std::vector<QueueRow>& a, const std::vector<QueueRow>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    QueueRow expected = b[i];
    expected.data.id = real_id(expected.data.id);
    EXPECT_EQ(difference(a[i], expected), "") << "row " << i;
  }
}

std::string Comparison::enqueue() {
  std::vector<std::string> texts;
  texts.reserve(64);
  std::vector<NewDownload> items(static_cast<std::size_t>(1 + pick(4)));
  const auto keep = [&](std::string text) { return std::string_view(texts.emplace_back(std::move(text))); };
  for (NewDownload& item : items) {
    // Of one batch, only the first may be sent again: no command stands for two downloads.
    item.command_id = keep(&item == &items.front() ? command() : "c-" + std::to_string(++commands_));
    item.lane = chance(90) ? "downloads" : "other";
    item.release_key = keep("release-" + std::to_string(pick(60)));
    item.title = keep("Title " + std::to_string(pick(5)));
    item.infohash_v1 = keep(hash());
    item.infohash_v2 = keep(hash());
    item.movie_id = pick(4);
    item.size_bytes = pick(5) - 1;
    item.flags = chance(10) ? std::uint32_t{kHold} : 0U;
    item.due_at_ms = chance(30) ? clock_.wall_ms() + pick(20'000) - 2000 : 0;
    item.rank_bonus_ms = pick(3) * 1000;
    item.priority = static_cast<Priority>(pick(4));
  }
  const std::vector<Outcome> real = real_.enqueue(items);
  const std::vector<Outcome> model = mirror_.enqueue(items);
  for (std::size_t i = 0; i < std::min(real.size(), model.size()); ++i) {
    if (model[i].result != CommandResult::applied) { continue; }
    EXPECT_GT(real[i].id, real_ids_.empty() ? 0 : real_ids_.rbegin()->second);
    real_ids_[model[i].id] = real[i].id;
  }
  same(real, model);
  return "enqueue of " + std::to_string(items.size());
}
std::string Comparison::claim() {
  const std::string id = command();
  const std::string owner = "owner-" + std::to_string(pick(2));
  ClaimRequest request;
  request.limit = static_cast<std::int32_t>(1 + pick(4));
  request.command_id = id;
  request.lane = chance(90) ? "downloads" : "other";
  request.owner = owner;
  request.lease_ms = 1000 + pick(10'000);
  same(real_.claim(request), mirror_.claim(request));
  return "claim of " + std::to_string(request.limit) + " in " + std::string(request.lane) + " by " + owner + " as " +
         id;
}
std::string Comparison::intent() {
  const QueueRow row = some_row();
  const std::string id = command();
  const std::string v1 = hash();
  const std::string v2 = hash();
  Intent wanted;
  wanted.command_id = id;
  wanted.id = row.data.id;
  wanted.epoch = epoch_of(row);
  wanted.client = chance(50) ? "client-1" : "client-2";
  wanted.infohash_v1 = v1;
  wanted.infohash_v2 = v2;
  wanted.size_bytes = pick(3) - 1;
  const Outcome expected = mirror_.record_intent(wanted);
  wanted.id = real_id(wanted.id);
  same({real_.record_intent(wanted)}, {expected});
  return "intent for " + std::to_string(row.data.id);
}
std::string Comparison::transition() {
  const QueueRow row = some_row();
  const std::string id = command();
  const std::string v1 = hash();
  Transition change;
  change.command_id = id;
  change.id = row.data.id;
  change.epoch = epoch_of(row);
  change.expected_version = chance(20) ? row.data.version - pick(2) : -1;
  change.from = row.data.state;
  change.to = static_cast<DownloadState>(pick(kDownloadStates));
  change.actor = static_cast<Actor>(pick(kActors));
  if (chance(80)) {  // mostly something the table allows
    const StateChange& listed =
        kStateChanges[static_cast<std::size_t>(pick(static_cast<std::int64_t>(kStateChanges.size())))];
    if (listed.from == row.data.state) { change.to = listed.to; }
    for (int a = 0; a < kActors; ++a) {
      if (find_change(change.from, change.to, static_cast<Actor>(a)) != nullptr) {
        change.actor = static_cast<Actor>(a);
      }
    }
  }
  change.reason = "because";
  if (chance(20)) {
    change.duty = chance(50) ? "client:one" : "client:two";
    change.duty_epoch = pick(4);
  }
  change.patch.fields = chance(50) ? 0U : static_cast<std::uint32_t>(random_() % 2048U);
  if (chance(90)) { change.patch.fields &= ~std::uint32_t{kPatchHashes}; }
  change.patch.due_at_ms = chance(50) ? 0 : clock_.wall_ms() + pick(10'000);
  change.patch.due_reason = "later";
  change.patch.error = "oops";
  change.patch.error_code = static_cast<Code>(pick(11));
  change.patch.client_item_id = "item";
  change.patch.output_path = "/out";
  change.patch.infohash_v1 = v1;
  change.patch.size_bytes = pick(5);
  change.patch.done_bytes = pick(5);
  change.patch.progress = 0.5;
  change.patch.cleanup = static_cast<std::int32_t>(pick(3));
  change.patch.attempts = static_cast<std::int32_t>(pick(3));
  change.patch.set_flags = static_cast<std::uint32_t>(pick(32));
  change.patch.clear_flags = static_cast<std::uint32_t>(pick(32));
  const std::vector<Outcome> expected = mirror_.transition(std::vector{change});
  change.id = real_id(change.id);
  same(real_.transition(std::vector{change}), expected);
  std::ostringstream text;
  text << "transition of " << change.id << " " << to_string(change.from) << " -> " << to_string(change.to) << " actor "
       << static_cast<int>(change.actor) << " patch " << change.patch.fields;
  if (!change.duty.empty()) { text << " on duty " << change.duty << " epoch " << change.duty_epoch; }
  return text.str();
}
std::string Comparison::edit() {
  const QueueRow row = some_row();
  const std::string id = command();
  Edit edit;
  edit.command_id = id;
  edit.fields = static_cast<std::uint32_t>(random_() % 64U);
  edit.id = row.data.id;
  edit.expected_version = chance(20) ? row.data.version - pick(2) : -1;
  edit.category = "category";
  edit.rank_bonus_ms = pick(3) * 1000;
  edit.priority = static_cast<Priority>(pick(4));
  edit.hold = static_cast<std::int32_t>(pick(2));
  edit.set_flags = static_cast<std::uint32_t>(pick(32)) & ~std::uint32_t{kHold};
  edit.clear_flags = static_cast<std::uint32_t>(pick(32)) & ~std::uint32_t{kHold};
  edit.cleanup = static_cast<std::int32_t>(pick(3));
  const Outcome expected = mirror_.edit(edit);
  edit.id = real_id(edit.id);
  same({real_.edit(edit)}, {expected});
  return "edit of " + std::to_string(edit.id) + " fields " + std::to_string(edit.fields);
}
std::string Comparison::progress() {
  const QueueRow row = some_row();
  Progress said;
  said.id = row.data.id;
  said.epoch = epoch_of(row);
  said.set_flags = static_cast<std::uint32_t>(pick(32)) & (kStalled | kSeeding | kClientPaused);
  said.clear_flags = static_cast<std::uint32_t>(pick(32)) & (kStalled | kSeeding | kClientPaused);
  said.eta_s = pick(4) - 1;
  said.size_bytes = pick(4) - 1;
  said.progress = 0.25 * static_cast<double>(pick(5));
  said.client_state = "state";
  const std::vector<Outcome> expected = mirror_.progress({said});
  said.id = real_id(said.id);
  same(real_.progress({said}), expected);
  return "progress of " + std::to_string(said.id);
}
std::string Comparison::heartbeat() {
  const QueueRow row = some_row();
  const std::string owner = "owner-" + std::to_string(pick(2));
  const LeaseRef lease{row.data.id, epoch_of(row)};
  same(real_.heartbeat(owner, 5000, {{real_id(lease.id), lease.epoch}}), mirror_.heartbeat(owner, 5000, {lease}));
  return "heartbeat of " + std::to_string(lease.id);
}
std::string Comparison::rescue() {
  const std::string id = command();
  const std::string owner = "owner-" + std::to_string(pick(2));
  const auto limit = static_cast<std::int32_t>(1 + pick(5));
  same(real_.rescue(id, owner, limit), mirror_.rescue(id, owner, limit));
  return "rescue";
}
std::string Comparison::duty() {
  const std::string owner = "owner-" + std::to_string(pick(2));
  DutyRequest request;
  request.name = chance(50) ? "client:one" : "client:two";
  request.owner = owner;
  request.give_up = chance(20) ? 1 : 0;
  request.lease_ms = 1000 + pick(10'000);
  const Duty real = real_.take_duty(request);
  const Duty expected = mirror_.take_duty(request);
  EXPECT_EQ(real.held, expected.held);
  EXPECT_EQ(real.epoch, expected.epoch);
  EXPECT_EQ(real.lease_until_ms, expected.lease_until_ms);
  return std::string(request.give_up != 0 ? "giving up " : "taking ") + std::string(request.name) + " by " + owner;
}
std::string Comparison::list() {
  ListRequest request;
  request.sort = static_cast<SortKey>(pick(8));
  request.descending = static_cast<std::int32_t>(pick(2));
  request.limit = static_cast<std::int32_t>(1 + pick(20));
  request.offset = chance(50) ? 0 : pick(20);
  request.filter.states = chance(50) ? 0U : static_cast<std::uint32_t>(pick(512));
  request.filter.statuses = chance(50) ? 0U : static_cast<std::uint32_t>(pick(256));
  request.filter.movie_id = chance(70) ? 0 : pick(4);
  request.filter.cleanup = chance(80) ? 0 : 1;
  request.filter.client = chance(80) ? "" : "client-1";
  if (request.sort == SortKey::id && request.descending == 0 && chance(50)) { request.filter.after_id = pick(20); }
  std::int64_t total = -1;
  std::int64_t expected = -2;
  const std::vector<QueueRow> rows = mirror_.list(request, &expected);
  request.filter.after_id = real_id(request.filter.after_id);
  same(real_.list(request, &total), rows);
  EXPECT_EQ(total, expected);
  return "list sorted by " + std::to_string(static_cast<int>(request.sort));
}
std::string Comparison::lane() {
  const auto most = static_cast<std::int32_t>(pick(9)) - 1;  // -1 is kKeepLimit
  const auto hold = static_cast<std::int32_t>(pick(3)) - 1;
  real_.set_lane(most, hold);
  mirror_.set_lane(most, hold);
  return "lane";
}
std::string Comparison::prune() {
  const auto states = static_cast<std::uint32_t>(pick(512));
  const std::int64_t before = clock_.wall_ms() - pick(5000);
  EXPECT_EQ(real_.prune(states, before, 3), mirror_.prune(states, before, 3));
  return "prune";
}

std::string Comparison::step() {
  if (chance(30)) { clock_.advance(pick(3000)); }
  if (chance(2)) { clock_.jump(pick(8000) - 4000); }
  const std::int64_t dice = pick(100);
  if (dice < 20) { return enqueue(); }
  if (dice < 35) { return claim(); }
  if (dice < 45) { return intent(); }
  if (dice < 70) { return transition(); }
  if (dice < 77) { return edit(); }
  if (dice < 82) { return progress(); }
  if (dice < 86) { return heartbeat(); }
  if (dice < 89) { return rescue(); }
  if (dice < 92) { return duty(); }
  if (dice < 95) { return list(); }
  return dice < 97 ? lane() : prune();
}

void Comparison::compare_everything() {
  same(real_.all(), mirror_.all());
  const std::vector<QueueEvent> events = real_.events();
  std::vector<QueueEvent> expected = mirror_.events();
  for (QueueEvent& event : expected) { event.data.download_id = real_id(event.data.download_id); }
  EXPECT_EQ(numbered_anew(events), numbered_anew(expected));
  for (const char* lane : {"downloads", "other"}) {
    const Stats a = real_.stats(lane);
    const Stats b = mirror_.stats(lane);
    for (std::size_t i = 0; i < kPublicStatuses; ++i) { EXPECT_EQ(a.by_status[i], b.by_status[i]) << i; }
    EXPECT_EQ(a.active, b.active);
    EXPECT_EQ(a.next_due_ms, b.next_due_ms);
    EXPECT_EQ(a.last_event, events.empty() ? 0 : events.back().data.sequence);
    EXPECT_EQ(a.lane_hold, b.lane_hold);
    EXPECT_EQ(a.lane_max_active, b.lane_max_active);
  }
}

std::uint64_t number_from(const char* variable, std::uint64_t fallback) {
  const char* text = std::getenv(variable);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_P(QueueStoreContract, RandomSequencesBehaveAsTheModel) {
  constexpr int kCommands = 60;
  constexpr std::uint64_t kNone = ~std::uint64_t{0};
  const std::uint64_t only = number_from("QUARRY_CONTRACT_SEED", kNone);
  const std::uint64_t first = only == kNone ? 1 : only;
  const std::uint64_t last = only == kNone ? number_from("QUARRY_CONTRACT_SEQUENCES", 200) : only;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    renew();
    Comparison comparison(store(), clock(), GetParam().ownership, seed);
    GetParam().on_sequence(seed);
    RecordProperty("seeds", std::to_string(first) + "-" + std::to_string(seed));
    std::ostringstream told;
    for (int i = 0; i < kCommands && !HasFailure(); ++i) {
      told << "\n  " << i << ": " << comparison.step();
      if (i % 5 == 4 || i + 1 == kCommands) { comparison.compare_everything(); }
    }
    if (HasFailure()) { RecordProperty("failed_seed", std::to_string(seed)); }
    ASSERT_FALSE(HasFailure()) << "seed " << seed << "; replay with QUARRY_CONTRACT_SEED=" << seed << told.str();
  }
}

}  // namespace quarry::sdk::testing
