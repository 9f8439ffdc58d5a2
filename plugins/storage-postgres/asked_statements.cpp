// SPDX-License-Identifier: MIT
#include "asked_statements.hpp"

#include "statements.hpp"

namespace quarry::storage_postgres::testing {
namespace {

#define QUARRY_ASKED(NAME) #NAME, sql::NAME

/// For what is about one row, or a few: a row is found in three or four pages, and a change of it writes into the pages
/// of each index and of the events.
constexpr std::int64_t kFew = 150;

}  // namespace

const std::vector<AskedStatement>& asked_of_writers() {
  static const std::vector<AskedStatement> asked = {
      {QUARRY_ASKED(kEnqueue),
       "'{x1,x2}', '{downloads,downloads}', '{x1,x2}', '{t,t}', '{i,i}', '{g,g}', '{u,u}', '{m,m}', '{c,c}', "
       "'{x1,x2}', "
       "'{y1,y2}', '{0,0}', '{0,0}', '{1,1}', '{0,0}', '{0,0}', '{1,1}', '{3,3}'",
       {"download_claim lane", "download_created_by created_by"},
       kFew},
      {QUARRY_ASKED(kEnqueueOne),
       "'x', 'downloads', 'x', 't', 'i', 'g', 'u', 'm', 'c', 'x', 'y', '0', '0', '1', '0', '0', '1', '3'",
       {"download_claim lane", "download_created_by created_by"},
       kFew},
      {QUARRY_ASKED(kFindCreatedBy), "'c500001'", {"download_created_by created_by", "download_state_pkey id"}, kFew},
      {QUARRY_ASKED(kFindHolder),
       "'1', 'r500001', md5('500001'), 'x'",
       {"download_release release_key", "download_v1 infohash_v1", "download_v2 infohash_v2"},
       kFew},
      // A command that was carried out before, which is answered again, and one that is new; ten rows become due. The
      // rows that are answered are sorted.
      {QUARRY_ASKED(kClaim),
       "'{1,2}', '{w200001,x}', 'downloads', 'owner', '30000', '10'",
       {"download_claim lane", "download_due lane", "download_origin_pkey id", "download_state_pkey id",
        "download_status state", "lane_pkey name"},
       1000,
       3},
      {QUARRY_ASKED(kHeartbeat), "'{200001}', '{0}', 'owner', '30000'", {"download_state_pkey id"}, kFew},
      {QUARRY_ASKED(kIntent),
       "'200001', '0', 'x', 'client', 'x', 'y', 'm', '1'",
       {"download_origin_pkey id", "download_state_pkey id"},
       kFew},
      {QUARRY_ASKED(kPutMetainfo), "'19999', 'torrent'", {"download_state_pkey id"}, kFew},
      {QUARRY_ASKED(kTransition),
       "'{200100}', '{0}', '{-1}', '{x}', '3', '5', '0', '2', '', '0', '0', '', '', '', '', '', '', '0', '0', '0', "
       "'0', "
       "'0', '0', '0', '0', 'client:client', '1'",
       {"download_state_pkey id", "duty_pkey name"},
       kFew},
      // To the top of the lane: one row is read, from the head of an index.
      {QUARRY_ASKED(kEdit),
       "'500001', '-1', 'x', '4', '0', '0', '0', '1', '0', '', '0'",
       {"download_origin_pkey id", "download_rank in order", "download_state_pkey id"},
       kFew},
      // Rows that hosts have in hand are few: of these the ones whose lease ran out are sorted.
      {QUARRY_ASKED(kRescue),
       "'x', '100', '5000', 'w', 'r'",
       {"download_origin_pkey id", "download_state_pkey id", "download_status state"},
       600,
       20},
      {QUARRY_ASKED(kProgress),
       "'{200100}', '{0}', '{0}', '{0}', '{1}', '{1}', '{2}', '{1}', '{1}', '{1}', '{1}', '{0.5}', '{0.5}', '{s}', "
       "'{o}'",
       {"download_state_pkey id"},
       kFew},
      {QUARRY_ASKED(kTakeDuty), "'history', 'owner', '30000'", {}, kFew},
      {QUARRY_ASKED(kGiveUpDuty), "'history', 'owner'", {"duty_pkey name"}, kFew},
      {QUARRY_ASKED(kDuty), "'history'", {"duty_pkey name"}, kFew},
      {QUARRY_ASKED(kFacts), "'{200100}'", {"download_state_pkey id"}, kFew},
      {QUARRY_ASKED(kSetLane), "'downloads', '3', '-1'", {}, kFew},
      {QUARRY_ASKED(kPrune),
       "'416', '1000', '10'",
       {"download_ended ended_at_ms", "download_origin_pkey id", "download_state_pkey id", "metainfo_pkey download_id"},
       kFew},
  };
  return asked;
}

const std::vector<AskedStatement>& asked_of_readers() {
  static const std::vector<AskedStatement> asked = {
      {QUARRY_ASKED(kById), "'500001'", {"download_origin_pkey id", "download_state_pkey id"}, kFew},
      {QUARRY_ASKED(kByHash),
       "md5('500001')",
       {"download_origin_pkey id", "download_state_pkey id", "download_v1 infohash_v1", "download_v2 infohash_v2"},
       kFew},
      {QUARRY_ASKED(kByRelease), "'r500001'", {"download_origin_pkey id", "download_release release_key"}, kFew},
      {QUARRY_ASKED(kByCommand), "'c500001'", {"download_created_by created_by", "download_state_pkey id"}, kFew},
      {QUARRY_ASKED(kMetainfo), "'200002'", {"download_state_pkey id", "metainfo_pkey download_id"}, kFew},
      // Ten pairs of state and status, in 64 shards at most.
      {QUARRY_ASKED(kStatusCounts), "", {"status_count whole"}, kFew, 640},
      {QUARRY_ASKED(kLaneStats),
       "'downloads'",
       {"download_due lane", "download_status state", "event_pkey sequence", "lane_pkey name"},
       kFew},
      {QUARRY_ASKED(kEventsSettled), "", {}, kFew},
      {QUARRY_ASKED(kEventsSince), "'900000', '1000000', '50'", {"event_pkey sequence"}, kFew},
  };
  return asked;
}

const std::set<std::string>& without_tables() {
  static const std::set<std::string> names = {"kReadyChannel", "kBegin",    "kBeginReads", "kBeginRead",
                                              "kCommit",       "kRollback", "kForgetPlans"};
  return names;
}

}  // namespace quarry::storage_postgres::testing
