// SPDX-License-Identifier: MIT
// quarry.download_client/1 for Transmission 3.00 and later. Top to bottom: from the words of the
// interface to Transmission's and back, then the client, then the entry.
#include "rpc.hpp"

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/helpers/plugin.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace transmission {
namespace {

using namespace quarry::sdk;

// [snippet: keys]
/// Transmission's id of a torrent is its v1 hash. Anything else is left out.
std::vector<std::string> ids_of(std::span<const ItemKey> keys) {
  std::vector<std::string> ids;
  for (const ItemKey& key : keys) {
    for (const std::string_view text : {key.infohash_v1, key.id}) {
      const bool is_hash = text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
      if (is_hash && std::find(ids.begin(), ids.end(), text) == ids.end()) { ids.emplace_back(text); }
    }
  }
  return ids;
}
// [/snippet]

/// Transmission has labels where others have one category and tags.
std::string labels_of(const AddRequest& request) {
  std::vector<std::string> labels(request.tags.begin(), request.tags.end());
  if (!request.category.empty()) { labels.emplace_back(request.category); }
  for (const std::string& label : labels) {
    if (label.find(',') != std::string::npos) {
      throw Error(Code::invalid, "Transmission takes no comma in a label: rename \"" + label + "\"");
    }
  }
  return json_list(labels);
}

int level_of(Priority priority) noexcept {
  if (priority == Priority::low) { return -1; }
  return priority == Priority::normal ? 0 : 1;
}

// [snippet: state]
ItemState state_of(Json row) noexcept {
  constexpr std::int64_t kLocalError = 3;  // 1 and 2 come from trackers, and the download goes on
  if (row["error"].as_int() == kLocalError) {
    const bool lost = row["errorString"].as_string().starts_with("No data found");
    return lost ? ItemState::missing_files : ItemState::error;
  }
  const bool has_metadata = row["metadataPercentComplete"].as_double(1) >= 1;
  const bool complete = has_metadata && row["leftUntilDone"].as_int(1) == 0;
  const std::int64_t status = row["status"].as_int(-1);
  if (!has_metadata && status > 0) { return ItemState::metadata; }
  switch (status) {
    case 0:
      return complete ? ItemState::finished : ItemState::paused;
    case 1:
    case 2:
      return ItemState::checking;
    case 3:
      return ItemState::queued;
    case 4:
      return row["rateDownload"].as_int() > 0 ? ItemState::downloading : ItemState::stalled;
    case 5:
    case 6:
      return ItemState::seeding;
    default:
      return ItemState::unknown;
  }
}
// [/snippet]

constexpr char kItemFields[] =
    R"(["hashString","name","status","error","errorString","labels","downloadDir","sizeWhenDone","leftUntilDone",)"
    R"("metadataPercentComplete","percentDone","rateDownload","rateUpload","eta","addedDate","uploadRatio"])";

// [snippet: show]
/// Hands one row to the host. What a row does not say keeps the value that means "unknown".
bool show(Json row, ItemSink& sink) {
  // The view points into these, and into the answer: all of them outlive sink.add().
  std::string tags;
  for (std::size_t i = 0; i < row["labels"].size(); ++i) {
    tags.append(tags.empty() ? "" : ",").append(row["labels"].at(i).as_string());
  }
  const std::string folder(row["downloadDir"].as_string());
  const std::string path = folder + "/" + std::string(row["name"].as_string());

  ItemView item;
  item.state = state_of(row);
  item.id = item.infohash_v1 = row["hashString"].as_string();
  item.name = row["name"].as_string();
  item.tags = tags;
  item.save_path = folder;
  item.error = row["errorString"].as_string();
  item.down_bps = row["rateDownload"].as_int();
  item.up_bps = row["rateUpload"].as_int();
  item.eta_s = std::max<std::int64_t>(row["eta"].as_int(-1), -1);
  item.added_at_ms = row["addedDate"].as_int() * 1000;
  item.ratio = std::max(row["uploadRatio"].as_double(), 0.0);
  if (row["metadataPercentComplete"].as_double(1) >= 1) {
    item.content_path = path;
    item.size_bytes = row["sizeWhenDone"].as_int(-1);
    item.done_bytes = std::max<std::int64_t>(item.size_bytes - row["leftUntilDone"].as_int(), 0);
    item.progress = row["percentDone"].as_double();
  }
  return sink.add(item);
}
// [/snippet]

// [snippet: class]
class TransmissionClient final : public Plugin<DownloadClient> {
 public:
  TransmissionClient(HostServices& host, const Config& config) : rpc_(host, config) {}

  Status capabilities(CallContext&, ClientCapabilities& out) noexcept override {
    out.flags = kHasTags | kHasPriority | kTakesMagnets;
    return {};
  }
  // [/snippet]

  // [snippet: test]
  Status test(CallContext& ctx, TestSink& facts) noexcept override {
    return guard(ctx, [&] {
      const JsonDocument answer = rpc_.call(ctx, "session-get", "{}");
      const Json session = answer["arguments"];
      constexpr std::int64_t kHasLabels = 16;  // Transmission 3.00
      if (session["rpc-version"].as_int() < kHasLabels) {
        throw Error(Code::unsupported, rpc_.name() + " is too old: 3.00 or later is needed");
      }
      facts.fact("version", session["version"].as_string());
      facts.fact("download_dir", session["download-dir"].as_string());
    });
  }
  // [/snippet]

  // [snippet: add]
  Status add(CallContext& ctx, const AddRequest& request) noexcept override {
    return guard(ctx, [&] {
      const std::string labels = labels_of(request);
      JsonWriter arguments;
      arguments.begin_object();
      if (!request.metainfo.empty()) {
        arguments.member("metainfo", base64(request.metainfo));
      } else if (request.magnet.starts_with("magnet:")) {
        arguments.member("filename", request.magnet);
      } else {
        // Transmission would open any other "filename" as a path or a URL of its own.
        throw Error(Code::invalid, "there is neither a .torrent nor a magnet to add");
      }
      if (!request.save_path.empty()) { arguments.member("download-dir", request.save_path); }
      arguments.member("paused", request.paused != 0).member("bandwidthPriority", level_of(request.priority));
      arguments.key("labels").raw(labels).end_object();
      const JsonDocument answer = rpc_.call(ctx, "torrent-add", arguments.take());

      // "torrent-duplicate" in its place: it is there already, and stays as it is.
      const Json added = answer["arguments"]["torrent-added"];
      if (added.present()) { set_labels(ctx, std::string(added["hashString"].as_string()), labels); }
    });
  }
  // [/snippet]

  // [snippet: list]
  Status list(CallContext& ctx, const ListQuery& query, ItemSink& sink) noexcept override {
    return guard(ctx, [&] {
      if (query.scope == ListScope::changes) {
        throw Error(Code::unsupported, "this plugin lists no changes: it does not offer kListsChanges");
      }
      const bool everything = query.scope == ListScope::all;
      const std::vector<std::string> ids = ids_of(query.keys);
      if (!everything && ids.empty()) { return sink.finish(true, {}); }

      const JsonDocument answer = get(ctx, everything ? nullptr : &ids, kItemFields);
      const Json rows = answer["arguments"]["torrents"];
      bool wanted = true;
      for (std::size_t i = 0; wanted && i < rows.size(); ++i) { wanted = show(rows.at(i), sink); }
      sink.finish(wanted, {});
    });
  }
  // [/snippet]

  // [snippet: actions]
  Status pause(CallContext& ctx, std::span<const ItemKey> keys) noexcept override {
    return guard(ctx, [&] { act(ctx, "torrent-stop", keys); });
  }
  Status resume(CallContext& ctx, std::span<const ItemKey> keys) noexcept override {
    return guard(ctx, [&] { act(ctx, "torrent-start", keys); });
  }
  Status remove(CallContext& ctx, std::span<const ItemKey> keys, std::int32_t delete_data) noexcept override {
    return guard(ctx, [&] { act(ctx, "torrent-remove", keys, "delete-local-data", delete_data != 0); });
  }
  Status set_priority(CallContext& ctx, std::span<const ItemKey> keys, Priority priority) noexcept override {
    return guard(ctx, [&] { act(ctx, "torrent-set", keys, "bandwidthPriority", level_of(priority)); });
  }
  // [/snippet]

  // [snippet: unsupported]
  Status set_category(CallContext& ctx, std::span<const ItemKey>, std::string_view) noexcept override {
    return ctx.fail({Code::unsupported, 0, 0, 0}, "Transmission has no categories");
  }
  Status set_limits(CallContext& ctx, std::span<const ItemKey>, const ClientLimits&) noexcept override {
    return ctx.fail({Code::unsupported, 0, 0, 0}, "this plugin sets no limits: set them in Transmission");
  }
  // [/snippet]

  Status files(CallContext& ctx, const ItemKey& key, FileSink& sink) noexcept override {
    return guard(ctx, [&] {
      const std::vector<std::string> ids = ids_of({&key, 1});
      const JsonDocument answer = get(ctx, &ids, R"(["files"])");
      const Json torrents = answer["arguments"]["torrents"];
      if (torrents.size() == 0) { throw Error(Code::not_found, rpc_.name() + " has no such torrent"); }
      const Json rows = torrents.at(0)["files"];
      bool wanted = true;
      for (std::size_t i = 0; wanted && i < rows.size(); ++i) {
        FileView file;
        file.path = rows.at(i)["name"].as_string();
        file.size_bytes = rows.at(i)["length"].as_int();
        file.done_bytes = rows.at(i)["bytesCompleted"].as_int();
        wanted = sink.add(file);
      }
    });
  }

 private:
  /// The rows of `ids`, or of all torrents when it is null.
  JsonDocument get(CallContext& ctx, const std::vector<std::string>* ids, std::string_view fields) {
    JsonWriter arguments;
    arguments.begin_object().key("fields").raw(fields);
    if (ids != nullptr) { arguments.key("ids").raw(json_list(*ids)); }
    JsonDocument answer = rpc_.call(ctx, "torrent-get", arguments.end_object().take());
    if (!answer["arguments"]["torrents"].is_array()) {
      throw Error(Code::unavailable, rpc_.name() + " answered torrent-get without a list");
    }
    return answer;
  }

  // [snippet: act]
  template <class Value = bool>
  void act(CallContext& ctx, std::string_view method, std::span<const ItemKey> keys, std::string_view name = {},
           Value value = {}) {
    const std::vector<std::string> ids = ids_of(keys);
    if (ids.empty()) { return; }  // without ids, Transmission would take this for all torrents
    JsonWriter arguments;
    arguments.begin_object().key("ids").raw(json_list(ids));
    if (!name.empty()) { arguments.member(name, value); }
    static_cast<void>(rpc_.call(ctx, method, arguments.end_object().take()));
  }
  // [/snippet]

  // [snippet: set_labels]
  /// Transmission 3.00 ignores "labels" in torrent-add; later ones have set them already.
  void set_labels(CallContext& ctx, const std::string& hash, const std::string& labels) {
    JsonWriter arguments;
    arguments.begin_object().key("ids").raw(json_list({hash})).key("labels").raw(labels).end_object();
    try {
      static_cast<void>(rpc_.call(ctx, "torrent-set", arguments.take()));
    } catch (const Error& e) {
      // The torrent is there: whatever stopped this step, "nothing was sent" is no longer true.
      Status status = e.status();
      status.flags &= ~std::uint32_t{kNotStarted};
      throw Error(status, std::string("added, but without its labels: ") + e.what());
    }
  }
  // [/snippet]

  Rpc rpc_;
};

// [snippet: entry]
constexpr char kSchema[] = R"json({
  "$schema": "http://json-schema.org/draft-04/schema#",
  "title": "Transmission",
  "type": "object",
  "additionalProperties": false,
  "required": ["url"],
  "properties": {
    "url": {
      "type": "string",
      "pattern": "^https?://[^@]+$",
      "description": "Address of the RPC, such as http://127.0.0.1:9091/transmission/rpc, without a user in it."
    },
    "username": {"type": "string", "description": "Leave it out when Transmission asks for no login."},
    "password": {"type": "string", "secret": true}
  }
})json";

constexpr unsigned kCallsAtOnce = 2;

}  // namespace
}  // namespace transmission

QUARRY_PLUGIN(transmission::TransmissionClient, "transmission", "1.0.0", "Downloads with Transmission 3.00 or later.",
              transmission::kSchema, transmission::kCallsAtOnce);
// [/snippet]
