// SPDX-License-Identifier: MIT
#include <quarry/sdk/testing/fake_host.hpp>

#include <iterator>
#include <ostream>

namespace quarry::sdk {

void PrintTo(Code code, std::ostream* out) {
  constexpr std::string_view kNames[] = {"ok",          "cancelled",   "deadline",        "invalid",
                                         "not_found",   "conflict",    "unauthenticated", "rate_limited",
                                         "unavailable", "unsupported", "internal"};
  const auto number = static_cast<std::size_t>(code);
  if (number < std::size(kNames)) {
    *out << kNames[number];
  } else {
    *out << "Code " << number;
  }
}

}  // namespace quarry::sdk

namespace quarry::sdk::testing {

void MemoryLog::write(LogLevel, std::string_view text) noexcept {
  const std::lock_guard lock(mutex_);
  text_.append(text).append("\n");
}
std::string MemoryLog::all() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

std::string_view SeenRequest::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers) {
    if (key == name) { return value; }
  }
  return {};
}
std::string SeenRequest::path() const {
  const std::size_t host = url.find("://");
  const std::size_t start = url.find('/', host == std::string::npos ? 0 : host + 3);
  return start == std::string::npos ? "/" : url.substr(start, url.find('?', start) - start);
}

void ScriptedHttp::serve(Handler handler) {
  const std::lock_guard lock(mutex_);
  handler_ = std::move(handler);
}
Status ScriptedHttp::send(CallContext& ctx, const HttpRequest& request, HttpSink& sink) noexcept {
  SeenRequest seen{std::string(request.method),
                   std::string(request.url),
                   {},
                   std::string(reinterpret_cast<const char*>(request.body.data()), request.body.size())};
  for (const HttpHeader& h : request.headers) { seen.headers.emplace_back(h.name, h.value); }
  Handler handler;
  {
    const std::lock_guard lock(mutex_);
    seen_.push_back(seen);
    handler = handler_;
  }
  if (!handler) { return ctx.fail({Code::unavailable, kRetryable | kNotStarted, 0, 0}, "no answer is scripted"); }
  const auto answer = handler(seen);
  if (!answer) { return ctx.fail(answer.error().status, answer.error().text); }
  std::vector<HttpHeader> headers;
  for (const auto& [name, value] : answer->headers) { headers.push_back({name, value}); }
  const std::span<const std::byte> body{reinterpret_cast<const std::byte*>(answer->body.data()), answer->body.size()};
  if (!sink.head(answer->status, headers) || !sink.body(body)) { return {Code::cancelled, 0, 0, 0}; }
  return {};
}
std::vector<SeenRequest> ScriptedHttp::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

HttpReply reply(std::int32_t status, std::string body, std::vector<std::pair<std::string, std::string>> headers) {
  HttpReply r;
  r.status = status;
  r.body = std::move(body);
  r.headers = std::move(headers);
  return r;
}

Status MemoryKeyValue::get(CallContext&, std::string_view key, ByteSink& value) noexcept {
  const std::lock_guard lock(mutex_);
  const auto it = values_.find(key);
  if (it == values_.end()) { return {Code::not_found, 0, 0, 0}; }
  value.write({reinterpret_cast<const std::byte*>(it->second.data()), it->second.size()});
  return {};
}
Status MemoryKeyValue::put(CallContext&, std::string_view key, std::string_view value) noexcept {
  const std::lock_guard lock(mutex_);
  values_.insert_or_assign(std::string(key), std::string(value));
  return {};
}
Status MemoryKeyValue::erase(CallContext&, std::string_view key) noexcept {
  const std::lock_guard lock(mutex_);
  if (const auto it = values_.find(key); it != values_.end()) { values_.erase(it); }
  return {};
}

void* FakeHost::query(std::string_view id) noexcept {
  if (id == Log::kId) { return static_cast<Log*>(&log); }
  if (id == Clock::kId) { return static_cast<Clock*>(&clock); }
  if (id == Http::kId) { return static_cast<Http*>(&http); }
  if (id == KeyValue::kId) { return static_cast<KeyValue*>(&kv); }
  return nullptr;
}

}  // namespace quarry::sdk::testing
