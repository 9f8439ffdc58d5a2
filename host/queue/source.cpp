// SPDX-License-Identifier: MIT
#include "queue/source.hpp"

#include "queue/url.hpp"

#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/http_client.hpp>

namespace quarry::queue {
namespace {

constexpr int kMaxRedirects = 5;

class FetchBuffer final : public sdk::FetchSink {
 public:
  bool metainfo(std::span<const std::byte> piece) noexcept override { return bytes_.write(piece); }
  bool magnet(std::string_view uri) noexcept override {
    magnet_ = uri;
    return true;
  }
  [[nodiscard]] bool overflow() const noexcept { return bytes_.overflow; }
  [[nodiscard]] SourceMaterial take() { return {std::move(bytes_.data), std::move(magnet_), {}}; }

 private:
  sdk::Bytes bytes_{kMaxMetainfoBytes};
  std::string magnet_;
};

sdk::Failure too_large() {
  return sdk::failure(sdk::Code::invalid,
                      "the .torrent is larger than " + std::to_string(kMaxMetainfoBytes >> 20U) + " MiB");
}

sdk::Result<SourceMaterial> from_indexer(const EnginePorts& ports, const EngineSettings& settings, const Download& d) {
  sdk::Indexer* indexer = ports.indexer(d.indexer);
  if (indexer == nullptr) {
    return sdk::failure(sdk::Code::unavailable, "the indexer \"" + d.indexer + "\" is not loaded");
  }
  sdk::BasicContext ctx(*ports.clock, settings.fetch_timeout_ms, "download-" + std::to_string(d.id));
  sdk::ReleaseRef ref;
  ref.guid = d.guid;
  ref.infohash_v1 = d.infohash_v1;
  FetchBuffer buffer;
  const sdk::Status status = indexer->fetch(ctx, ref, buffer);
  if (buffer.overflow()) { return too_large(); }
  if (!status.ok()) {
    sdk::Failure failure = ctx.failure(status, "the indexer \"" + d.indexer + "\" could not hand out the release");
    failure.text = without_paths(failure.text);
    return failure;
  }
  SourceMaterial source = buffer.take();
  source.fresh_from_indexer = true;
  return source;
}

sdk::Failure refusal(const sdk::HttpReply& reply, std::int64_t now_wall_ms) {
  const std::string said = "the site answered " + std::to_string(reply.status);
  sdk::Failure failure = sdk::failure(sdk::Code::unavailable, said, reply.status);
  if (reply.status == 404 || reply.status == 410) {
    failure = sdk::failure(sdk::Code::not_found, said + ": the .torrent is gone", reply.status);
  }
  if (reply.status == 429) {
    failure = sdk::failure(sdk::Code::rate_limited, said + ": too many requests", reply.status);
  }
  if (reply.status == 401 || reply.status == 403) {
    failure = sdk::failure(sdk::Code::unavailable, said + ": the link may have expired or need a login", reply.status);
  }
  failure.status.retry_after_ms = reply.retry_after_ms(now_wall_ms);
  return failure;
}

/// Where a redirect leads: an address that may be asked, or a magnet.
sdk::Result<std::string> next_stop(const std::string& from, std::string_view location) {
  std::string next = resolve_location(from, location);
  if (has_scheme(next, "magnet")) { return next; }
  if (has_scheme(from, "https") && has_scheme(next, "http")) {
    return sdk::failure(sdk::Code::invalid, origin_of(from) + " leads to " + origin_of(next) +
                                                ", which is not encrypted: give its link yourself if you trust it");
  }
  if (!has_scheme(next, "http") && !has_scheme(next, "https")) {
    return sdk::failure(sdk::Code::invalid, origin_of(from) + " leads to something that is neither http nor a magnet");
  }
  return next;
}

/// Follows redirects by hand: the address of each stop is checked again, and many sites end in a magnet.
sdk::Result<SourceMaterial> from_url(const EnginePorts& ports, const EngineSettings& settings, const Download& d) {
  if (ports.http == nullptr) { return sdk::failure(sdk::Code::unsupported, "this host cannot fetch URLs"); }
  struct OneService final : sdk::HostServices {
    explicit OneService(sdk::Http* h) : http(h) {}
    void* query(std::string_view id) noexcept override { return id == sdk::Http::kId ? http : nullptr; }
    sdk::Http* http;
  } services(ports.http);
  const sdk::HttpClient http(services);
  sdk::BasicContext ctx(*ports.clock, settings.fetch_timeout_ms, "download-" + std::to_string(d.id));
  sdk::HttpCall call;
  call.url = d.download_url;
  call.max_response_bytes = static_cast<std::int64_t>(kMaxMetainfoBytes);
  for (int stop = 0; stop <= kMaxRedirects; ++stop) {
    sdk::HttpReply reply;
    try {
      reply = http.send(ctx, call);
    } catch (const sdk::Error& e) {
      return sdk::Failure{e.status(), "the .torrent cannot be fetched from " + origin_of(call.url) + ": " +
                                          without_paths(e.what(), call.url)};
    }
    if (reply.success()) { return SourceMaterial{std::move(reply.body), {}, {}}; }
    const std::string_view location = reply.header("Location");
    if (reply.status < 300 || reply.status >= 400 || location.empty()) {
      return refusal(reply, ports.clock->wall_ms());
    }
    auto next = next_stop(call.url, location);
    if (!next) { return next.error(); }
    call.url = std::move(*next);
    if (has_scheme(call.url, "magnet")) { return SourceMaterial{{}, call.url, {}}; }
  }
  return sdk::failure(sdk::Code::invalid, "the link leads in circles: more than 5 redirects");
}

sdk::Result<SourceMaterial> raw_source(const EnginePorts& ports, const EngineSettings& settings, const Download& d) {
  auto kept = ports.store->metainfo(d.id);
  if (!kept) { return kept.error(); }
  if (!kept->empty()) { return SourceMaterial{std::move(*kept), {}, {}}; }
  if (!d.magnet.empty()) { return SourceMaterial{{}, d.magnet, {}}; }
  if (!d.indexer.empty() && !d.guid.empty()) { return from_indexer(ports, settings, d); }
  return from_url(ports, settings, d);
}

bool differ(const std::string& announced, const std::string& found) {
  return !announced.empty() && !found.empty() && announced != found;
}

std::string size_danger(std::int64_t announced, std::int64_t found) {
  if (announced <= 0 || found <= 0 || (found >= announced / 2 && found / 2 <= announced)) { return {}; }
  const auto amount = [](std::int64_t bytes) {
    constexpr std::int64_t kMega = 1'000'000;
    return bytes < 10 * kMega ? std::to_string(bytes) + " bytes" : std::to_string(bytes / kMega) + " MB";
  };
  return "the torrent holds " + amount(found) + ", but the indexer announced " + amount(announced) +
         "; retry to take it all the same";
}

}  // namespace

sdk::Result<SourceMaterial> obtain_source(const EnginePorts& ports, const EngineSettings& settings, const Download& d) {
  auto source = raw_source(ports, settings, d);
  if (!source) { return source.error(); }
  auto facts = source->magnet.empty() ? inspect_torrent(source->metainfo) : inspect_magnet(source->magnet);
  if (!facts) { return facts.error(); }
  const bool other_v1 = differ(d.infohash_v1, facts->infohash_v1);
  if (other_v1 || differ(d.infohash_v2, facts->infohash_v2)) {
    return sdk::failure(sdk::Code::invalid, "this is another torrent than the one that was announced (hash " +
                                                (other_v1 ? facts->infohash_v1 : facts->infohash_v2) + " in place of " +
                                                (other_v1 ? d.infohash_v1 : d.infohash_v2) + ")");
  }
  if (settings.check_announced_size && source->fresh_from_indexer && facts->danger.empty()) {
    facts->danger = size_danger(d.size_bytes, facts->size_bytes);
  }
  if (!source->magnet.empty()) { source->magnet = normal_magnet(source->magnet); }
  source->facts = std::move(*facts);
  return source;
}

}  // namespace quarry::queue
