// SPDX-License-Identifier: MIT
// A sound plugin, to stand beside the faulty ones: an indexer that answers with what it was asked, and is
// refused its credentials when it is asked for "refuse".
#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/plugin.hpp>

#include <atomic>

namespace {

using namespace quarry::sdk;

std::atomic<int> instances_made{0};

class Good final : public Plugin<Indexer> {
 public:
  Good(HostServices& host, const Config& config)
      : log_(get<Log>(host)),
        greeting_(config.text("greeting", "hello")),
        secret_(config.text("secret")),
        count_(config.integer("count", 1)) {
    ++instances_made;
  }

  Status capabilities(CallContext&, IndexerCapabilities& out) noexcept override {
    out.page_size = 7;
    return {};
  }
  Status test(CallContext& ctx, TestSink& facts) noexcept override {
    return guard(ctx, [&] {
      log_->write(LogLevel::warning, "testing with " + secret_);
      facts.fact("greeting", greeting_);
      facts.fact("instances", std::to_string(instances_made.load()));
      if (greeting_ == "fail") { throw Error(Code::unavailable, "refused " + secret_); }
    });
  }
  Status search(CallContext& ctx, const IndexerQuery& query, ReleaseSink& sink) noexcept override {
    return guard(ctx, [&] {
      if (query.term == "refuse") { throw Error(Code::unauthenticated, "the site refused " + secret_); }
      for (std::int64_t i = 0; i < count_; ++i) {
        const std::string title = greeting_ + " " + std::string(query.term) + " " + std::to_string(i);
        ReleaseView release;
        release.guid = title;
        release.title = title;
        if (!sink.add(release)) { return; }
      }
    });
  }
  Status recent(CallContext&, std::int64_t, ReleaseSink&) noexcept override { return {}; }
  Status fetch(CallContext& ctx, const ReleaseRef& release, FetchSink& sink) noexcept override {
    return guard(ctx, [&] {
      const std::string bytes = "metainfo of " + std::string(release.guid);
      sink.metainfo({reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()});
    });
  }

 private:
  Log* log_;
  std::string greeting_;
  std::string secret_;
  std::int64_t count_;
};

constexpr char kSchema[] = R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "greeting": {"type": "string"},
    "secret": {"type": "string", "secret": true},
    "count": {"type": "integer", "minimum": 0, "maximum": 100}
  }
})";

}  // namespace

QUARRY_PLUGIN(Good, "good", "1.2.3", "Answers with what it was asked.", kSchema, 2);
