// SPDX-License-Identifier: MIT
#include "cli/commands.hpp"

#include "cli/exit_codes.hpp"
#include "cli/testing/console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace quarry::cli {
namespace {

using ::testing::HasSubstr;
using testing::http_answer;
using ::testing::Not;
using testing::ScriptedHost;

const std::string kGood =
    R"({"id":"r-1","title":"The.Film.2023.1080p.BluRay.x265-GRP","indexer":"hdb","sizeDisplay":"8.0 GiB","ageMinutes":3000,)"
    R"("seeders":12,"score":92.5,"threshold":75,"accepted":true,"reasons":[{"rule":"resolution","points":40,"detail":"1080p"},)"
    R"({"rule":"age","points":-2.5,"detail":""}],"rejections":[]})";
const std::string kBad =
    R"({"id":"r-2","title":"The.Film.2023.\u001b[2JTS","indexer":"hdb","sizeDisplay":"unknown","score":10,"threshold":75,)"
    R"("accepted":false,"reasons":[],"rejections":["forbidden word: TS"]})";
const std::string kLow =
    R"({"id":"r-3","title":"Low","indexer":"hdb","score":60,"threshold":75,"accepted":false,"reasons":[]})";

std::string item(int id, const std::string& status, double progress, const std::string& more = "") {
  return R"({"id":)" + std::to_string(id) + R"(,"title":"Film )" + std::to_string(id) + R"(","status":")" + status +
         R"(","progress":)" + std::to_string(progress) +
         R"(,"sizeDisplay":"1.0 GiB","speedDisplay":"2.0 MiB/s","etaDisplay":"5m 1s")" + more + "}";
}

std::string page(const std::vector<std::string>& items, int total = -1) {
  std::string records;
  for (const std::string& one : items) { records += (records.empty() ? "" : ",") + one; }
  return R"({"page":1,"pageSize":50,"totalRecords":)" +
         std::to_string(total < 0 ? static_cast<int>(items.size()) : total) + R"(,"records":[)" + records + "]}";
}

// search

TEST(Search, PrintsATableWithReasonsAndIds) {
  ScriptedHost host;
  host.tell("GET /api/v3/release", 200, "[" + kGood + "," + kLow + "," + kBad + "]");
  EXPECT_EQ(search(host.session(), "the film & more"), kExitOk);
  EXPECT_EQ(host.seen()[0].line, "GET /api/v3/release?term=the%20film%20%26%20more HTTP/1.1");
  EXPECT_EQ(host.out(),
            "#  score  verdict      size  seeders  age  indexer  title\n"
            "1   92.5  accepted  8.0 GiB       12  2 d  hdb      The.Film.2023.1080p.BluRay.x265-GRP\n"
            "    id r-1  resolution +40 (1080p), age -2.5\n"
            "2     60  below 75        -        -    -  hdb      Low\n"
            "    id r-3\n"
            "3     10  rejected  unknown        -    -  hdb      The.Film.2023.\\x1b[2JTS\n"
            "    id r-2  rejected: forbidden word: TS\n");
  EXPECT_EQ(host.err(), "");
}

TEST(Search, PrintsTheHostsJsonUnchanged) {
  ScriptedHost host;
  const std::string body = "[ " + kBad + "\n]";
  host.tell("GET /api/v3/release", 200, body);
  EXPECT_EQ(search(host.session(true), "x"), kExitOk);
  EXPECT_EQ(host.out(), body + "\n");
}

TEST(Search, SaysWhenThereIsNothingAndWhichIndexersDidNotAnswer) {
  ScriptedHost host;
  host.tell("GET /api/v3/release",
            {http_answer(200, "[]", "X-Indexer-Problems: [{\"indexer\":\"hdb\",\"message\":\"is down\"}]\r\n")});
  EXPECT_EQ(search(host.session(), "x"), kExitNotFound);
  EXPECT_EQ(host.out(), "");
  EXPECT_EQ(host.err(), "quarry: indexer hdb: is down\nquarry: nothing found for \"x\"\n");
}

TEST(Search, RefusesAnAnswerThatIsNoJson) {
  ScriptedHost host;
  host.tell("GET /api/v3/release", 200, "<html>hello</html>");
  EXPECT_EQ(search(host.session(true), "x"), kExitFailed);
  EXPECT_EQ(host.out(), "");
  EXPECT_THAT(host.err(), HasSubstr("something else than JSON"));
}

