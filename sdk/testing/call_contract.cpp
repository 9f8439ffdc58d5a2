// SPDX-License-Identifier: MIT
#include <quarry/sdk/testing/call_contract.hpp>

#include <gtest/gtest.h>

namespace quarry::sdk::testing {
namespace {

constexpr std::int64_t kPlentyMs = 60'000;
constexpr std::chrono::seconds kSoon{2};
constexpr int kMostLooks = 200;

Status gave_up(CallContext& ctx) {
  if (ctx.cancelled()) { return ctx.fail({Code::cancelled, 0, 0, 0}, "cancelled by the caller"); }
  if (ctx.remaining_ms() <= 0) { return ctx.fail({Code::deadline, kRetryable, 0, 0}, "the time is over"); }
  return {};
}

}  // namespace

void ImpatientCaller::look() const noexcept {
  if (gave_up_at_) { return; }
  if (looks_-- <= 0) { gave_up_at_ = std::chrono::steady_clock::now(); }
}
std::int64_t ImpatientCaller::remaining_ms() const noexcept {
  look();
  return how_ == GivesUp::by_deadline && gave_up() ? 0 : kPlentyMs;
}
bool ImpatientCaller::cancelled() const noexcept {
  look();
  return how_ == GivesUp::by_cancelling && gave_up();
}
Status ImpatientCaller::fail(Status status, std::string_view text) noexcept {
  text_ = text;
  return status;
}
std::chrono::milliseconds ImpatientCaller::since() const noexcept {
  if (!gave_up_at_) { return {}; }
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - *gave_up_at_);
}

void* ContractHost::query(std::string_view interface_id) noexcept {
  return interface_id == Http::kId ? static_cast<Http*>(&http_) : fake.query(interface_id);
}
Status ContractHost::AttentiveHttp::send(CallContext& ctx, const HttpRequest& request, HttpSink& sink) noexcept {
  if (Status status = gave_up(ctx); !status.ok()) {
    status.flags |= kNotStarted;
    return status;
  }
  // The server has done it, and the caller no longer hears of it.
  class Late final : public HttpSink {
   public:
    Late(CallContext& ctx, HttpSink& inner) : ctx_(ctx), inner_(inner) {}
    bool head(std::int32_t status, std::span<const HttpHeader> headers) noexcept override {
      late = gave_up(ctx_);
      return late.ok() && inner_.head(status, headers);
    }
    bool body(std::span<const std::byte> piece) noexcept override { return inner_.body(piece); }
    Status late;

   private:
    CallContext& ctx_;
    HttpSink& inner_;
  } watched(ctx, sink);
  const Status status = script_.send(ctx, request, watched);
  return watched.late.ok() ? status : watched.late;
}

void expect_explained(const Status& status, std::string_view text, std::string_view secret) {
  const auto code = static_cast<int>(status.code);
  if (status.ok()) { return; }
  EXPECT_FALSE(text.empty()) << "a failure (code " << code << ") without a sentence: use ctx.fail() or throw Error";
  if (!secret.empty()) { EXPECT_EQ(text.find(secret), std::string_view::npos) << "the secret is in: " << text; }
  EXPECT_NE(status.code, Code::internal) << "a bug in the plugin: " << text;
  const bool final = status.code == Code::invalid || status.code == Code::unauthenticated ||
                     status.code == Code::unsupported || status.code == Code::not_found;
  if (final) { EXPECT_FALSE(status.retryable()) << "trying again cannot help (code " << code << "): " << text; }
}

void expect_gives_up(std::string_view what, std::string_view secret, const std::function<Status(CallContext&)>& call) {
  for (const GivesUp how : {GivesUp::by_cancelling, GivesUp::by_deadline}) {
    const Code wanted = how == GivesUp::by_cancelling ? Code::cancelled : Code::deadline;
    for (int looks = 0; looks <= kMostLooks; ++looks) {
      ImpatientCaller ctx(how, looks);
      const Status status = call(ctx);
      const auto late = ctx.since();
      const std::string where = std::string(what) + ", " +
                                (how == GivesUp::by_cancelling ? "cancelled" : "out of time") + " at its look " +
                                std::to_string(looks) + ": " + ctx.text();
      expect_explained(status, ctx.text(), secret);
      EXPECT_LT(late, kSoon) << where;
      EXPECT_TRUE(status.code == wanted || (status.ok() && looks > 0))
          << where << " (code " << static_cast<int>(status.code) << ")";
      if (!ctx.gave_up() || ::testing::Test::HasFailure()) { break; }
    }
  }
}

}  // namespace quarry::sdk::testing
