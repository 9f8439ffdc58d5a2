// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/client.hpp"

#include "plugins/qbittorrent/add.hpp"
#include "plugins/qbittorrent/limits.hpp"

#include <quarry/sdk/helpers/barrier.hpp>

#include <algorithm>
#include <cmath>

namespace quarry::qbittorrent {

QbittorrentClient::QbittorrentClient(sdk::HostServices& services, const sdk::Config& config)
    : session_(services, read_settings(config)), api_(session_) {}

sdk::Status QbittorrentClient::capabilities(sdk::CallContext&, sdk::ClientCapabilities& out) noexcept {
  // Not kListsChanges: an empty delta of sync/maindata costs the server most of a whole listing, while
  // torrents/info?hashes= costs only what is asked for.
  out.flags =
      sdk::kHasPriority | sdk::kHasCategories | sdk::kHasTags | sdk::kHasLimits | sdk::kTakesMagnets | sdk::kTakesV2;
  return {};
}

std::string QbittorrentClient::text_of(sdk::CallContext& ctx, const char* action) {
  const sdk::HttpReply reply = session_.get(ctx, action);
  if (reply.success()) { return reply.body; }
  if (reply.status == 404) { return {}; }
  throw session_.unexpected(action, reply);
}

sdk::Status QbittorrentClient::test(sdk::CallContext& ctx, sdk::TestSink& facts) noexcept {
  return sdk::guard(ctx, [&] {
    const sdk::HttpReply reply = session_.get(ctx, "app/version");
    if (!reply.success()) { throw session_.unexpected("app/version", reply); }
    facts.fact("version", reply.body);
    const std::string api_version = text_of(ctx, "app/webapiVersion");
    if (!parse_api_version(api_version)) {
      throw sdk::Error(sdk::Code::unavailable,
                       session_.name() + " tells no Web API version: is it qBittorrent 4.1 or later?");
    }
    facts.fact("web_api_version", api_version);
    const std::string save_path = text_of(ctx, "app/defaultSavePath");
    if (!save_path.empty()) { facts.fact("default_save_path", save_path); }
    const sdk::HttpReply build = session_.get(ctx, "app/buildInfo");
    if (build.success()) {
      const sdk::JsonDocument info = api_.json("app/buildInfo", build);
      facts.fact("libtorrent", info["libtorrent"].as_string("unknown"));
    }
  });
}

sdk::Status QbittorrentClient::add(sdk::CallContext& ctx, const sdk::AddRequest& request) noexcept {
  return sdk::guard(ctx, [&] { add_torrent(ctx, api_, request); });
}

sdk::Status QbittorrentClient::list(sdk::CallContext& ctx, const sdk::ListQuery& query, sdk::ItemSink& sink) noexcept {
  return sdk::guard(ctx, [&] {
    const auto give = [&](const TorrentRow& row, sdk::Json) { return sink.add(row.view()); };
    Api::Walk how = Api::Walk::complete;
    switch (query.scope) {
      case sdk::ListScope::keys:
        how = api_.each(ctx, KeySet(query.keys), give);
        break;
      case sdk::ListScope::all:
        how = api_.each(ctx, give);
        break;
      default:
        throw sdk::Error(sdk::Code::unsupported,
                         "the qbittorrent plugin lists no changes: its capabilities do not offer kListsChanges");
    }
    sink.finish(how == Api::Walk::complete, {});
  });
}

sdk::Status QbittorrentClient::pause(sdk::CallContext& ctx, std::span<const sdk::ItemKey> keys) noexcept {
  return sdk::guard(ctx, [&] { api_.act_renamed(ctx, "torrents/pause", "torrents/stop", KeySet(keys)); });
}

sdk::Status QbittorrentClient::resume(sdk::CallContext& ctx, std::span<const sdk::ItemKey> keys) noexcept {
  return sdk::guard(ctx, [&] { api_.act_renamed(ctx, "torrents/resume", "torrents/start", KeySet(keys)); });
}

sdk::Status QbittorrentClient::remove(sdk::CallContext& ctx, std::span<const sdk::ItemKey> keys,
                                      std::int32_t delete_data) noexcept {
  return sdk::guard(ctx, [&] {
    api_.act(ctx, "torrents/delete", KeySet(keys), {{"deleteFiles", delete_data != 0 ? "true" : "false"}});
  });
}

sdk::Status QbittorrentClient::set_priority(sdk::CallContext& ctx, std::span<const sdk::ItemKey> keys,
                                            sdk::Priority priority) noexcept {
  return sdk::guard(ctx, [&] {
    // The server has an order and no levels: "normal" is where a torrent is put when it is added.
    const char* action = nullptr;
    switch (priority) {
      case sdk::Priority::very_high:
        action = "torrents/topPrio";
        break;
      case sdk::Priority::high:
        action = "torrents/increasePrio";
        break;
      case sdk::Priority::low:
        action = "torrents/bottomPrio";
        break;
      case sdk::Priority::normal:
        return;
    }
    if (action == nullptr) {
      throw sdk::Error(sdk::Code::invalid, "this priority is none of low, normal, high, very_high");
    }
    api_.act(ctx, action, KeySet(keys), {}, [&] {
      throw sdk::Error(sdk::Status{sdk::Code::unsupported, 0, 0, 409},
                       session_.name() + " has no order of torrents: switch \"Torrent Queueing\" on in its options");
    });
  });
}

sdk::Status QbittorrentClient::set_category(sdk::CallContext& ctx, std::span<const sdk::ItemKey> keys,
                                            std::string_view category) noexcept {
  return sdk::guard(ctx, [&] {
    if (!valid_category(category)) {
      throw sdk::Error(sdk::Code::invalid, "qBittorrent takes no category \"" + std::string(category) +
                                               "\": it may hold no backslash, and '/' only between two names");
    }
    change_category(ctx, KeySet(keys), std::string(category));
  });
}

void QbittorrentClient::change_category(sdk::CallContext& ctx, const KeySet& keys, const std::string& category) {
  const Fields field{{"category", category}};
  bool missing = false;
  api_.act(ctx, "torrents/setCategory", keys, field, [&] { missing = true; });
  if (!missing) { return; }
  later_step([&] {
    // 409: somebody else has made it meanwhile, or the name is refused; the next answer tells which.
    const sdk::HttpReply made =
        session_.post(ctx, "torrents/createCategory", {{"category", category}, {"savePath", ""}});
    if (!made.success() && made.status != 409) { throw session_.unexpected("torrents/createCategory", made); }
    api_.act(ctx, "torrents/setCategory", keys, field, [&] {
      throw sdk::Error(sdk::Status{sdk::Code::invalid, 0, 0, 409},
                       session_.name() + " does not take \"" + category + "\" as a category");
    });
  });
}

sdk::Status QbittorrentClient::set_limits(sdk::CallContext& ctx, std::span<const sdk::ItemKey> keys,
                                          const sdk::ClientLimits& limits) noexcept {
  return sdk::guard(ctx, [&] { qbittorrent::set_limits(ctx, api_, KeySet(keys), limits); });
}

sdk::Status QbittorrentClient::files(sdk::CallContext& ctx, const sdk::ItemKey& key, sdk::FileSink& sink) noexcept {
  return sdk::guard(ctx, [&] {
    const KeySet keys({&key, 1});
    for (const std::string& id : keys.ids()) {
      ApiCall call;
      call.action = "torrents/files";
      call.query = {{"hash", id}};
      call.max_response_bytes = Api::kMaxListBytes;
      const sdk::HttpReply reply = session_.call(ctx, call);
      if (reply.status == 404) { continue; }
      if (!reply.success()) { throw session_.unexpected(call.action, reply); }
      const sdk::JsonDocument document = api_.json(call.action, reply);
      if (!document.root().is_array()) {
        throw sdk::Error(sdk::Code::unavailable,
                         session_.name() + " answered torrents/files with JSON that is no list");
      }
      for (std::size_t i = 0; i < document.root().size(); ++i) {
        const sdk::Json row = document.root().at(i);
        sdk::FileView file;
        file.path = row["name"].as_string();
        file.size_bytes = std::max<std::int64_t>(0, row["size"].as_int());
        const double progress = std::clamp(row["progress"].as_double(), 0.0, 1.0);
        file.done_bytes = std::llround(progress * static_cast<double>(file.size_bytes));
        if (!file.path.empty() && !sink.add(file)) { return; }
      }
      return;
    }
    throw sdk::Error(sdk::Code::not_found, session_.name() + " has no such torrent");
  });
}

}  // namespace quarry::qbittorrent
