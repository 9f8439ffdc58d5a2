// SPDX-License-Identifier: MIT
// The contract of list(), stats(), events_since() and prune().
#include <quarry/sdk/testing/queue_store_contract.hpp>

#include <quarry/sdk/helpers/sinks.hpp>

#include <algorithm>

namespace quarry::sdk::testing {

int link_contract_of_reading() { return 0; }

namespace {

std::vector<std::int64_t> ids_of(const std::vector<QueueRow>& rows) {
  std::vector<std::int64_t> ids;
  for (const QueueRow& row : rows) { ids.push_back(row.data.id); }
  return ids;
}
constexpr std::uint32_t bit_of(DownloadState state) { return 1U << static_cast<std::uint32_t>(state); }
constexpr std::uint32_t bit_of(PublicStatus status) { return 1U << static_cast<std::uint32_t>(status); }

bool passes(const ListFilter& filter, const QueueRow& row) {
  const PublicStatus status = public_status(row.data.state, row.data.flags);
  return (filter.states == 0 || (filter.states & bit_of(row.data.state)) != 0) &&
         (filter.statuses == 0 || (filter.statuses & bit_of(status)) != 0) &&
         (filter.cleanup == 0 || row.data.cleanup != 0) &&
         (filter.movie_id == 0 || row.data.movie_id == filter.movie_id) &&
         (filter.client.empty() || row.client == filter.client);
}

bool comes_before(SortKey key, const QueueRow& a, const QueueRow& b) {
  const auto timeleft = [](const QueueRow& r) { return r.data.eta_s < 0 ? INT64_MAX : r.data.eta_s; };
  switch (key) {
    case SortKey::id:
      return a.data.id < b.data.id;
    case SortKey::rank:
      return a.data.rank < b.data.rank;
    case SortKey::title:
      return a.title < b.title;
    case SortKey::size:
      return a.data.size_bytes < b.data.size_bytes;
    case SortKey::progress:
      return a.data.progress < b.data.progress;
    case SortKey::status:
      return public_status(a.data.state, a.data.flags) < public_status(b.data.state, b.data.flags);
    case SortKey::timeleft:
      return timeleft(a) < timeleft(b);
    case SortKey::added:
      return a.data.enqueued_at_ms < b.data.enqueued_at_ms;
  }
  return false;
}

}  // namespace

TEST_P(QueueStoreContract, ListFiltersByStateStatusMovieClientAndCleanup) {
  std::vector<QueueRow> rows;
  for (int s = 0; s < kDownloadStates; ++s) { rows.push_back(row_in(static_cast<DownloadState>(s))); }
  NewDownload of_movie = download();
  of_movie.movie_id = 42;
  of_movie.flags = kHold;
  const std::int64_t movie = call().enqueue(of_movie).id;
  const QueueRow leased = claimed();
  ASSERT_EQ(call().record_intent(intent(leased, "aaaa")).result, CommandResult::applied);
  Edit edit;
  edit.command_id = command();
  edit.fields = kEditCleanup;
  edit.id = rows.back().data.id;
  edit.cleanup = 2;
  ASSERT_EQ(call().edit(edit).result, CommandResult::applied);

  const auto expect_rows = [&](const ListFilter& filter, const char* what) {
    for (const int descending : {0, 1}) {
      for (const SortKey sort : {SortKey::id, SortKey::rank, SortKey::title, SortKey::status}) {
        SCOPED_TRACE(std::string(what) + (descending != 0 ? " descending, sort " : ", sort ") +
                     std::to_string(static_cast<int>(sort)));
        std::size_t expected = 0;
        for (const QueueRow& row : call().all()) { expected += passes(filter, row) ? 1U : 0U; }
        ListRequest request;
        request.filter = filter;
        request.descending = descending;
        request.sort = sort;
        std::int64_t total = -1;
        const std::size_t found = call().list(request, &total).size();
        EXPECT_EQ(found, expected);
        EXPECT_EQ(total, static_cast<std::int64_t>(expected));
      }
    }
  };
  for (std::uint32_t states = 0; states < (1U << kDownloadStates); states += 37) {
    ListFilter filter;
    filter.states = states;
    expect_rows(filter, "states");
    filter.statuses = states >> 1U;
    expect_rows(filter, "states and statuses");
  }
  ListFilter filter;
  filter.movie_id = 42;
  expect_rows(filter, "movie");
  ASSERT_EQ(call().find(FindBy::command, of_movie.command_id).data.id, movie);
  filter = {};
  filter.client = "client-1";
  expect_rows(filter, "client");
  filter.states = bit_of(DownloadState::dispatching);
  expect_rows(filter, "client and state");
  filter = {};
  filter.cleanup = 1;
  expect_rows(filter, "cleanup");
  filter.statuses = bit_of(PublicStatus::cancelled);
  expect_rows(filter, "cleanup and status");
  filter = {};
  filter.states = bit_of(DownloadState::completed);
  filter.statuses = bit_of(PublicStatus::queued);
  expect_rows(filter, "what cannot be");
}

TEST_P(QueueStoreContract, ListSortsByEachKeyWithTiesById) {
  const char* const titles[] = {"b", "a", "C", "Ä", "a"};
  for (int i = 0; i < 5; ++i) {
    NewDownload item = download();
    item.title = titles[i];
    item.size_bytes = 100 * (i % 3);
    item.rank_bonus_ms = i % 2;
    ASSERT_EQ(call().enqueue(item).result, CommandResult::applied);
    clock().advance(i % 2);
  }
  for (const std::int64_t eta : {50, -1, 20}) {
    const QueueRow row = row_in(DownloadState::downloading);
    Progress said;
    said.id = row.data.id;
    said.epoch = row.data.epoch;
    said.eta_s = eta;
    said.progress = eta < 0 ? 0.5 : 1.0 / static_cast<double>(eta);
    ASSERT_EQ(call().progress({said}).at(0).result, CommandResult::applied);
  }
  // Of what is queued and what is at work, neither comes first by rank.
  Edit top;
  top.command_id = command();
  top.id = 7;
  top.fields = kEditTop;
  ASSERT_EQ(call().edit(top).result, CommandResult::applied);
  const auto expect_sorted = [&](ListRequest request, std::size_t count) {
    SCOPED_TRACE("sort key " + std::to_string(static_cast<int>(request.sort)) + ", states " +
                 std::to_string(request.filter.states));
    const std::vector<QueueRow> up = call().list(request);
    ASSERT_EQ(up.size(), count);
    for (std::size_t i = 1; i < up.size(); ++i) {
      EXPECT_FALSE(comes_before(request.sort, up[i], up[i - 1]));
      const bool tie = !comes_before(request.sort, up[i - 1], up[i]);
      EXPECT_TRUE(!tie || up[i - 1].data.id < up[i].data.id);
    }
    request.descending = 1;
    std::vector<QueueRow> down = call().list(request);
    std::reverse(down.begin(), down.end());
    EXPECT_EQ(ids_of(down), ids_of(up));
    request.offset = 2;
    request.limit = 3;
    EXPECT_EQ(ids_of(call().list(request)),
              std::vector({up.at(count - 3).data.id, up.at(count - 4).data.id, up.at(count - 5).data.id}));
  };
  const std::uint32_t queued = bit_of(DownloadState::queued);
  for (int key = 0; key <= static_cast<int>(SortKey::added); ++key) {
    ListRequest request;
    request.sort = static_cast<SortKey>(key);
    expect_sorted(request, 8);
    request.filter.states = queued;
    expect_sorted(request, 5);
    request.filter.states = queued | bit_of(DownloadState::downloading);
    expect_sorted(request, 8);
  }
}

TEST_P(QueueStoreContract, ListGivesPages) {
  for (int i = 0; i < 25; ++i) { static_cast<void>(enqueued()); }
  const std::vector<std::int64_t> all = ids_of(call().all());
  for (const SortKey sort : {SortKey::id, SortKey::rank, SortKey::title}) {
    for (const std::uint32_t states : {0U, bit_of(DownloadState::queued)}) {
      ListRequest request;
      request.sort = sort;
      request.filter.states = states;
      request.limit = 10;
      std::vector<std::int64_t> seen;
      for (request.offset = 0; request.offset < 40; request.offset += 10) {
        std::int64_t total = 0;
        for (const std::int64_t id : ids_of(call().list(request, &total))) { seen.push_back(id); }
        EXPECT_EQ(total, 25);
      }
      std::sort(seen.begin(), seen.end());
      EXPECT_EQ(seen, all);
    }
  }
}

TEST_P(QueueStoreContract, ListGoesOnAfterAnId) {
  for (int i = 0; i < 25; ++i) { static_cast<void>(i % 2 == 0 ? enqueued() : claimed().data.id); }
  for (const std::uint32_t states :
       {0U, bit_of(DownloadState::queued), bit_of(DownloadState::queued) | bit_of(DownloadState::dispatching)}) {
    ListRequest request;
    request.filter.states = states;
    request.limit = 1000;
    const std::vector<std::int64_t> expected = ids_of(call().list(request));
    request.limit = 4;
    std::vector<std::int64_t> seen;
    while (true) {
      std::int64_t total = 0;
      const std::vector<std::int64_t> page = ids_of(call().list(request, &total));
      EXPECT_EQ(total, static_cast<std::int64_t>(expected.size())) << "where a page begins does not change the total";
      seen.insert(seen.end(), page.begin(), page.end());
      if (page.size() < 4) { break; }
      request.filter.after_id = page.back();
    }
    EXPECT_EQ(seen, expected);
  }
}

TEST_P(QueueStoreContract, ListStopsWhenTheSinkHasEnough) {
  for (int i = 0; i < 5; ++i) { static_cast<void>(enqueued()); }
  int seen = 0;
  auto sink = download_sink([&](const DownloadView&) { return ++seen < 2; });
  BasicContext ctx = call().context();
  std::int64_t total = 0;
  EXPECT_TRUE(store().list(ctx, {}, sink, total).ok());
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(total, 5);
  EXPECT_EQ(call().all().size(), 5U) << "and the next call sees everything again";
}

TEST_P(QueueStoreContract, ListRefusesWhatIsNotWellFormed) {
  const auto refused = [&](const ListRequest& request) {
    BasicContext ctx = call().context();
    std::int64_t total = 0;
    auto sink = download_sink([](const DownloadView&) {});
    EXPECT_EQ(store().list(ctx, request, sink, total).code, Code::invalid);
    EXPECT_FALSE(ctx.text().empty());
  };
  ListRequest request;
  request.limit = 0;
  refused(request);
  request.limit = 1001;
  refused(request);
  request = {};
  request.offset = -1;
  refused(request);
  request = {};
  request.filter.after_id = 1;
  request.descending = 1;
  refused(request);
  request.descending = 0;
  request.sort = SortKey::title;
  refused(request);
}

TEST_P(QueueStoreContract, StatsAreKeptThroughEveryChange) {
  for (int s = 0; s < kDownloadStates; ++s) {
    static_cast<void>(row_in(static_cast<DownloadState>(s)));
    expect_consistent();
  }
  Edit edit;
  edit.command_id = command();
  edit.fields = kEditHold;
  edit.id = enqueued();
  edit.hold = 1;
  ASSERT_EQ(call().edit(edit).result, CommandResult::applied);
  expect_consistent();
  EXPECT_EQ(call().stats().by_status[static_cast<int>(PublicStatus::paused)], 1);
  EXPECT_EQ(call().prune(bit_of(DownloadState::failed), clock().wall_ms() + 1), 1);
  expect_consistent();
}

TEST_P(QueueStoreContract, EventsComeInOrderWithTheirReasons) {
  NewDownload item = download();
  const std::int64_t id = call().enqueue(item).id;
  const std::vector<QueueRow> rows = call().claim(claim_request());
  Transition blocked = change(rows.at(0), DownloadState::blocked, Actor::worker);
  blocked.reason = "no space left";
  ASSERT_EQ(call().transition(blocked).result, CommandResult::applied);
  const std::vector<QueueEvent> events = call().events();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events.at(0).data.from, -1);
  EXPECT_EQ(events.at(0).data.to, static_cast<std::int32_t>(DownloadState::queued));
  EXPECT_EQ(events.at(0).command_id, item.command_id);
  EXPECT_EQ(events.at(1).data.from, events.at(0).data.to);
  EXPECT_EQ(events.at(2).data.from, events.at(1).data.to);
  EXPECT_EQ(events.at(2).reason, "no space left");
  for (const QueueEvent& event : events) { EXPECT_EQ(event.data.download_id, id); }
  EXPECT_EQ(call().events(events.at(1).data.sequence), std::vector<QueueEvent>{events.at(2)});
  EXPECT_TRUE(call().events(events.at(2).data.sequence).empty());
  int seen = 0;
  auto sink = event_sink([&](const EventView&) { ++seen; });
  BasicContext ctx = call().context();
  EXPECT_TRUE(store().events_since(ctx, 0, 2, sink).ok());
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(store().events_since(ctx, 0, 0, sink).code, Code::invalid);
}

