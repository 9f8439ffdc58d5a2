// SPDX-License-Identifier: MIT
// Storages of older and newer hosts, and hosts that start together.
#include "records/migrations.hpp"

#include "records/collections.hpp"
#include "records/records_test_world.hpp"
#include "records/settings.hpp"
#include "records/values.hpp"

#include <array>

namespace quarry::records {
namespace {

using testing::ShakyStore;
using testing::Trouble;

constexpr std::int32_t kKeyPlace = 0;
constexpr std::int32_t kValuePlace = 1;

sdk::FieldSpec field(std::string_view name, std::uint32_t flags = 0) {
  sdk::FieldSpec out;
  out.name = name;
  out.flags = flags;
  return out;
}

/// Films of another age, and the settings that the runner needs.
class MigrationsTest : public ::testing::Test {
 protected:
  /// One start of a host.
  struct Start {
    explicit Start(MigrationsTest& test) : store(test.clock, test.shared), client(store, test.clock, set_aside) {}
    ShakyStore store;
    SetAside set_aside;
    RecordClient client;
  };

  /// Collections in which a film has these fields.
  std::span<const sdk::CollectionSpec> with(std::vector<sdk::FieldSpec> film_fields) {
    film_fields_ = std::move(film_fields);
    specs_[0].name = "films";
    specs_[0].fields = film_fields_;
    for (const sdk::CollectionSpec& spec : collections()) {
      if (spec.name == settings::kName) { specs_[1] = spec; }
    }
    return specs_;
  }
  void write_film(const RecordClient& client, std::string_view title, std::int32_t place = 0) {
    const sdk::Assignment value = assign(place, text(title));
    sdk::RecordWrite write;
    write.collection = "films";
    write.values = {&value, 1};
    ASSERT_TRUE(client.write({&write, 1}));
  }
  static std::vector<std::string> values(const RecordClient& client, std::int32_t place) {
    sdk::FindRecords request;
    request.collection = "films";
    std::vector<std::string> out;
    EXPECT_TRUE(client.find(request, [&](const sdk::RecordView& r) { out.push_back(text_at(r, place)); }));
    return out;
  }
  static std::int64_t version_of(const RecordClient& client) {
    std::int64_t version = -1;
    sdk::BasicContext ctx(client.clock(), 1000, "test");
    EXPECT_TRUE(client.store().schema_version(ctx, version).ok());
    return version;
  }
  static sdk::SchemaStep rename(std::string_view from, std::string_view to) {
    sdk::SchemaStep step;
    step.collection = "films";
    step.field = from;
    step.to = to;
    return step;
  }
  /// A storage as the first host left it: one film, its title under "name".
  void begin_old() {
    Start old(*this);
    ASSERT_TRUE(open_records(old.client, with({field("name")}), {}));
    write_film(old.client, "Alien");
  }

  sdk::testing::ManualClock clock{1'700'000'000'000};
  std::shared_ptr<sdk::testing::MemoryRecords> shared = std::make_shared<sdk::testing::MemoryRecords>();

