// SPDX-License-Identifier: MIT
// What must be noticed when all is over: each test lets one thing get lost, stuck, doubled or left behind.
#include "faulty_queues.hpp"
#include "planted.hpp"

#include <set>
#include <string>

namespace quarry::sim {
namespace {

class RemovesNothing final : public ForwardingClient {
 public:
  using ForwardingClient::ForwardingClient;
  sdk::Status remove(Context&, Keys, std::int32_t) noexcept override { return {}; }
};

/// A client whose add() goes wrong.
class FaultyAdd : public ForwardingClient {
 public:
  explicit FaultyAdd(sdk::testing::FakeDownloadClient& fake) : ForwardingClient(fake), fake_(fake) {}

 protected:
  sdk::testing::FakeDownloadClient& fake_;
};

/// Has two items of one torrent afterwards.
class KeepsAddTwice final : public FaultyAdd {
 public:
  using FaultyAdd::FaultyAdd;
  sdk::Status add(Context& ctx, const sdk::AddRequest& request) noexcept override {
    const sdk::Status status = inner_.add(ctx, request);
    sdk::testing::FakeDownloadClient::Item again;
    again.infohash_v1 = request.key.infohash_v1;
    again.id = again.infohash_v1 + "-again";
    if (status.ok()) { fake_.put(again); }
    return status;
  }
};

/// Throws away what it took, and takes it anew.
class CarriesAddOutTwice final : public FaultyAdd {
 public:
  using FaultyAdd::FaultyAdd;
  sdk::Status add(Context& ctx, const sdk::AddRequest& request) noexcept override {
    const sdk::Status status = inner_.add(ctx, request);
    if (!status.ok()) { return status; }
    fake_.lose(request.key.infohash_v1);
    return inner_.add(ctx, request);
  }
};

/// Shows as whole whatever it was sent, and has nothing.
class ShowsWhatItHasNot final : public ForwardingClient {
 public:
  using ForwardingClient::ForwardingClient;
  sdk::Status add(Context&, const sdk::AddRequest& request) noexcept override {
    sent_.emplace(request.key.infohash_v1);
    return {};
  }
  sdk::Status list(Context&, const sdk::ListQuery&, sdk::ItemSink& sink) noexcept override {
    for (const std::string& hash : sent_) {
      sdk::ItemView item;
      item.id = hash;
      item.infohash_v1 = hash;
      item.state = sdk::ItemState::seeding;
      item.size_bytes = 1000;
      item.done_bytes = 1000;
      item.progress = 1;
      sink.add(item);
    }
    sink.finish(true, {});
    return {};
  }

 private:
  std::set<std::string> sent_;
};

TEST(EndChecker, NoticesWhatIsStuck) {
  Seams seams;
  seams.queue = plant<ClaimsNothing>();
  expect_reported(seams, " is stuck in queued");
}
TEST(EndChecker, NoticesARowThatIsGone) {
  Seams seams;
  seams.queue = plant<LosesRows>();
  expect_reported(seams, " was accepted and is gone");
}
TEST(EndChecker, NoticesARowThatNeverWas) {
  Seams seams;
  seams.queue = plant<LosesEnqueue>();
  expect_reported(seams, " was accepted and is gone");
  expect_reported(seams, " was accepted, and the log has none such");
  expect_reported(seams, " was acknowledged, and the log has none such");
}
TEST(EndChecker, NoticesAFilmThatWasForgotten) {
  Seams seams;
  seams.queue = plant<ForgetsFilm>();
  expect_reported(seams, " is for film 0, not ");
}
TEST(EndChecker, NoticesWhatNobodyWants) {
  Seams seams;
  seams.client = plant<RemovesNothing>();
  expect_reported(seams, ", which nobody wants");
}
TEST(EndChecker, NoticesATorrentThatIsThereTwice) {
  Seams seams;
  seams.client = plant<KeepsAddTwice>();
  expect_reported(seams, " twice");
}
TEST(EndChecker, NoticesATorrentThatWasTakenTwice) {
  Seams seams;
  seams.client = plant<CarriesAddOutTwice>();
  expect_reported(seams, " times, its journal says ");
}
TEST(EndChecker, NoticesACompletedDownloadWithoutItem) {
  Seams seams;
  seams.client = plant<ShowsWhatItHasNot>();
  expect_reported(seams, " is completed, but its client has it not");
}
TEST(Users, NoticeThatAnUnknownFilmWasAccepted) {
  Seams seams;
  seams.queue = plant<ForgetsFilm>();
  expect_reported(seams, "a grab for a film that nobody knows was accepted");
}

}  // namespace
}  // namespace quarry::sim