// grab

TEST(Grab, KnowsUrlMagnetAndReleaseApart) {
  ScriptedHost host;
  host.tell("POST /api/v3/queue/grab", 201, item(7, "queued", 0));
  host.tell("POST /api/v3/queue/grab/r-1%2F2", 201, item(8, "queued", 0));
  EXPECT_EQ(grab(host.session(), {"HTTPS://x/a.torrent", "", "T", "hdb", "films", "high"}), kExitOk);
  EXPECT_EQ(grab(host.session(), {"magnet:?xt=urn:btih:1", "", "", "", "", ""}), kExitOk);
  EXPECT_EQ(grab(host.session(), {"r-1/2", "", "", "", "films", ""}), kExitOk);
  EXPECT_EQ(
      host.seen()[0].body,
      R"({"category":"films","priority":"high","download_url":"HTTPS://x/a.torrent","title":"T","indexer":"hdb"})");
  EXPECT_EQ(host.seen()[1].body, R"({"magnet_url":"magnet:?xt=urn:btih:1"})");
  EXPECT_EQ(host.seen()[2].body, R"({"category":"films"})");
  EXPECT_EQ(host.out(), "download 7: Film 7\ndownload 7: Film 7\ndownload 8: Film 8\n");
}

TEST(Grab, LetsAReleaseKeepItsTitle) {
  ScriptedHost host;
  EXPECT_EQ(grab(host.session(), {"r-1", "", "other", "", "", ""}), kExitUsage);
  EXPECT_TRUE(host.seen().empty());
}

TEST(Grab, ALocalFileIsNotTakenForARelease) {
  ScriptedHost host;
  EXPECT_EQ(grab(host.session(), {"/dev/null", "", "", "", "", ""}), kExitUsage);
  EXPECT_TRUE(host.seen().empty());
  EXPECT_THAT(host.err(), ::testing::HasSubstr("local file"));
}

TEST(Grab, NamesTheDownloadThatIsThereAlready) {
  ScriptedHost host;
  const std::string body =
      R"({"message":"it is in the queue already","description":"Nothing was changed.","code":"conflict","existingId":41})";
  host.tell("POST /api/v3/queue/grab", 409, body);
  EXPECT_EQ(grab(host.session(), {"magnet:?x", "", "", "", "", ""}), kExitConflict);
  EXPECT_EQ(host.err(), "quarry: it is in the queue already. Nothing was changed. (download 41)\n");
  host.tell("POST /api/v3/queue/grab/r-1", 409, R"({"message":"it is there already, as download 41","existingId":41})");
  EXPECT_EQ(grab(host.session(), {"r-1", "", "", "", "", ""}), kExitConflict);
  EXPECT_THAT(host.err(), ::testing::EndsWith("quarry: it is there already, as download 41\n")) << "told once";
  EXPECT_EQ(grab(host.session(true), {"magnet:?x", "", "", "", "", ""}), kExitConflict);
  EXPECT_EQ(host.out(), body + "\n") << "with --json also an error comes as the host sent it";
}

TEST(GrabBest, SaysWhichAndWhy) {
  ScriptedHost host;
  host.tell("POST /api/v3/queue/auto", 201,
            R"({"grabbed":true,"id":9,"release":)" + kGood + R"(,"problems":[{"indexer":"two","message":"is slow"}]})");
  EXPECT_EQ(grab(host.session(), {"", "the film", "", "", "", "low"}), kExitOk);
  EXPECT_EQ(host.seen()[0].body, R"({"term":"the film","priority":"low"})");
  EXPECT_EQ(host.out(),
            "download 9: The.Film.2023.1080p.BluRay.x265-GRP\n"
            "score 92.5 (threshold 75): resolution +40 (1080p), age -2.5\n");
  EXPECT_EQ(host.err(), "quarry: indexer two: is slow\n");
}

TEST(GrabBest, SaysWhyNone) {
  ScriptedHost host;
  host.tell("POST /api/v3/queue/auto", 200,
            R"({"grabbed":false,"message":"the best scores 60","considered":1,"candidates":[)" + kLow +
                R"(],"problems":[]})");
  EXPECT_EQ(grab(host.session(), {"", "x", "", "", "", ""}), kExitNotFound);
  EXPECT_EQ(host.err(), "quarry: nothing was grabbed: the best scores 60\n");
  EXPECT_THAT(host.out(), HasSubstr("below 75"));
}

// queue

TEST(Queue, PrintsATableWithBars) {
  ScriptedHost host;
  host.tell("GET /api/v3/queue", 200,
            page({item(3, "downloading", 50), item(2, "failed", 12.5, R"(,"errorMessage":"no\u001bspace")")}, 9));
  EXPECT_EQ(queue(host.session(), {{"failed", "downloading"}, 1, 2}), kExitOk);
  EXPECT_EQ(
      host.seen()[0].line,
      "GET /api/v3/queue?page=1&pageSize=2&sortKey=added&sortDirection=descending&status=failed&status=downloading "
      "HTTP/1.1");
  EXPECT_EQ(host.out(),
            "id  status       progress                   size      speed   left  title\n"
            " 3  downloading  ████████░░░░░░░░  50 %  1.0 GiB  2.0 MiB/s  5m 1s  Film 3\n"
            " 2  failed       ██░░░░░░░░░░░░░░  12 %  1.0 GiB          -      -  Film 2\n"
            "    no\\x1bspace\n"
            "2 of 9 downloads, page 1\n");
}

TEST(Queue, SaysWhenItIsHeld) {
  ScriptedHost host;
  host.tell("GET /api/v3/queue", 200, R"({"totalRecords":0,"records":[]})");
  host.tell("GET /api/v3/queue/status", 200, R"({"held":true})");
  EXPECT_EQ(queue(host.session(), {}), kExitOk);
  EXPECT_THAT(host.out(), ::testing::HasSubstr("the queue is paused"));
}

TEST(Queue, SaysWhenItIsEmpty) {
  ScriptedHost host;
  host.tell("GET /api/v3/queue", 200, page({}));
  EXPECT_EQ(queue(host.session(), {}), kExitOk);
  EXPECT_EQ(host.out(), "no download to show\n");
}

TEST(Queue, ReportsARefusedKey) {
  ScriptedHost host;
  host.tell("GET /api/v3/queue", 401, "");
  EXPECT_EQ(queue(host.session(true), {}), kExitUsage);
  EXPECT_EQ(host.out(), "");
  EXPECT_THAT(host.err(), HasSubstr("refuses the API key"));
  EXPECT_THAT(host.err(), Not(HasSubstr("the-key-of-this-test")));
}

// queue --watch

TEST(Watch, PrintsALineForEachChangeAndEndsWhenAllIsOver) {
  ScriptedHost host;
  host.tell("GET /api/v3/queue", {http_answer(200, page({item(2, "queued", 0), item(1, "downloading", 5)})),
                                  http_answer(200, page({item(2, "queued", 0), item(1, "downloading", 9)})),
                                  http_answer(200, page({item(2, "downloading", 31), item(1, "completed", 100)})),
                                  http_answer(200, page({item(2, "seeding", 100), item(1, "completed", 100)}))});
  std::vector<std::int64_t> waits;
  EXPECT_EQ(watch_queue(host.session(), {},
                        [&](std::int64_t ms) {
                          waits.push_back(ms);
                          return 0;
                        }),
            kExitOk);
  EXPECT_EQ(host.out(),
            "2  queued    0 %  Film 2\n"
            "1  downloading    5 %  Film 1\n"
            "2  downloading   31 %  Film 2\n"
            "1  completed  100 %  Film 1\n"
            "2  seeding  100 %  Film 2\n");
  EXPECT_EQ(waits, (std::vector<std::int64_t>{1000, 1000, 1000, 0}));
}

TEST(Watch, EndsWithOneWhenAShownDownloadFailed) {
  ScriptedHost host;
  host.tell("GET /api/v3/queue", {http_answer(200, page({item(1, "downloading", 5)})),
                                  http_answer(200, page({item(1, "failed", 5, R"(,"errorMessage":"no space")")}))});
  EXPECT_EQ(watch_queue(host.session(), {}, [](std::int64_t) { return 0; }), kExitFailed);
  EXPECT_THAT(host.out(), HasSubstr("1  failed    5 %  Film 1: no space\n"));
}

TEST(Watch, AsksForWhatLeftThePage) {
  ScriptedHost host;
  host.tell("GET /api/v3/queue", {http_answer(200, page({item(1, "downloading", 5)})), http_answer(200, page({}))});
  host.tell("GET /api/v3/queue/1",
            {http_answer(200, item(1, "downloading", 50)), http_answer(200, item(1, "failed", 50))});
  EXPECT_EQ(watch_queue(host.session(), {{"downloading"}, 1, 50}, [](std::int64_t) { return 0; }), kExitFailed);
}

TEST(Watch, ForgetsWhatWasRemoved) {
  ScriptedHost host;
  host.tell("GET /api/v3/queue", {http_answer(200, page({item(1, "downloading", 5)})), http_answer(200, page({}))});
  EXPECT_EQ(watch_queue(host.session(), {}, [](std::int64_t) { return 0; }), kExitOk);
}

TEST(Watch, DoesNotWaitForWhatIsPaused) {
  ScriptedHost host;
  host.tell("GET /api/v3/queue", 200, page({item(1, "paused", 5)}));
  EXPECT_EQ(watch_queue(host.session(), {}, [](std::int64_t) { return 0; }), kExitOk);
  EXPECT_EQ(host.seen().size(), 1U);
}

TEST(Watch, EndsOnASignalWithItsNumber) {
  ScriptedHost host;
  host.tell("GET /api/v3/queue", 200, page({item(1, "downloading", 5)}));
  EXPECT_EQ(watch_queue(host.session(), {}, [](std::int64_t) { return SIGINT; }), 130);
}

TEST(Watch, ReportsAHostThatFails) {
  ScriptedHost host;
  host.tell("GET /api/v3/queue",
            {http_answer(200, page({item(1, "downloading", 5)})),
             http_answer(503, R"({"message":"the storage is full","description":"Make space."})")});
  EXPECT_EQ(watch_queue(host.session(), {}, [](std::int64_t) { return 0; }), kExitFailed);
  EXPECT_EQ(host.err(), "quarry: the storage is full. Make space.\n");
}

TEST(Watch, DrawsOverTheLastTableOnATerminal) {
  ScriptedHost host;
  host.terminal() = {true, false, 80, 24};
  host.tell("GET /api/v3/queue",
            {http_answer(200, page({item(1, "downloading", 5)})), http_answer(200, page({item(1, "completed", 100)}))});
  EXPECT_EQ(watch_queue(host.session(), {}, [](std::int64_t) { return 0; }), kExitOk);
  EXPECT_EQ(host.out(),
            "id  status       progress                   size      speed   left  title\n"
            " 1  downloading  [--------------]   5 %  1.0 GiB  2.0 MiB/s  5m 1s  Film 1\n"
            "\x1b[2A\r\x1b[J"
            "id  status     progress                   size  speed  left  title\n"
            " 1  completed  [##############] 100 %  1.0 GiB      -     -  Film 1\n");
}

TEST(Watch, StaysWithinTheHeightOfTheTerminal) {
  ScriptedHost host;
  host.terminal() = {true, true, 80, 5};
  std::vector<std::string> items;
  for (int i = 1; i <= 20; ++i) { items.push_back(item(i, "completed", 100)); }
  host.tell("GET /api/v3/queue", 200, page(items));
  EXPECT_EQ(watch_queue(host.session(), {}, [](std::int64_t) { return 0; }), kExitOk);
  const std::string out = host.out();
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 4) << "and one line for the cursor";
  EXPECT_THAT(out, HasSubstr("and 18 lines more\n"));
}