TEST_P(QueueStoreContract, PruneTakesOldEndedRowsAndLeavesTheirEvents) {
  const QueueRow completed = row_in(DownloadState::completed);
  const QueueRow failed = row_in(DownloadState::failed);
  const QueueRow dirty = row_in(DownloadState::failed);
  const QueueRow blocked = row_in(DownloadState::blocked);
  Edit edit;
  edit.command_id = command();
  edit.fields = kEditCleanup;
  edit.id = dirty.data.id;
  edit.cleanup = 1;
  ASSERT_EQ(call().edit(edit).result, CommandResult::applied);
  const std::size_t events = call().events().size();
  const std::uint32_t every = bit_of(DownloadState::completed) | bit_of(DownloadState::failed) |
                              bit_of(DownloadState::cancelled) | bit_of(DownloadState::blocked);
  EXPECT_EQ(call().prune(every, clock().wall_ms()), 0) << "ended before, not at";
  clock().advance(1);
  EXPECT_EQ(call().prune(bit_of(DownloadState::cancelled), clock().wall_ms()), 0);
  EXPECT_EQ(call().prune(0, clock().wall_ms()), 0);
  const QueueRow late = row_in(DownloadState::cancelled);
  const std::size_t later_events = call().events().size();
  EXPECT_GT(later_events, events);
  EXPECT_EQ(call().prune(~0U, clock().wall_ms()), 2) << "bits of no state mean nothing";
  EXPECT_EQ(ids_of(call().all()), (std::vector{dirty.data.id, blocked.data.id, late.data.id}));
  EXPECT_EQ(call().events().size(), later_events);
  EXPECT_EQ(call().row(completed.data.id).data.id, 0);
  EXPECT_EQ(call().row(failed.data.id).data.id, 0);
  expect_consistent();
}

