// SPDX-License-Identifier: MIT
// `quarry plugin check --contract` says of our own plugins that they are sound, and of each faulty store what is wrong.
#include "quarry_check.hpp"

#include <gmock/gmock.h>

namespace quarry::plugins {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

const std::string kFaulty = QUARRY_FAULTY_DIR;
const std::string kOwn = QUARRY_OWN_PLUGINS;
const std::string kPlace = " --set 'place={fresh}' --contract ";

TEST(ContractCheck, TheStoreInAFileKeepsItsContract) {
  const CheckRun run = quarry_check(kOwn + "/quarry-storage-sqlite.so --set 'path={fresh}/queue.db' --contract");
  EXPECT_EQ(run.exit_code, 0) << run.text;
  EXPECT_THAT(run.text,
              testing::ContainsRegex("\nqueue_store/1: ([0-9]+) of [0-9]+ passed, random sequences of seeds 1 "
                                     "to 200\n"));
  EXPECT_THAT(run.text,
              testing::ContainsRegex("\nrecord_store/1: ([0-9]+) of [0-9]+ passed, random sequences of seeds 1 "
                                     "to 200\n"));
  EXPECT_THAT(run.text, Not(HasSubstr("FAILED")));
}

TEST(ContractCheck, TheScorerKeepsItsContract) {
  const CheckRun run = quarry_check(kOwn + "/quarry-scorer-default.so --contract");
  EXPECT_EQ(run.exit_code, 0) << run.text;
  EXPECT_THAT(run.text, EndsWith("\nscorer/1: 7 of 7 passed\n"));
}

TEST(ContractCheck, WhatNeedsAServerIsNotRunAndSaid) {
  const CheckRun client = quarry_check(kOwn + "/quarry-qbittorrent.so --set url=http://127.0.0.1:9 --contract");
  EXPECT_EQ(client.exit_code, 0) << client.text;
  EXPECT_THAT(client.text, HasSubstr("download_client/1: 1 of 1 passed\n"));
  EXPECT_THAT(client.text, HasSubstr(" not run: need a fake of your server: run them in your own tests with "
                                     "QUARRY_DOWNLOAD_CLIENT_CONTRACT\n"));
  const CheckRun indexer =
      quarry_check(kOwn + "/quarry-hdbits.so --set username=somebody --set passkey=0123456789abcdef --contract");
  EXPECT_EQ(indexer.exit_code, 0) << indexer.text;
  EXPECT_THAT(indexer.text, HasSubstr("indexer/1: 1 of 1 passed\n"));
  EXPECT_THAT(indexer.text, HasSubstr(" not run: need a fake of your site"));
  EXPECT_THAT(indexer.text, Not(HasSubstr("0123456789abcdef")));
}

TEST(ContractCheck, AStoreWithoutFenceIsFound) {
  const CheckRun run = quarry_check(kFaulty + "/memory-no-fence.so --json" + kPlace);
  EXPECT_EQ(run.exit_code, 1) << run.text;
  const Ends ends = ends_of(run);
  EXPECT_FALSE(ends.ok);
  for (const char* name : {"TransitionIsFenced", "AStaleWorkerChangesNothing", "RandomSequencesBehaveAsTheModel"}) {
    EXPECT_EQ(ends.end.at(name), "failed") << name;
  }
  EXPECT_THAT(ends.text.at("AStaleWorkerChangesNothing"), HasSubstr("stale_epoch"));
  EXPECT_EQ(ends.end.at("EnqueueKeepsEveryField"), "passed") << "what is sound is not blamed";
  EXPECT_GT(ends.passed, ends.run / 2);
}

TEST(ContractCheck, RecordsThatKnowNoVersionAreFound) {
  const CheckRun sound = quarry_check(kFaulty + "/memory-records-sound.so --json" + kPlace);
  EXPECT_TRUE(ends_of(sound, 0, 2).ok) << "the queue beside them";
  EXPECT_TRUE(ends_of(sound, 1, 2).ok);
  const CheckRun run = quarry_check(kFaulty + "/memory-records-no-version.so --json" + kPlace);
  EXPECT_EQ(run.exit_code, 1) << run.text;
  EXPECT_TRUE(ends_of(run, 0, 2).ok);
  const Ends ends = ends_of(run, 1, 2);
  EXPECT_FALSE(ends.ok);
  for (const char* name :
       {"AWriteOfAnotherVersionIsStale", "OfManyWritersWithOneVersionOneWins", "RandomSequencesBehaveAsTheModel"}) {
    EXPECT_EQ(ends.end.at(name), "failed") << name;
  }
  EXPECT_NE(ends.failed_seed.at("RandomSequencesBehaveAsTheModel"), "");
  EXPECT_EQ(ends.end.at("ARecordHasWhatWasWritten"), "passed") << "what is sound is not blamed";
  EXPECT_GT(ends.passed, ends.run / 2);
}

TEST(ContractCheck, ACrashAndAHangHideNoOtherTest) {
  const Ends sound = ends_of(quarry_check(kFaulty + "/memory-sound.so --json" + kPlace));
  EXPECT_TRUE(sound.ok);
  const CheckRun run = quarry_check(kFaulty + "/memory-dies.so --timeout 2 --json" + kPlace);
  EXPECT_EQ(run.exit_code, 1) << run.text;
  const Ends ends = ends_of(run);
  EXPECT_EQ(ends.run, sound.run);
  const char* kCrashes = "PruneTakesOldEndedRowsAndLeavesTheirEvents";
  EXPECT_EQ(ends.end.at(kCrashes), "crashed");
  EXPECT_EQ(ends.text.at(kCrashes), "crashed: Segmentation fault");
  const char* kHangs = "MetainfoOfARowWithoutOneIsEmpty";
  EXPECT_EQ(ends.end.at(kHangs), "timed_out");
  EXPECT_EQ(ends.text.at(kHangs), "did not end within 2 s");
  EXPECT_EQ(ends.end.at("IdsAndSequencesAreNeverUsedAgain"), "crashed");
  EXPECT_EQ(ends.end.at("ACallWhoseTimeIsOverFails"), "passed") << "comes after the crashes";
  EXPECT_NE(ends.failed_seed.at("RandomSequencesBehaveAsTheModel"), "") << "the crashed one is named";
}

TEST(ContractCheck, ASeedRunsItsSequenceAlone) {
  const CheckRun run = quarry_check(kFaulty + "/memory-sound.so --only Random --seed 17" + kPlace);
  EXPECT_EQ(run.exit_code, 0) << run.text;
  EXPECT_THAT(run.text, EndsWith("queue_store/1: 1 of 1 passed, random sequences of seed 17\n"));
}

TEST(ContractCheck, NothingIsLeftOutForNoReason) {
  const CheckRun own = quarry_check(kFaulty + "/memory-sound.so --own-clock" + kPlace);
  EXPECT_EQ(own.exit_code, 1);
  EXPECT_THAT(own.text, HasSubstr("so --own-clock would leave out tests that can be run\n"));
  const CheckRun nothing = quarry_check(kFaulty + "/memory-sound.so --only nonsense" + kPlace);
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_THAT(nothing.text, HasSubstr("has no test whose name --only \"nonsense\" finds\n"));
}

TEST(ContractCheck, AConfigurationOfAFileIsChangedBySettings) {
  const std::string file = testing::TempDir() + "/contract_check.json";
  ASSERT_NE(std::system(("printf '{\"place\": 5}' > " + file).c_str()), -1);
  const std::string command = kFaulty + "/memory-sound.so --contract --only EnqueueKeepsEveryField --config " + file;
  const CheckRun wrong = quarry_check(command);
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.text, HasSubstr("FAILED  config           does not fit the schema: \"/place\""));
  EXPECT_THAT(wrong.text, HasSubstr("FAILED  contract         not run, because a check before it failed"));
  const CheckRun right = quarry_check(command + " --set 'place={fresh}'");
  EXPECT_EQ(right.exit_code, 0) << right.text;
  EXPECT_THAT(right.text, HasSubstr("queue_store/1: 1 of 1 passed"));
}

}  // namespace
}  // namespace quarry::plugins