TEST(Watch, PrintsJsonOnlyWhenItChanged) {
  ScriptedHost host;
  const std::string first = page({item(1, "downloading", 5)});
  const std::string second = page({item(1, "completed", 100)});
  host.tell("GET /api/v3/queue", {http_answer(200, first), http_answer(200, first), http_answer(200, second)});
  EXPECT_EQ(watch_queue(host.session(true), {}, [](std::int64_t) { return 0; }), kExitOk);
  EXPECT_EQ(host.out(), first + "\n" + second + "\n");
}

// pause, resume, remove, retry

TEST(Items, DoesTheOthersWhenOneFails) {
  ScriptedHost host;
  host.tell("PUT /api/v3/queue/1/pause", 202, item(1, "paused", 5));
  host.tell("PUT /api/v3/queue/3/pause", 202, item(3, "paused", 5));
  EXPECT_EQ(pause(host.session(), {{1, 2, 3}, false, false}), kExitNotFound);
  EXPECT_EQ(host.out(), "1 paused: Film 1\n3 paused: Film 3\n");
  EXPECT_EQ(host.err(), "quarry: 2: there is no PUT /api/v3/queue/2/pause. Look elsewhere.\n");
}

TEST(Items, ResumesAndRemoves) {
  ScriptedHost host;
  host.tell("PUT /api/v3/queue/1/resume", 202, item(1, "queued", 5));
  host.tell("DELETE /api/v3/queue/1", 200, "{}");
  EXPECT_EQ(resume(host.session(), {{1}, false, false}), kExitOk);
  EXPECT_EQ(remove(host.session(), {{1}, false, false}), kExitOk);
  EXPECT_EQ(remove(host.session(), {{1}, false, true}), kExitOk);
  EXPECT_EQ(host.out(), "1 resumed: Film 1\n1 removed\n1 removed\n");
  EXPECT_EQ(host.seen()[1].line, "DELETE /api/v3/queue/1 HTTP/1.1");
  EXPECT_EQ(host.seen()[2].line, "DELETE /api/v3/queue/1?deleteFiles=true HTTP/1.1");
}