 private:
  std::vector<sdk::FieldSpec> film_fields_;
  std::array<sdk::CollectionSpec, 2> specs_;
};

TEST_F(MigrationsTest, ThoseOfThisHostAreNumberedFromOneWithoutAGap) {
  std::int64_t expected = 0;
  for (const Migration& migration : migrations()) { EXPECT_EQ(migration.number, ++expected); }
}

TEST_F(MigrationsTest, AFieldThatIsAddedNeedsNone) {
  begin_old();
  Start start(*this);
  ASSERT_TRUE(open_records(start.client, with({field("name"), field("studio")}), {}));
  EXPECT_EQ(values(start.client, 0), (std::vector<std::string>{"Alien"}));
  EXPECT_EQ(values(start.client, 1), (std::vector<std::string>{""}));
}

TEST_F(MigrationsTest, AStepIsMadeOnceAndItsDataFollows) {
  begin_old();
  int runs = 0;
  const std::vector<Migration> steps = {{1, {rename("name", "title")}, {}},
                                        {2, {}, [&](const RecordClient& client) -> sdk::Done {
                                           ++runs;
                                           EXPECT_EQ(values(client, kKeyPlace), (std::vector<std::string>{"Alien"}))
                                               << "declared as this host does";
                                           const sdk::Assignment value = assign(kValuePlace, text("alien"));
                                           sdk::RecordWrite write;
                                           write.kind = sdk::WriteKind::update;
                                           write.collection = "films";
                                           write.id = 1;
                                           write.values = {&value, 1};
                                           const auto written = client.write_surely(write);
                                           return written ? sdk::Done(sdk::Unit{}) : written.error();
                                         }}};
  for (int start = 0; start < 3; ++start) {
    Start host(*this);
    const auto opened = open_records(host.client, with({field("title"), field("clean_title")}), steps);
    ASSERT_TRUE(opened) << opened.error().text;
    EXPECT_EQ(version_of(host.client), 2);
    EXPECT_EQ(values(host.client, kValuePlace), (std::vector<std::string>{"alien"}));
  }
  EXPECT_EQ(runs, 1);
}

TEST_F(MigrationsTest, ADataStepThatWasBrokenOffRunsAgain) {
  begin_old();
  int runs = 0;
  const auto broken = [&](const RecordClient&) -> sdk::Done {
    return ++runs == 1 ? sdk::Done(sdk::failure(sdk::Code::unavailable, "the lights went out")) : sdk::Unit{};
  };
  const std::vector<Migration> steps = {{1, {}, broken}};
  Start first(*this);
  const auto failed = open_records(first.client, with({field("name")}), steps);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().text, "the lights went out");
  Start second(*this);
  EXPECT_TRUE(open_records(second.client, with({field("name")}), steps));
  Start third(*this);
  EXPECT_TRUE(open_records(third.client, with({field("name")}), steps));
  EXPECT_EQ(runs, 2);
}

TEST_F(MigrationsTest, TwoHostsThatStartTogetherMeetNoTrouble) {
  begin_old();
  int runs = 0;
  std::vector<Migration> steps = {{1, {rename("name", "title")}, [&](const RecordClient&) -> sdk::Done {
                                     ++runs;
                                     return sdk::Unit{};
                                   }}};
  Start one(*this);
  Start two(*this);
  const auto films = with({field("title")});
  // The other host notes at this moment that the step was carried out.
  one.store.before_write = [&] { EXPECT_TRUE(open_records(two.client, films, steps)); };
  const auto opened = open_records(one.client, films, steps);
  ASSERT_TRUE(opened) << opened.error().text;
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(values(one.client, 0), (std::vector<std::string>{"Alien"}));
  EXPECT_EQ(read_setting(one.client, settings::kDataVersion)->value, 1);
}

TEST_F(MigrationsTest, AStorageThatIsNewerIsRefusedAndLeftAsItIs) {
  begin_old();
  const std::vector<Migration> newer = {{1, {rename("name", "title")}, {}}, {2, {}, {}}};
  Start next(*this);
  ASSERT_TRUE(open_records(next.client, with({field("title")}), newer));
  Start start(*this);
  const auto opened = open_records(start.client, with({field("name")}), std::span(newer).first(1));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().status.code, sdk::Code::conflict);
  EXPECT_NE(opened.error().text.find("newer Quarry: they have version 2, and this one knows 1"), std::string::npos)
      << opened.error().text;
  EXPECT_EQ(values(next.client, 0), (std::vector<std::string>{"Alien"}));
}

TEST_F(MigrationsTest, WhereNobodyKnowsWhatWasCarriedOutNothingIsRun) {
  begin_old();
  int runs = 0;
  const std::vector<Migration> steps = {{1, {}, [&](const RecordClient&) -> sdk::Done {
                                           ++runs;
                                           return sdk::Unit{};
                                         }}};
  const auto films = with({field("name")});
  Start first(*this);
  ASSERT_TRUE(open_records(first.client, films, steps));
  const auto set = [&](std::string_view value) { testing::set_setting(first.client, settings::kDataVersion, value); };
  for (const auto& [value, words] : {std::pair("x", "is \"x\", no number"), std::pair("", "is \"\", no number"),
                                     std::pair("-1", "is \"-1\", no number"), std::pair("1 ", "is \"1 \", no number"),
                                     std::pair("2", "is 2, more than the 1 there are")}) {
    set(value);
    Start start(*this);
    const auto opened = open_records(start.client, films, steps);
    ASSERT_FALSE(opened) << value;
    EXPECT_EQ(opened.error().status.vendor_code, static_cast<std::int32_t>(sdk::OpenFault::damaged));
    EXPECT_FALSE(opened.error().status.retryable());
    EXPECT_NE(opened.error().text.find(words), std::string::npos) << opened.error().text;
    EXPECT_NE(opened.error().text.find("set its value to '1'"), std::string::npos) << opened.error().text;
  }
  EXPECT_EQ(runs, 1);
  set("1");
  Start mended(*this);
  EXPECT_TRUE(open_records(mended.client, films, steps));
  EXPECT_EQ(runs, 1);
}

TEST_F(MigrationsTest, AnAnswerThatWasLostWhileNotingIsNoTrouble) {
  begin_old();
  const std::vector<Migration> steps = {{1, {}, {}}};
  Start start(*this);
  start.store.next_writes = {Trouble::lost_after};
  const auto opened = open_records(start.client, with({field("name")}), steps);
  EXPECT_TRUE(opened) << opened.error().text;
}

TEST_F(MigrationsTest, WhatContradictsTheDeclarationIsToldInTheStoragesWords) {
  begin_old();
  Start start(*this);
  sdk::FieldSpec number = field("name");
  number.type = sdk::FieldType::integer;
  const auto opened = open_records(start.client, with({number}), {});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().status.code, sdk::Code::conflict);
  EXPECT_NE(opened.error().text.find("films"), std::string::npos) << opened.error().text;
}

}  // namespace
}  // namespace quarry::records
