// SPDX-License-Identifier: MIT
// `quarry plugin check --contract` on a store that lives in a server and has the server's clock.
#include "../quarry_check.hpp"

#include <gmock/gmock.h>
#include <lab/postgres_url.hpp>

#include <unistd.h>
#include <cstdlib>

namespace quarry::plugins {
namespace {

using testing::HasSubstr;

const std::string kScripts = QUARRY_SCRIPTS;
const std::string kStore = std::string(QUARRY_OWN_PLUGINS) + "/quarry-storage-postgres.so --contract --many-hosts" +
                           " --prepare '" + kScripts + "/prepare.sh'";

class ContractCheckOfAServer : public testing::Test {
 protected:
  void SetUp() override {
    const lab::TestPostgres server = lab::test_postgres();
    if (server.url.empty()) { GTEST_SKIP() << server.missing; }
    ::setenv("QUARRY_CHECK_DATABASE", ("quarry_check_" + std::to_string(::getpid())).c_str(), 1);
  }
};

TEST_F(ContractCheckOfAServer, ItsClockIsMovedByACommand) {
  ::setenv("QUARRY_CONTRACT_SEQUENCES", "1", 1);
  const CheckRun run =
      quarry_check(kStore + " --only '^queue_store.*(Lease|Fence|Random)' --clock '" + kScripts + "/clock.sh' --json");
  EXPECT_EQ(run.exit_code, 0) << run.text;
  const Ends ends = ends_of(run);
  EXPECT_EQ(ends.left_out, 0);
  EXPECT_EQ(ends.end.at("ClaimGivesALease"), "passed");
  EXPECT_EQ(ends.end.at("RandomSequencesBehaveAsTheModel"), "passed");
}

TEST_F(ContractCheckOfAServer, WithItsOwnClockTheTestsOfTimeAreLeftOut) {
  const CheckRun run = quarry_check(kStore + " --only '^queue_store.*(Lease|Fence|Random)' --own-clock --json");
  EXPECT_EQ(run.exit_code, 0) << run.text;
  const Ends ends = ends_of(run);
  EXPECT_EQ(ends.end.at("TransitionIsFenced"), "passed");
  EXPECT_EQ(ends.end.at("ClaimGivesALease"), "left_out");
  EXPECT_EQ(ends.text.at("ClaimGivesALease"), "the store's clock cannot be moved");
  EXPECT_EQ(ends.end.at("RandomSequencesBehaveAsTheModel"), "left_out");
}

TEST_F(ContractCheckOfAServer, ItsRecordsAreCheckedWithSeveralHosts) {
  ::setenv("QUARRY_CONTRACT_SEQUENCES", "1", 1);
  const CheckRun run = quarry_check(kStore + " --only '^record_store.*(Hosts|Unique|Random)' --clock '" + kScripts +
                                    "/clock.sh' --json");
  EXPECT_EQ(run.exit_code, 0) << run.text;
  const Ends ends = ends_of(run);
  EXPECT_EQ(ends.end.at("SeveralHostsWorkOnTheSameRecords"), "passed");
  EXPECT_EQ(ends.end.at("RandomSequencesBehaveAsTheModel"), "passed");
}

TEST_F(ContractCheckOfAServer, ThatItHasItsOwnClockMustBeSaid) {
  const CheckRun run = quarry_check(kStore);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.text, HasSubstr("the store does not follow the clock service of the host"));
}

}  // namespace
}  // namespace quarry::plugins