TEST(Items, PausesTheQueueAndThenWhatRuns) {
  ScriptedHost host;
  host.tell("PUT /api/v3/queue/pause", 202, R"({"held":true})");
  host.tell("GET /api/v3/queue", {http_answer(200, page({item(4, "downloading", 1), item(5, "stalled", 1)})),
                                  http_answer(200, page({item(5, "stalled", 1)}))});
  host.tell("PUT /api/v3/queue/4/pause", 202, item(4, "paused", 1));
  host.tell("PUT /api/v3/queue/5/pause", 202, item(5, "stalled", 1));
  EXPECT_EQ(pause(host.session(), {{}, true, false}), kExitOk);
  EXPECT_EQ(host.out(), "the queue is paused\n4 paused: Film 4\n5 paused: Film 5\n");
  EXPECT_EQ(host.seen()[0].line, "PUT /api/v3/queue/pause HTTP/1.1") << "first, so that nothing new starts meanwhile";
  EXPECT_EQ(host.seen().size(), 5U) << "what is listed still is not paused twice";
}

TEST(Items, ResumesAll) {
  ScriptedHost host;
  host.tell("PUT /api/v3/queue/resume", 202, R"({"held":false})");
  host.tell("GET /api/v3/queue", {http_answer(200, page({item(4, "paused", 1)})), http_answer(200, page({}))});
  host.tell("PUT /api/v3/queue/4/resume", 202, item(4, "queued", 1));
  EXPECT_EQ(resume(host.session(true), {{}, true, false}), kExitOk);
  EXPECT_EQ(host.out(), R"({"held":false})"
                        "\n" +
                            item(4, "queued", 1) + "\n");
}

