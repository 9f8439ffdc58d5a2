// SPDX-License-Identifier: MIT
#include "client_gate.hpp"

#include "world.hpp"

#include <set>
#include <utility>

namespace quarry::sim {
namespace {

sdk::Status dead(sdk::CallContext& ctx) { return ctx.fail({sdk::Code::unavailable, sdk::kNotStarted, 0, 0}, "dead"); }

/// Passes a listing on, and notes what was shown.
class Tap final : public sdk::ItemSink {
 public:
  Tap(sdk::ItemSink& inner, bool half) : inner_(inner), half_(half) {}
  bool add(const sdk::ItemView& item) noexcept override {
    // Half a listing: every other item, and no end.
    if (half_ && (++seen_ % 2) == 0) { return true; }
    shown.insert(std::string(item.infohash_v1));
    return inner_.add(item);
  }
  void finish(bool whole, std::string_view token) noexcept override {
    if (half_) { return; }
    complete = whole;
    inner_.finish(whole, token);
  }
  std::set<std::string> shown;
  bool complete = false;

 private:
  sdk::ItemSink& inner_;
  bool half_;
  int seen_ = 0;
};

}  // namespace

sdk::Status ClientGate::refusal(Context& ctx) {
  if (world_.is_calm()) { return {}; }
  const Weather& w = world_.plan.weather;
  Dice& dice = world_.dice;
  using sdk::Code;
  if (dice.happens(w.client_refused)) {
    world_.dealt(Trouble::client_refuses);
    return ctx.fail({Code::unavailable, sdk::kRetryable | sdk::kNotStarted, 0, 0}, "connection refused");
  }
  if (dice.happens(w.client_error)) {
    world_.dealt(Trouble::client_error);
    return ctx.fail({Code::unavailable, sdk::kRetryable, 0, 500}, "the client answered 500");
  }
  if (dice.happens(w.client_limited)) {
    world_.dealt(Trouble::client_limits);
    return ctx.fail({Code::rate_limited, sdk::kRetryable, dice.happens(0.5) ? 3'000U : 0U, 429}, "too many requests");
  }
  return {};
}

template <class Effect>
sdk::Status ClientGate::call(Context& ctx, const char* what, double twice, Effect effect) {
  const Fate fate = host_.before_call(what, {0, world_.plan.weather.client_loses_answer, twice});
  if (fate == Fate::dead) { return dead(ctx); }
  const bool lost = fate == Fate::loses_answer || fate == Fate::never_arrives;
  sdk::Status status = refusal(ctx);
  if (status.ok() && fate != Fate::never_arrives) {
    status = effect();
    if (fate == Fate::twice) {
      world_.dealt(Trouble::client_twice);
      status = effect();
    }
    client_.look(world_.now());
  }
  world_.say(host_.owner(), [&] {
    return std::string(what) + " " + client_.id() + " " + std::string(ctx.request_id()) + ": code " +
           std::to_string(static_cast<int>(status.code)) +
           (fate == Fate::never_arrives ? ", never arrives"
            : lost                      ? ", answer lost"
                                        : "");
  });
  if (!host_.after_call(what)) { return ctx.fail({sdk::Code::deadline, 0, 0, 0}, "dead"); }
  if (!lost) { return status; }
  world_.dealt(fate == Fate::never_arrives ? Trouble::client_never_hears : Trouble::client_loses_answer);
  return ctx.fail({sdk::Code::deadline, sdk::kRetryable, 0, 0}, "no answer in time");
}

sdk::Status ClientGate::capabilities(Context& ctx, sdk::ClientCapabilities& out) noexcept {
  return call(ctx, "client.capabilities", 0, [&] { return client_.face().capabilities(ctx, out); });
}
sdk::Status ClientGate::test(Context& ctx, sdk::TestSink& facts) noexcept {
  return call(ctx, "client.test", 0, [&] { return client_.face().test(ctx, facts); });
}

sdk::Status ClientGate::arrives_late(Context& ctx, const sdk::AddRequest& request) {
  struct Kept {
    std::string magnet, v1, category, tag;
  };
  Kept kept{std::string(request.magnet), std::string(request.key.infohash_v1), std::string(request.category),
            request.tags.empty() ? "" : std::string(request.tags.front())};
  world_.later(1'000 + world_.dice.below(20'000), [&world = world_, &client = client_, kept] {
    const std::string_view tag = kept.tag;
    sdk::AddRequest again;
    again.magnet = kept.magnet;
    again.key.infohash_v1 = kept.v1;
    again.category = kept.category;
    again.tags = std::span(&tag, 1);
    sdk::BasicContext late(world.truth, 1'000, kept.tag);
    const sdk::Status status = client.face().add(late, again);
    client.look(world.now());
    world.dealt(Trouble::client_late_add);
    world.say(client.id(), [&] { return "late add " + kept.tag + (status.ok() ? " arrives" : " meets it there"); });
  });
  return ctx.fail({sdk::Code::deadline, sdk::kRetryable, 0, 0}, "no answer in time");
}

sdk::Status ClientGate::add(Context& ctx, const sdk::AddRequest& request) noexcept {
  bool sent = false;
  return call(ctx, "client.add", world_.plan.weather.client_twice, [&] {
    if (!std::exchange(sent, true)) { world_.referee.adding(host_.owner(), queue::id_in_tags(ctx.request_id())); }
    const Weather& w = world_.plan.weather;
    if (!world_.is_calm() && world_.dice.happens(w.client_conflict)) {
      world_.dealt(Trouble::client_conflict);
      return ctx.fail({sdk::Code::conflict, 0, 0, 409}, "Fails.");
    }
    if (!world_.is_calm() && world_.dice.happens(w.client_late)) { return arrives_late(ctx, request); }
    return client_.face().add(ctx, request);
  });
}

sdk::Status ClientGate::list(Context& ctx, const sdk::ListQuery& query, sdk::ItemSink& sink) noexcept {
  const bool trouble = !world_.is_calm();
  const Weather& w = world_.plan.weather;
  const bool all = query.scope == sdk::ListScope::all;
  Listing seen{host_.owner(), client_.id(), queue::id_in_tags(ctx.request_id()), all};
  const sdk::Status status = call(ctx, all ? "client.list_all" : "client.list", 0, [&]() -> sdk::Status {
    seen.epoch = world_.referee.epoch_of(host_.owner(), client_.id());
    const bool half = trouble && world_.dice.happens(w.client_half);
    if (half) { world_.dealt(Trouble::client_half_list); }
    Tap tap(sink, half);
    sdk::Status done;
    if (world_.now() < client_.lists_nothing_until_ms) {
      tap.finish(true, {});
    } else if (trouble && world_.dice.happens(w.client_empty)) {
      world_.dealt(Trouble::client_empty_list);
      tap.finish(true, {});
    } else {
      done = client_.face().list(ctx, query, tap);
    }
    seen.complete = tap.complete;
    seen.shown = std::move(tap.shown);
    return done;
  });
  if (status.ok()) { world_.referee.listed(seen); }
  return status;
}

sdk::Status ClientGate::pause(Context& ctx, Keys keys) noexcept {
  return call(ctx, "client.pause", world_.plan.weather.client_twice, [&] { return client_.face().pause(ctx, keys); });
}
sdk::Status ClientGate::resume(Context& ctx, Keys keys) noexcept {
  return call(ctx, "client.resume", world_.plan.weather.client_twice, [&] { return client_.face().resume(ctx, keys); });
}
sdk::Status ClientGate::remove(Context& ctx, Keys keys, std::int32_t delete_data) noexcept {
  return call(ctx, "client.remove", world_.plan.weather.client_twice, [&] {
    for (const sdk::ItemKey& key : keys) {
      const std::string hash(key.infohash_v1);
      if (client_.has_since(hash) < 0) { continue; }
      world_.referee.removing(queue::id_in_tags(ctx.request_id()), delete_data != 0);
      world_.say(host_.owner(), [&] { return "removes " + hash + " from " + client_.id(); });
    }
    return client_.face().remove(ctx, keys, delete_data);
  });
}
sdk::Status ClientGate::set_priority(Context& ctx, Keys keys, sdk::Priority priority) noexcept {
  return call(ctx, "client.set_priority", world_.plan.weather.client_twice,
              [&] { return client_.face().set_priority(ctx, keys, priority); });
}
sdk::Status ClientGate::set_category(Context& ctx, Keys keys, std::string_view category) noexcept {
  return call(ctx, "client.set_category", world_.plan.weather.client_twice,
              [&] { return client_.face().set_category(ctx, keys, category); });
}
sdk::Status ClientGate::set_limits(Context& ctx, Keys keys, const sdk::ClientLimits& limits) noexcept {
  return call(ctx, "client.set_limits", world_.plan.weather.client_twice,
              [&] { return client_.face().set_limits(ctx, keys, limits); });
}
sdk::Status ClientGate::files(Context& ctx, const sdk::ItemKey& key, sdk::FileSink& sink) noexcept {
  return call(ctx, "client.files", 0, [&] { return client_.face().files(ctx, key, sink); });
}

}  // namespace quarry::sim
