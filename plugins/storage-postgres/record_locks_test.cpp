// SPDX-License-Identifier: MIT
// What a write of a record finds when it had to wait: another session changes what it looks at, and commits meanwhile.
#include "postgres_records.hpp"
#include "test_database.hpp"

#include <quarry/sdk/testing/record_store_caller.hpp>

#include <gtest/gtest.h>

#include <future>

namespace quarry::storage_postgres {
namespace {

using sdk::WriteOutcome;
using sdk::WriteResult;
using sdk::testing::insertion;
using sdk::testing::integer;
using sdk::testing::OwnedCollection;
using sdk::testing::OwnedField;
using sdk::testing::RecordCaller;
using sdk::testing::text;
using testing::TestDatabase;

/// Films, and files that go with their film.
std::vector<OwnedCollection> declaration() {
  OwnedField title;
  title.name = "title";
  title.type = sdk::FieldType::text;
  OwnedField film;
  film.name = "film";
  film.type = sdk::FieldType::integer;
  film.references = "film";
  film.on_delete = sdk::OnDelete::cascade;
  OwnedCollection films;
  films.name = "film";
  films.fields = {title};
  OwnedCollection files;
  files.name = "file";
  files.fields = {film};
  return {films, files};
}

class RecordLocks : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
    TestDatabase::get().run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    queue_ = std::make_unique<PostgresQueueStore>(
        host_, sdk::Config::parse(R"({"url": ")" + TestDatabase::get().url() + R"("})"));
    records_ = std::make_unique<PostgresRecords>(*queue_);
    sdk::BasicContext ctx = host_.context();
    ASSERT_TRUE(queue_->open(ctx).ok()) << ctx.text();
    ASSERT_TRUE(records_->store().open(ctx).ok()) << ctx.text();
    call_ = std::make_unique<RecordCaller>(records_->store(), host_.clock);
    call_->declare(declaration());
    film_ = call_->made(insertion("film", {{0, text("first")}}));
  }
  void TearDown() override {
    if (TestDatabase::missing().empty()) { TestDatabase::get().run("ROLLBACK"); }
  }

  /// What `call` answers when `change` is made before it, and committed while it waits.
  template <class Call>
  static auto overtaken_by(const std::string& change, const Call& call) {
    TestDatabase::get().run("BEGIN; " + change);
    auto answer = std::async(std::launch::async, call);
    EXPECT_TRUE(TestDatabase::get().is_waited_for()) << "nobody waits for the lock";
    TestDatabase::get().run("COMMIT");
    return answer.get();
  }
  WriteResult overtaken_by(const std::string& change, const sdk::testing::Write& write) {
    return overtaken_by(change, [&] { return call_->write(write).result; });
  }

  sdk::testing::FakeHost host_;
  std::unique_ptr<PostgresQueueStore> queue_;
  std::unique_ptr<PostgresRecords> records_;
  std::unique_ptr<RecordCaller> call_;
  std::int64_t film_ = 0;
};

TEST_F(RecordLocks, TheExpectedVersionIsThatOfTheRecordAfterWaiting) {
  EXPECT_EQ(overtaken_by("UPDATE rec_film SET version = 2, title = 'theirs'",
                         sdk::testing::update("film", film_, {{0, text("ours")}}, 1)),
            WriteResult::stale_version);
  EXPECT_EQ(call_->get("film", film_).values.at(0), text("theirs"));
  EXPECT_EQ(call_->get("film", film_).version, 2);
}

TEST_F(RecordLocks, AReferenceToARecordThatIsGoneAfterWaitingDangles) {
  EXPECT_EQ(overtaken_by("DELETE FROM rec_film", insertion("file", {{0, integer(film_)}})), WriteResult::dangling);
  EXPECT_EQ(call_->count("file"), 0);
}

TEST_F(RecordLocks, WhoDeclaresWaitsForAnotherThatDoes) {
  // "QRRZ", as a change of the tables locks it.
  const sdk::Failure answer =
      overtaken_by("SELECT pg_advisory_xact_lock(1364349530)", [&] { return call_->try_declare(declaration()); });
  EXPECT_TRUE(answer.status.ok()) << answer.text;
}

}  // namespace
}  // namespace quarry::storage_postgres
