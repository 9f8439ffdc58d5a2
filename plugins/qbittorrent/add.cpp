// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/add.hpp"

#include <quarry/sdk/helpers/barrier.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

namespace quarry::qbittorrent {
namespace {

/// An added torrent shows within a millisecond, on a busy server later; one that is still being added
/// answers "Fails." to the second try without being listed. So a missing one is looked for again.
constexpr int kLooks = 3;
constexpr std::chrono::milliseconds kBetweenLooks{100};

[[noreturn]] void refuse(const std::string& why) { throw sdk::Error(sdk::Code::invalid, why); }

bool has_control(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; });
}

bool is_magnet(std::string_view link) noexcept {
  constexpr std::string_view kStart = "magnet:?";
  if (link.size() <= kStart.size()) { return false; }
  for (std::size_t i = 0; i < kStart.size(); ++i) {
    const char c = link[i] >= 'A' && link[i] <= 'Z' ? static_cast<char>(link[i] - 'A' + 'a') : link[i];
    if (c != kStart[i]) { return false; }
  }
  // The server reads one link a line and fetches whatever URL stands on a line of its own.
  return !has_control(link) && link.find(' ') == std::string_view::npos;
}

std::string joined_tags(std::span<const std::string_view> tags) {
  std::string out;
  for (const std::string_view tag : tags) {
    if (tag.empty() || has_control(tag) || tag.find(',') != std::string_view::npos) {
      refuse("the tag \"" + std::string(tag) + "\" cannot be used: qBittorrent separates tags by commas");
    }
    if (!out.empty()) { out += ','; }
    out += tag;
  }
  return out;
}

void check_request(const sdk::AddRequest& request, const KeySet& keys) {
  if (keys.ids().empty()) { refuse("the request names no info-hash, so nobody could tell whether it was added"); }
  if (request.metainfo.empty() && !is_magnet(request.magnet)) {
    refuse(request.magnet.empty()
               ? "the request holds neither a .torrent nor a magnet link"
               : "this is no magnet link: it must begin with magnet:? and hold no blank or line break");
  }
  if (!valid_category(request.category)) {
    refuse("qBittorrent takes no category \"" + std::string(request.category) +
           "\": it may hold no backslash, and '/' only between two names");
  }
  if (has_control(request.save_path)) { refuse("the save path holds a control character"); }
}

ApiCall call_for(const sdk::AddRequest& request) {
  sdk::Multipart form;
  if (request.metainfo.empty()) {
    form.field("urls", request.magnet);
  } else {
    form.file("torrents", "quarry.torrent", "application/x-bittorrent",
              {reinterpret_cast<const char*>(request.metainfo.data()), request.metainfo.size()});
  }
  // Always said, since the server's own default may be to add everything stopped. 5.0 renamed it.
  const char* const stopped = request.paused != 0 ? "true" : "false";
  form.field("stopped", stopped);
  form.field("paused", stopped);
  if (!request.category.empty()) { form.field("category", request.category); }
  if (!request.save_path.empty()) {
    form.field("savepath", request.save_path);
    form.field("autoTMM", "false");  // else the category's folder would win
  }
  const std::string tags = joined_tags(request.tags);
  if (!tags.empty()) { form.field("tags", tags); }
  ApiCall call;
  call.action = "torrents/add";
  call.method = "POST";
  call.content_type = form.content_type();
  call.body = form.take();
  return call;
}

bool comes_to_light(sdk::CallContext& ctx, const Api& api, const KeySet& keys) {
  for (int look = 1;; ++look) {
    if (api.holds(ctx, keys)) { return true; }
    if (look == kLooks) { return false; }
    sdk::check_cancelled(ctx);
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

/// Best effort: the item is there, and its place in the queue is no reason to call the add a failure.
void move_up(sdk::CallContext& ctx, const Api& api, const KeySet& keys, sdk::Priority priority) {
  if (priority != sdk::Priority::high && priority != sdk::Priority::very_high) { return; }
  const char* const action = priority == sdk::Priority::high ? "torrents/increasePrio" : "torrents/topPrio";
  try {
    api.act(ctx, action, keys, {}, [] {});
  } catch (const sdk::Error&) {
    // set_priority says what is wrong when somebody asks for it.
  }
}

}  // namespace

bool valid_category(std::string_view name) noexcept {
  return !name.starts_with('/') && !name.ends_with('/') && name.find("//") == std::string_view::npos &&
         name.find('\\') == std::string_view::npos && !has_control(name);
}

void add_torrent(sdk::CallContext& ctx, const Api& api, const sdk::AddRequest& request) {
  const KeySet keys({&request.key, 1});
  check_request(request, keys);
  const ApiCall call = call_for(request);
  const Session& session = api.session();
  const sdk::HttpReply reply = api.session().call(ctx, call);
  if (reply.status == 415) { refuse(session.name() + " says that this is not a valid .torrent file (HTTP 415)"); }
  if (reply.status == 413) { refuse(session.name() + " says that this .torrent file is too large (HTTP 413)"); }
  const bool refused = reply.status == 409 || (reply.success() && reply.body.starts_with("Fails"));
  if (!refused && !reply.success()) { throw session.unexpected(call.action, reply); }

  const bool there = later_step([&] { return comes_to_light(ctx, api, keys); });
  if (refused && there) {
    throw sdk::Error(sdk::Status{sdk::Code::conflict, 0, 0, reply.status},
                     session.name() + " has this torrent already");
  }
  if (refused) {
    throw sdk::Error(
        sdk::Status{sdk::Code::invalid, 0, 0, reply.status},
        session.name() + " refused this torrent without a reason, and does not have it; its own log may say why");
  }
  if (!there) {
    throw sdk::Error(sdk::Code::unavailable, session.name() + " accepted the torrent and does not list it yet");
  }
  move_up(ctx, api, keys, request.priority);
}

}  // namespace quarry::qbittorrent