TEST(Items, RetriesOneOrAll) {
  ScriptedHost host;
  host.tell("POST /api/v3/queue/retry",
            {http_answer(200, R"({"retried":1,"problems":[]})"), http_answer(409, R"({"message":"it is running"})"),
             http_answer(200, R"({"retried":12})")});
  EXPECT_EQ(retry(host.session(), {{1, 2}, false, false}), kExitConflict);
  EXPECT_EQ(retry(host.session(), {{}, true, false}), kExitOk);
  EXPECT_EQ(host.seen()[0].body, R"({"id":1})");
  EXPECT_EQ(host.seen()[2].body, "");
  EXPECT_EQ(host.out(), "1 queued again\n12 queued again\n");
  EXPECT_EQ(host.err(), "quarry: 2: it is running\n");
}

TEST(Items, RetryAllSaysHowManyItLeftOut) {
  ScriptedHost host;
  host.tell("POST /api/v3/queue/retry",
            {http_answer(200, R"({"retried":12,"blocked":0})"), http_answer(200, R"({"retried":0,"blocked":3})")});
  EXPECT_EQ(retry(host.session(), {{}, true, false}), kExitOk);
  EXPECT_EQ(retry(host.session(), {{}, true, false}), kExitOk);
  EXPECT_EQ(host.out(),
            "12 queued again\n0 queued again\n3 blocked and left out: see why with `quarry queue --status failed`, and "
            "name those that you want all the same by their ids, as in `quarry retry 7`\n");
}

}  // namespace
}  // namespace quarry::cli