TEST_P(QueueStoreContract, PruneTakesTheOldestFirstAndNoMoreThanItsLimit) {
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 4; ++i) {
    ids.push_back(row_in(DownloadState::cancelled).data.id);
    clock().advance(1);
  }
  EXPECT_EQ(call().prune(bit_of(DownloadState::cancelled), clock().wall_ms(), 3), 3);
  EXPECT_EQ(ids_of(call().all()), std::vector{ids.back()});
  BasicContext ctx = call().context();
  std::int64_t removed = 0;
  EXPECT_EQ(store().prune(ctx, 1, 0, 0, removed).code, Code::invalid);
  EXPECT_EQ(store().prune(ctx, 1, 0, 1001, removed).code, Code::invalid);
}

TEST_P(QueueStoreContract, IdsAndSequencesAreNeverUsedAgain) {
  const std::int64_t id = row_in(DownloadState::cancelled).data.id;
  const std::int64_t last = call().stats().last_event;
  clock().advance(1);
  ASSERT_EQ(call().prune(bit_of(DownloadState::cancelled), clock().wall_ms()), 1);
  static_cast<void>(reopen());
  EXPECT_GT(enqueued(), id);
  EXPECT_GT(call().stats().last_event, last);
}

TEST_P(QueueStoreContract, ACallWhoseTimeIsOverFails) {
  if (dynamic_cast<MemoryQueueStore*>(&store()) != nullptr) { GTEST_SKIP() << "nothing takes time in memory"; }
  BasicContext late(call_clock(), 0, "late");
  auto sink = download_sink([](const DownloadView&) {});
  std::int64_t total = 0;
  EXPECT_EQ(store().list(late, {}, sink, total).code, Code::deadline);
  const NewDownload item = download();
  Outcomes outcomes;
  EXPECT_EQ(store().enqueue(late, std::span(&item, 1), outcomes).code, Code::deadline);
  BasicContext given_up = call().context();
  given_up.cancel();
  EXPECT_EQ(store().list(given_up, {}, sink, total).code, Code::cancelled);
  EXPECT_EQ(store().enqueue(given_up, std::span(&item, 1), outcomes).code, Code::cancelled);
  EXPECT_TRUE(call().all().empty());
}

}  // namespace quarry::sdk::testing
