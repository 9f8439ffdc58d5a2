// SPDX-License-Identifier: MIT
// A test with a fake server, whose answers can be replaced one by one.
#pragma once

#include "plugins/qbittorrent/testing/fake_rig.hpp"
#include "plugins/qbittorrent/testing/sample_torrent.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace quarry::qbittorrent::testing {

/// What a call came to.
struct Outcome {
  sdk::Status status;
  std::string said;
};

class FakeServerTest : public ::testing::Test {
 protected:
  using Answer = std::optional<sdk::Result<sdk::HttpReply>>;

  explicit FakeServerTest(Version version = Version::v5_2) : rig(version), client(rig.client()) {
    rig.fake.http.serve([this, server = rig.server.handler()](const sdk::testing::SeenRequest& seen) {
      if (instead) {
        if (Answer answer = instead(FakeRequest(seen))) { return *answer; }
      }
      return server(seen);
    });
  }

  template <class Call>
  Outcome run(Call call, std::int64_t timeout_ms = 30'000) {
    sdk::BasicContext ctx = rig.fake.context(timeout_ms);
    const sdk::Status status = call(ctx);
    return {status, ctx.text()};
  }
  Outcome list(Listing& out, std::span<const sdk::ItemKey> keys) {
    sdk::ListQuery query;
    query.keys = keys;
    return run([&](sdk::CallContext& ctx) { return client->list(ctx, query, out); });
  }
  Outcome list_all(Listing& out) {
    sdk::ListQuery query;
    query.scope = sdk::ListScope::all;
    return run([&](sdk::CallContext& ctx) { return client->list(ctx, query, out); });
  }
  Outcome list_all() {
    Listing out;
    return list_all(out);
  }
  Outcome add(const SampleTorrent& t) {
    sdk::AddRequest request;
    request.metainfo = t.metainfo();
    request.key = t.key();
    return run([&](sdk::CallContext& ctx) { return client->add(ctx, request); });
  }
  Outcome pause(const SampleTorrent& t) {
    const sdk::ItemKey key = t.key();
    return run([&](sdk::CallContext& ctx) { return client->pause(ctx, {&key, 1}); });
  }
  /// This answer to every request for `action`.
  void answer(const std::string& action, sdk::HttpReply reply) {
    instead = [action, reply](const FakeRequest& r) { return r.action == action ? Answer(reply) : Answer(); };
  }
  void answer(const std::string& action, sdk::Failure failure) {
    instead = [action, failure](const FakeRequest& r) { return r.action == action ? Answer(failure) : Answer(); };
  }
  static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

  FakeRig rig;
  std::unique_ptr<QbittorrentClient> client;
  std::function<Answer(const FakeRequest&)> instead;
};

}  // namespace quarry::qbittorrent::testing
