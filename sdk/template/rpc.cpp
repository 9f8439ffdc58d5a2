// SPDX-License-Identifier: MIT
#include "rpc.hpp"

#include <quarry/sdk/helpers/sinks.hpp>

#include <utility>

namespace transmission {

using namespace quarry::sdk;

namespace {

constexpr char kSessionHeader[] = "X-Transmission-Session-Id";
constexpr std::int64_t kMaxAnswerBytes = 64LL << 20U;  // a listing of some 100,000 torrents

std::string basic_authorization(const Config& config) {
  const std::string username = config.text("username");
  return username.empty() ? std::string() : "Basic " + base64(as_bytes(username + ":" + config.text("password")));
}

}  // namespace

Rpc::Rpc(HostServices& host, const Config& config)
    : http_(host),
      url_(config.text("url")),
      name_("Transmission at " + url_),
      authorization_(basic_authorization(config)) {}

// [snippet: call]
JsonDocument Rpc::call(CallContext& ctx, std::string_view method, std::string_view arguments) {
  JsonWriter request;
  request.begin_object().member("method", method).key("arguments").raw(arguments).end_object();
  const HttpReply reply = post(ctx, request.take());
  check(method, reply);

  auto answer = JsonDocument::parse(reply.body);
  if (!answer || !(*answer)["result"].is_string()) {
    throw Error(Code::unavailable, name_ + " does not answer as Transmission does: check \"url\"");
  }
  const std::string_view result = (*answer)["result"].as_string();
  if (result != "success") {
    throw Error(Code::invalid, name_ + " refused " + std::string(method) + ": " + std::string(result));
  }
  return std::move(*answer);
}
// [/snippet]

// [snippet: check]
void Rpc::check(std::string_view method, const HttpReply& reply) const {
  if (reply.success()) { return; }
  const std::string said = name_ + " answered " + std::string(method) + " with HTTP " + std::to_string(reply.status);
  switch (reply.status) {
    case 401:
      throw Error(Status{Code::unauthenticated, 0, 0, 401}, said + ": check \"username\" and \"password\"");
    case 403:
    case 421:
      throw Error(Status{Code::unauthenticated, 0, 0, reply.status},
                  said + ": its rpc-whitelist or rpc-host-whitelist does not let Quarry in");
    default:
      throw Error(Status{Code::unavailable, kRetryable, 0, reply.status}, said + ": is it running, is \"url\" right?");
  }
}
// [/snippet]

// [snippet: session]
HttpReply Rpc::post(CallContext& ctx, const std::string& body) {
  HttpCall call;
  call.method = "POST";
  call.url = url_;
  call.body = body;
  call.max_response_bytes = kMaxAnswerBytes;
  const auto send = [&] {
    call.headers = {{"Content-Type", "application/json"}};
    if (!authorization_.empty()) { call.headers.emplace_back("Authorization", authorization_); }
    {
      const std::lock_guard lock(mutex_);
      call.headers.emplace_back(kSessionHeader, session_id_);
    }
    return http_.send(ctx, call);  // no lock is held while the network is waited for
  };

  HttpReply reply = send();
  if (reply.status != 409) { return reply; }
  // Transmission ran nothing: it only told the session id it wants to see. Once more, and only once.
  {
    const std::lock_guard lock(mutex_);
    session_id_ = reply.header(kSessionHeader);
  }
  return send();
}
// [/snippet]

std::string base64(std::span<const std::byte> bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t n) {
      return i + n < bytes.size() ? std::to_integer<unsigned>(bytes[i + n]) : 0U;
    };
    const unsigned group = byte(0) << 16U | byte(1) << 8U | byte(2);
    out += kDigits[group >> 18U & 63U];
    out += kDigits[group >> 12U & 63U];
    out += i + 1 < bytes.size() ? kDigits[group >> 6U & 63U] : '=';
    out += i + 2 < bytes.size() ? kDigits[group & 63U] : '=';
  }
  return out;
}

std::string json_list(const std::vector<std::string>& texts) {
  JsonWriter list;
  list.begin_array();
  for (const std::string& text : texts) { list.value(text); }
  return list.end_array().take();
}

}  // namespace transmission
