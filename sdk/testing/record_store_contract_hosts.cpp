// SPDX-License-Identifier: MIT
// The contract of what happens at once: threads, several hosts, the queue beside the records, callers without time.
#include <quarry/sdk/testing/record_store_contract.hpp>

#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/call_contract.hpp>

#include <algorithm>
#include <mutex>

namespace quarry::sdk::testing {

int link_record_contract_of_hosts() { return 0; }

namespace {

NewDownload download_of(std::int64_t movie_id, std::string_view release) {
  NewDownload item;
  item.command_id = release;
  item.lane = "downloads";
  item.release_key = release;
  item.title = "Some.Film";
  item.download_url = "http://127.0.0.1/t.torrent";
  item.movie_id = movie_id;
  return item;
}

/// What the outcomes of several threads were.
class Tally {
 public:
  void add(WriteResult result) {
    const std::lock_guard lock(mutex_);
    results_.push_back(result);
  }
  [[nodiscard]] std::ptrdiff_t of(WriteResult result) const {
    return std::count(results_.begin(), results_.end(), result);
  }

 private:
  std::mutex mutex_;
  std::vector<WriteResult> results_;
};

constexpr unsigned kThreads = 4;

}  // namespace

TEST_P(RecordStoreContract, OfManyWritersWithOneVersionOneWins) {
  const std::int64_t id = movie("film");
  for (std::int64_t version = 1; version <= 10; ++version) {
    Tally tally;
    at_once(kThreads, [&](unsigned n) {
      tally.add(call().write(update("movie", id, {{kMovieYear, integer(n)}}, version)).result);
    });
    EXPECT_EQ(tally.of(WriteResult::applied), 1);
    EXPECT_EQ(tally.of(WriteResult::stale_version), kThreads - 1);
    EXPECT_EQ(call().get("movie", id).version, version + 1);
  }
}

TEST_P(RecordStoreContract, OfManyUpsertsOfOneKeyOneMakesTheRecord) {
  for (int round = 0; round < 10; ++round) {
    const std::string key = "key " + std::to_string(round);
    std::atomic<int> created{0};
    at_once(kThreads, [&](unsigned n) {
      const WriteOutcome outcome = call().write(
          upsert("movie", kMovieKey, {{kMovieKey, text(key)}, {kMovieTitle, text(key)}, {kMovieRating, real(n)}}));
      EXPECT_EQ(outcome.result, WriteResult::applied);
      created += outcome.created;
    });
    EXPECT_EQ(created, 1);
    const std::vector<KeptRecord> found = call().find({"movie", {{kMovieKey, Match::equal, {text(key)}}}, {}, {}});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().version, kThreads);
  }
}

TEST_P(RecordStoreContract, OfManyInsertsOfOneKeyOneIsApplied) {
  for (int round = 0; round < 10; ++round) {
    Tally tally;
    at_once(kThreads, [&](unsigned) {
      tally.add(call().write(insertion("studio", {{kStudioName, text(std::to_string(round))}})).result);
    });
    EXPECT_EQ(tally.of(WriteResult::applied), 1);
    EXPECT_EQ(tally.of(WriteResult::conflict), kThreads - 1);
  }
  EXPECT_EQ(call().count("studio"), 10);
}

TEST_P(RecordStoreContract, ARecordIsNotRemovedBesideAWriteThatRefersToIt) {
  for (int round = 0; round < 10; ++round) {
    const std::int64_t parent = movie("parent " + std::to_string(round));
    WriteResult removed{};
    WriteResult made{};
    at_once(2, [&](unsigned n) {
      if (n == 0) {
        removed = call().write(removal("movie", parent)).result;
      } else {
        const std::string title = "child " + std::to_string(round);
        made = call().write(insertion("movie", {{kMovieTitle, text(title)}, {kMovieParent, integer(parent)}})).result;
      }
    });
    const bool first = removed == WriteResult::applied && made == WriteResult::dangling;
    const bool second = removed == WriteResult::referred && made == WriteResult::applied;
    EXPECT_TRUE(first || second) << static_cast<int>(removed) << " and " << static_cast<int>(made);
  }
}

TEST_P(RecordStoreContract, CallsAtOnceDoNotDisturbEachOther) {
  at_once(kThreads, [&](unsigned n) {
    for (int i = 0; i < 20; ++i) {
      const std::string name = std::to_string(n) + "-" + std::to_string(i);
      const std::int64_t id = call().made(insertion("studio", {{kStudioName, text(name)}}));
      EXPECT_EQ(call().get("studio", id).values.at(0), text(name));
      EXPECT_GE(call().count("studio"), 1);
      EXPECT_EQ(call().find_ids({"studio", {{0, Match::equal, {text(name)}}}, {{0, 1}}, {}}).size(), 1U);
    }
  });
  EXPECT_EQ(call().count("studio"), kThreads * 20);
}

