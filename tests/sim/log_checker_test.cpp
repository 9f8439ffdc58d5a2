// SPDX-License-Identifier: MIT
// The checker must find what is broken in a log, and nothing in a sound one.
#include "log_checker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quarry::sim {
namespace {

using sdk::Actor;
using sdk::DownloadState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LogCheckerTest : public ::testing::Test {
 protected:
  LogCheckerTest() {
    enqueue(1, "h1.1-u1");
    change(1, DownloadState::queued, DownloadState::dispatching, Actor::claim, 1, "h1.1-2");
    change(1, DownloadState::dispatching, DownloadState::downloading, Actor::worker, 1, "h1.1-3");
    change(1, DownloadState::downloading, DownloadState::completed, Actor::reconciler, 1, "h2.1-9");
    facts.accepted = {1};
    facts.acknowledged = {"h1.1-u1", "h1.1-3"};
    facts.calm_from_ms = 10'000;
    facts.end_ms = 1'000'000;
    facts.most_uncertain_ms = 120'000;
  }

  void add(std::int64_t id, std::int32_t from, std::int32_t to, Actor actor, std::int64_t epoch, std::string command) {
    sdk::testing::QueueEvent event;
    event.data.sequence = static_cast<std::int64_t>(facts.events.size()) + 1;
    event.data.download_id = id;
    event.data.at_ms = event.data.sequence * 1'000;
    event.data.from = from;
    event.data.to = to;
    event.data.actor = actor;
    event.data.epoch = epoch;
    event.command_id = std::move(command);
    facts.events.push_back(event);
  }
  void enqueue(std::int64_t id, std::string command) { add(id, -1, 0, Actor::user, 0, std::move(command)); }
  void change(std::int64_t id, DownloadState from, DownloadState to, Actor actor, std::int64_t epoch,
              std::string command) {
    add(id, static_cast<std::int32_t>(from), static_cast<std::int32_t>(to), actor, epoch, std::move(command));
  }

  LogFacts facts;
};

TEST_F(LogCheckerTest, ASoundLogIsSound) { EXPECT_THAT(check_log(facts), IsEmpty()); }

TEST_F(LogCheckerTest, WhatWasAcceptedOrAcknowledgedMustBeThere) {
  facts.accepted.push_back(2);
  facts.acknowledged.insert("h1.1-77");
  EXPECT_THAT(check_log(facts), ElementsAre(HasSubstr("download 2 was accepted"), HasSubstr("h1.1-77")));
}

TEST_F(LogCheckerTest, EventsFollowFromEachOther) {
  facts.events.erase(facts.events.begin() + 1);
  EXPECT_THAT(check_log(facts), ElementsAre(HasSubstr("does not follow")));
}

TEST_F(LogCheckerTest, ADownloadBeginsOnce) {
  enqueue(1, "h1.1-u2");
  change(5, DownloadState::queued, DownloadState::cancelled, Actor::user, 1, "h1.1-u3");
  EXPECT_THAT(check_log(facts), ElementsAre(HasSubstr("begins it anew"), HasSubstr("is no beginning")));
}

TEST_F(LogCheckerTest, AChangeMustBeInTheTable) {
  change(1, DownloadState::completed, DownloadState::downloading, Actor::reconciler, 1, "h1.1-5");
  EXPECT_THAT(check_log(facts), ElementsAre(HasSubstr("completed to downloading")));
}

TEST_F(LogCheckerTest, AnEpochRisesWhereTheTableSaysSo) {
  facts.events.back().data.epoch = 2;
  EXPECT_THAT(check_log(facts), ElementsAre(HasSubstr("has epoch 2 after 1")));
}

TEST_F(LogCheckerTest, OnlyWhoClaimedItWorksOnIt) {
  facts.events[2].command_id = "h3.1-8";
  facts.acknowledged.erase("h1.1-3");
  EXPECT_THAT(check_log(facts), ElementsAre(HasSubstr("was made by h3.1-8, but h1.1 had claimed it")));
}

TEST_F(LogCheckerTest, TheSequenceRises) {
  facts.events.back().data.sequence = 1;
  EXPECT_THAT(check_log(facts), ElementsAre(HasSubstr("out of order")));
}

TEST_F(LogCheckerTest, NothingStaysUncertainInTheCalm) {
  enqueue(2, "h1.1-u4");
  change(2, DownloadState::queued, DownloadState::dispatching, Actor::claim, 1, "h1.1-6");
  facts.end_ms = 130'000;
  EXPECT_THAT(check_log(facts), IsEmpty()) << "the time before the calm does not count";
  facts.end_ms = 130'001;
  EXPECT_THAT(check_log(facts), ElementsAre(HasSubstr("dispatching for 120 s")));
}

TEST_F(LogCheckerTest, EqualLogsHaveEqualHashes) {
  const std::uint64_t hash = hash_of(facts.events);
  EXPECT_EQ(hash_of(facts.events), hash);
  facts.events.back().command_id += "x";
  EXPECT_NE(hash_of(facts.events), hash);
}

}  // namespace
}  // namespace quarry::sim
