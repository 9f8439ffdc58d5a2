// SPDX-License-Identifier: MIT
#include "app/instances.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quarry::app {
namespace {

using plugins::BreakerState;
using plugins::InstanceInfo;
using plugins::InstanceState;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

InstanceInfo instance(std::string id, std::vector<std::string> kinds, InstanceState state = InstanceState::ok) {
  InstanceInfo info;
  info.id = std::move(id);
  info.kinds = std::move(kinds);
  info.state = state;
  if (state == InstanceState::failed) { info.error = "no config"; }
  return info;
}

const std::vector<InstanceInfo> kSound = {instance("db", {"storage"}), instance("box", {"download-client"}),
                                          instance("site", {"indexer"})};

TEST(NamedIndexers, OneThatFailedIsThereWithoutAnInterface) {
  auto* const running = reinterpret_cast<sdk::Indexer*>(0x10);
  const auto lookup = [&](std::string_view id) { return id == "site" ? running : nullptr; };
  const auto named =
      named_indexers({instance("broken", {"indexer"}, InstanceState::failed), instance("box", {"download-client"}),
                      instance("site", {"indexer", "scorer"}), instance("unread", {}, InstanceState::failed)},
                     lookup);
  ASSERT_THAT(named, SizeIs(2));
  EXPECT_EQ(named[0].id, "broken");
  EXPECT_EQ(named[0].indexer, nullptr);
  EXPECT_EQ(named[1].id, "site");
  EXPECT_EQ(named[1].indexer, running);
}

TEST(HealthOf, NothingToSayWhenAllIsWell) { EXPECT_THAT(health_of(kSound, {}), IsEmpty()); }

TEST(HealthOf, AnInstanceThatFailedIsAnErrorWithItsReason) {
  auto instances = kSound;
  instances.push_back(instance("unread", {}, InstanceState::failed));
  const auto notes = health_of(instances, {});
  ASSERT_THAT(notes, SizeIs(1));
  EXPECT_EQ(notes[0].source, "PluginCheck");
  EXPECT_EQ(notes[0].type, "error");
  EXPECT_EQ(notes[0].message, "the plugin \"unread\" failed: no config");
}

TEST(HealthOf, AnInstanceThatIsLeftAloneIsAWarning) {
  auto instances = kSound;
  instances[1].breaker = BreakerState::open;
  instances[1].retry_after_ms = 12'001;
  instances[2].breaker = BreakerState::half_open;
  const auto notes = health_of(instances, {});
  ASSERT_THAT(notes, SizeIs(2));
  EXPECT_EQ(notes[0].source, "DownloadClientStatusCheck");
  EXPECT_EQ(notes[0].type, "warning");
  EXPECT_THAT(notes[0].message, HasSubstr("\"box\" failed too often"));
  EXPECT_THAT(notes[0].message, HasSubstr("in 13 s"));
  EXPECT_EQ(notes[1].source, "IndexerStatusCheck");
  EXPECT_THAT(notes[1].message, HasSubstr("by the next call"));
}

TEST(HealthOf, RefusedCredentialsAreOneErrorThatSaysWhatToCorrect) {
  auto instances = kSound;
  instances[1].refusal = "it refused the user name or password";
  instances[1].line = 12;
  instances[1].breaker = BreakerState::open;
  instances[2].refusal = "the site refused the passkey";
  const auto notes = health_of(instances, {});
  ASSERT_THAT(notes, SizeIs(2));
  EXPECT_EQ(notes[0].source, "DownloadClientCheck");
  EXPECT_EQ(notes[0].type, "error");
  EXPECT_EQ(notes[0].message,
            "the credentials of the plugin \"box\" (line 12 of the manifest) are refused; correct them in the manifest "
            "and start Quarry again. It says: it refused the user name or password");
  EXPECT_EQ(notes[1].source, "IndexerStatusCheck");
  EXPECT_EQ(notes[1].type, "error");
  EXPECT_THAT(notes[1].message, HasSubstr("\"site\" are refused;"));
  EXPECT_THAT(notes[1].message, HasSubstr("It says: the site refused the passkey"));
}

TEST(HealthOf, WarnsWhenNothingCanDownloadOrSearch) {
  const auto notes = health_of({instance("db", {"storage"})}, {});
  ASSERT_THAT(notes, SizeIs(2));
  EXPECT_EQ(notes[0].source, "DownloadClientCheck");
  EXPECT_EQ(notes[1].source, "IndexerSearchCheck");
  EXPECT_THAT(health_of({instance("site", {"indexer"}, InstanceState::failed), kSound[1]}, {}), SizeIs(2))
      << "one that failed is none that runs";
}

TEST(HealthOf, RemembersWhatWasCalledWhenTheProcessDied) {
  const auto notes = health_of(kSound, {"box"});
  ASSERT_THAT(notes, SizeIs(1));
  EXPECT_EQ(notes[0].type, "warning");
  EXPECT_THAT(notes[0].message, HasSubstr("while it called the plugin \"box\""));
}

TEST(AddSetAside, TellsOfTheFirstTenOneByOne) {
  std::vector<api::HealthNote> notes;
  add_set_aside({"RecordRowCheck", "records", {}}, notes);
  EXPECT_THAT(notes, IsEmpty());
  add_set_aside({"RecordRowCheck", "records", std::vector<std::string>(12, "record 1 is set aside")}, notes);
  ASSERT_THAT(notes, SizeIs(11));
  EXPECT_EQ(notes[9].message, "record 1 is set aside");
  EXPECT_EQ(notes[10].source, "RecordRowCheck");
  EXPECT_EQ(notes[10].message, "so are 2 more records; the log names them");
}

}  // namespace
}  // namespace quarry::app