TEST_P(RecordStoreContract, SeveralHostsWorkOnTheSameRecords) {
  RecordStore* other = under_test().second();
  if (other == nullptr) { GTEST_SKIP() << "the storage belongs to one process"; }
  RecordCaller second(*other, clock());
  second.declare(contract_schema());
  const std::int64_t id = movie("film", {{kMovieKey, text("k")}});
  EXPECT_EQ(second.get("movie", id), call().get("movie", id));
  EXPECT_EQ(second.write(update("movie", id, {{kMovieYear, integer(1)}}, 1)).result, WriteResult::applied);
  EXPECT_EQ(call().write(update("movie", id, {{kMovieYear, integer(2)}}, 1)).result, WriteResult::stale_version);
  EXPECT_EQ(second.write(insertion("movie", {{kMovieTitle, text("x")}, {kMovieKey, text("k")}})).result,
            WriteResult::conflict);
  const std::int64_t theirs = second.made(insertion("movie", {{kMovieTitle, text("theirs")}}));
  EXPECT_GT(movie("mine"), theirs);
  for (std::int64_t version = 2; version <= 11; ++version) {
    Tally tally;
    at_once(2, [&](unsigned n) {
      RecordCaller& caller = n == 0 ? call() : second;
      tally.add(caller.write(update("movie", id, {{kMovieRating, real(n)}}, version)).result);
    });
    EXPECT_EQ(tally.of(WriteResult::applied), 1);
    EXPECT_EQ(tally.of(WriteResult::stale_version), 1);
  }
}

TEST_P(RecordStoreContract, SeveralHostsMayDeclareAndChangeAtTheSameMoment) {
  if (under_test().second() == nullptr || !reopen()) { GTEST_SKIP() << "the storage belongs to one process"; }
  std::vector<OwnedCollection> schema = contract_schema();
  OwnedCollection extra = schema.back();
  extra.name = "extra";
  schema.push_back(extra);
  schema.front().fields.push_back({"added", FieldType::integer, kIndexed, integer(3), "", OnDelete::restrict_it, {}});
  std::vector<RecordCaller> hosts;
  for (unsigned i = 0; i < kThreads; ++i) { hosts.emplace_back(*under_test().second(), clock()); }
  at_once(kThreads, [&](unsigned n) {
    hosts[n].change_schema(1, {{SchemaStepKind::rename_field, 0, "file", "size", "bytes"}});
    EXPECT_EQ(hosts[n].schema_version(), 1);
  });
  for (OwnedCollection& collection : schema) {
    if (collection.name == "file") { collection.fields[kFileSize].name = "bytes"; }
  }
  at_once(kThreads, [&](unsigned n) { hosts[n].declare(schema); });
  EXPECT_EQ(hosts.front().collections().size(), schema.size());
  EXPECT_EQ(hosts.back().count("extra"), 0);
}

TEST_P(RecordStoreContract, DownloadsReferToRecords) {
  QueueStore* queue = under_test().queue();
  if (queue == nullptr) { GTEST_SKIP() << "no queue in this storage"; }
  const std::int64_t id = movie("film");
  const auto enqueue = [&](std::int64_t movie_id, std::string_view release) {
    BasicContext ctx = call().context();
    Outcomes outcomes;
    const NewDownload item = download_of(movie_id, release);
    const Status status = queue->enqueue(ctx, std::span(&item, 1), outcomes);
    EXPECT_EQ(status.ok(), ctx.text().empty());
    return status.ok() ? Code::ok : status.code;
  };
  EXPECT_EQ(enqueue(id + 1, "unknown"), Code::invalid);
  EXPECT_EQ(enqueue(0, "of no film"), Code::ok);
  EXPECT_EQ(call().write(removal("movie", id)).result, WriteResult::applied);
  EXPECT_EQ(enqueue(id, "of one that is gone"), Code::invalid);
  const std::int64_t wanted = movie("wanted");
  const std::int64_t file = file_of(wanted);
  EXPECT_EQ(enqueue(wanted, "of wanted"), Code::ok);
  const std::string before = everything();
  EXPECT_EQ(call().write(removal("movie", wanted)).result, WriteResult::referred);
  EXPECT_EQ(everything(), before);
  EXPECT_EQ(call().write(removal("file", file)).result, WriteResult::applied) << "downloads refer to movies only";
  EXPECT_EQ(call().write(removal("movie", wanted, 7)).result, WriteResult::stale_version);
}

TEST_P(RecordStoreContract, ACallerWithoutTimeGetsNothingDone) {
  const std::int64_t id = movie("film");
  const std::string before = everything();
  class : public WriteSink {
   public:
    void add(const WriteOutcome& outcome) noexcept override { EXPECT_NE(outcome.result, WriteResult::applied); }
  } outcomes;
  class : public RecordSink {
   public:
    bool add(const RecordView&) noexcept override { return true; }
  } records;
  const auto too_late = [](const Status& status) {
    return status.code == Code::deadline || status.code == Code::unavailable || status.code == Code::cancelled;
  };
  const auto expect_too_late = [&](const auto& send) {
    BasicContext expired(clock(), 0, "contract");
    EXPECT_TRUE(too_late(send(expired))) << expired.text();
    EXPECT_NE(expired.text(), "");
  };
  RecordWrite write;
  write.kind = WriteKind::remove;
  write.collection = "movie";
  write.id = id;
  FindRecords request;
  request.collection = "movie";
  std::int64_t number = 0;
  expect_too_late([&](CallContext& ctx) { return store().write(ctx, std::span(&write, 1), outcomes); });
  expect_too_late([&](CallContext& ctx) { return store().find(ctx, request, records); });
  expect_too_late([&](CallContext& ctx) { return store().get(ctx, "movie", id, records); });
  expect_too_late([&](CallContext& ctx) { return store().count(ctx, "movie", {}, number); });
  EXPECT_EQ(everything(), before);
}

}  // namespace quarry::sdk::testing
