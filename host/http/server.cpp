// SPDX-License-Identifier: MIT
// The only file that sees Beast and coroutines. g++ 12 miscompiles common forms of co_await, so here it
// is always the whole right-hand side of a statement, and every argument has a name (a test checks it).
#include "http/server.hpp"

#include "http/admission.hpp"
#include "http/error.hpp"
#include "http/response_writer.hpp"
#include "http/worker_pool.hpp"

#include <utility>  // Boost 1.74 with g++ 12 needs it before asio

#include <boost/asio.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <atomic>
#include <limits>
#include <random>
#include <unordered_map>

// g++ 12 pairs the frames of optimised coroutines with the wrong delete of Asio's and warns of it.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace quarry::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Parser = beast::http::request_parser<beast::http::string_body>;

/// Added to the longest head, so that the parser's own limit speaks first.
constexpr std::size_t kReadBuffer = 64 * 1024;
constexpr std::size_t kReadAtOnce = 4 * 1024;
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
/// What is still read, and how long, so that an answer before the end of a body is not lost to a reset.
constexpr auto kDrainTime = std::chrono::seconds(2);
constexpr std::size_t kDrainBytes = 4 * 1024 * 1024;

std::string random_hex() {
  std::random_device random;
  char text[9];
  std::snprintf(text, sizeof text, "%08x", random());
  return text;
}

Response overloaded(std::string_view request_id) {
  Response response = error_response(503, "unavailable", "the server has more to do than it can",
                                     "Nothing was changed. Try again in a moment.", request_id);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

/// The answer to a head or body that could not be read; nothing when the peer is simply gone or late.
std::optional<Response> refusal_for(error_code ec, std::string_view request_id) {
  using beast::http::error;
  if (ec == error::header_limit || ec == error::buffer_overflow) {
    return error_response(431, "head_too_large", "the head of the request is too large", "Send less in the headers.",
                          request_id);
  }
  if (ec == error::body_limit) {
    return error_response(413, "payload_too_large", "the body is too large", "docs/api.md names the limits.",
                          request_id);
  }
  const bool cut_short = ec == error::end_of_stream || ec == error::partial_message;
  if (cut_short || ec.category() != make_error_code(error::bad_value).category()) { return std::nullopt; }
  return error_response(400, "bad_request", "this is not HTTP/1.1 or HTTP/1.0: " + ec.message(),
                        "Nothing was done. Correct the request.", request_id);
}

}  // namespace

struct Server::Impl {
  struct Session;
  /// One request on its way through the pool.
  struct Job {
    Request request;
    const Route* route = nullptr;
    Response response;
  };

  Impl(ServerOptions given, std::vector<Route> routes)
      : options(std::move(given)), router(std::move(routes)), key(options.api_key), hosts(options.listen, {}) {}
  ~Impl() { stop(std::chrono::milliseconds(0)); }

  sdk::Done start();
  void stop(std::chrono::milliseconds grace);
  error_code listen(const tcp::endpoint& endpoint);
  bool enter(const std::shared_ptr<Session>& session);
  void leave(const Session* session) noexcept;
  template <class F>
  void for_each_session(F f);
  std::string next_id() { return id_prefix + "-" + std::to_string(++requests); }
  void handle(Job& job) noexcept;

  asio::awaitable<void> accept_all();
  static asio::awaitable<void> serve(std::shared_ptr<Session> session);
  static error_code feed(Session& session, Parser& parser);
  static asio::awaitable<bool> read_head(Session& session, Parser& parser, bool first);
  static asio::awaitable<bool> answer_one(Session& session, bool first);
  static asio::awaitable<bool> read_body(Session& session, Parser& parser, const Admission& admission);
  static asio::awaitable<bool> send(Session& session, const Response& response, std::string_view request_id);
  static asio::awaitable<void> part(Session& session);
  static asio::awaitable<void> handle_on_worker(Impl& impl, std::shared_ptr<Job> job);
  void welcome(tcp::socket socket) noexcept;

  // Sessions die last with io, and take leave of what stands above it.
  ServerOptions options;
  Router router;
  ApiKey key;
  HostCheck hosts;
  Gate gate{router, key, hosts};
  const std::string id_prefix = random_hex();
  std::atomic<std::uint64_t> requests{0};
  std::atomic<bool> stopping{false};
  std::mutex mutex;
  std::condition_variable all_left;
  std::unordered_map<const Session*, std::weak_ptr<Session>> sessions;
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  tcp::acceptor acceptor{asio::make_strand(io)};
  Endpoint bound;
  std::unique_ptr<WorkerPool> pool;
  std::vector<std::thread> threads;
};

/// One connection. Touched only on its own strand, except by the constructor and destructor.
struct Server::Impl::Session {
  Session(Impl& owner, tcp::socket socket)
      : impl(owner), stream(std::move(socket)), buffer(owner.options.max_head_bytes + kReadBuffer) {}
  ~Session() { impl.leave(this); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Impl& impl;
  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  bool between_requests = true;  ///< nothing of value is lost when it is cut now
  bool keep_alive = true;
  bool head_only = false;
  bool unread_body = false;
  int http_version = 11;
};

sdk::Done Server::Impl::start() {
  error_code ec;
  const auto address = asio::ip::make_address(options.listen.address, ec);
  if (ec) {
    return sdk::failure(sdk::Code::invalid, "cannot listen on \"" + options.listen.address +
                                                "\": that is no IP address. Write it as 127.0.0.1, [::1] or 0.0.0.0");
  }
  ec = listen(tcp::endpoint(address, options.listen.port));
  const std::string place = options.listen.to_string();
  if (ec == asio::error::address_in_use) {
    return sdk::failure(sdk::Code::conflict, "cannot listen on " + place +
                                                 ": another program listens there. Stop it, or choose another address");
  }
  if (ec == asio::error::access_denied) {
    return sdk::failure(sdk::Code::unavailable,
                        "cannot listen on " + place + ": not permitted. Choose a port above 1023");
  }
  if (ec) {
    const bool foreign = ec == boost::system::errc::address_not_available;
    return sdk::failure(foreign ? sdk::Code::invalid : sdk::Code::unavailable,
                        "cannot listen on " + place + ": " + ec.message());
  }
  bound = Endpoint{options.listen.address, acceptor.local_endpoint().port()};
  hosts = HostCheck(bound, options.allowed_hosts);
  pool = std::make_unique<WorkerPool>(options.worker_threads, options.worker_queue);
  asio::co_spawn(acceptor.get_executor(), accept_all(), asio::detached);
  for (std::size_t i = 0; i < std::max<std::size_t>(1, options.io_threads); ++i) {
    threads.emplace_back([this] { io.run(); });
  }
  return sdk::Unit{};
}

error_code Server::Impl::listen(const tcp::endpoint& endpoint) {
  error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  // A restart must not wait for the old connections' TIME_WAIT.
  if (!ec) { acceptor.set_option(asio::socket_base::reuse_address(true), ec); }
  if (!ec) { acceptor.bind(endpoint, ec); }
  if (!ec) { acceptor.listen(asio::socket_base::max_listen_connections, ec); }
  if (ec) {
    error_code ignored;
    acceptor.close(ignored);
  }
  return ec;
}

bool Server::Impl::enter(const std::shared_ptr<Session>& session) {
  const std::lock_guard lock(mutex);
  if (stopping || sessions.size() >= options.max_connections) { return false; }
  sessions.emplace(session.get(), session);
  return true;
}

void Server::Impl::leave(const Session* session) noexcept {
  const std::lock_guard lock(mutex);
  sessions.erase(session);
  if (sessions.empty()) { all_left.notify_all(); }
}

/// Runs `f` for each live session, on its own strand.
template <class F>
void Server::Impl::for_each_session(F f) {
  std::vector<std::shared_ptr<Session>> live;
  {
    const std::lock_guard lock(mutex);
    for (const auto& [address, weak] : sessions) {
      if (auto session = weak.lock()) { live.push_back(std::move(session)); }
    }
  }
  for (auto& session : live) {
    const auto executor = session->stream.get_executor();
    asio::post(executor, [f, session = std::move(session)] { f(*session); });
  }
}

void Server::Impl::stop(std::chrono::milliseconds grace) {
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  if (threads.empty()) { return; }
  asio::post(acceptor.get_executor(), [this] {
    error_code ignored;
    acceptor.close(ignored);
  });
  for_each_session([](Session& session) {
    if (session.between_requests) { session.stream.cancel(); }
  });
  {
    std::unique_lock lock(mutex);
    all_left.wait_for(lock, grace, [this] { return sessions.empty(); });
  }
  io.stop();
  for (std::thread& thread : threads) { thread.join(); }
  threads.clear();
  pool->stop();
}

void Server::Impl::handle(Job& job) noexcept {
  std::string what;
  try {
    job.response = job.route->handler(job.request);
    return;
  } catch (const std::exception& e) { what = e.what(); } catch (...) {
    what = "something that is no std::exception";
  }
  const std::string& id = job.request.request_id;
  options.on_problem("request " + id + ": " + job.request.method + " " + job.route->pattern + " threw: " + what);
  job.response = error_response(500, "internal", "something went wrong inside the server",
                                "This is a bug. The log says more under this requestId.", id);
}

/// Runs the job's handler on a worker and goes on where it was called; 503 when the line is full.
asio::awaitable<void> Server::Impl::handle_on_worker(Impl& impl, std::shared_ptr<Job> job) {
  auto start = [&impl, job = std::move(job)](auto&& done) {
    const auto executor = asio::get_associated_executor(done);
    const auto shared = std::make_shared<std::decay_t<decltype(done)>>(std::forward<decltype(done)>(done));
    const auto resume = [executor, shared] { asio::post(executor, [shared] { std::move (*shared)(); }); };
    auto run = [&impl, job, resume] {
      impl.handle(*job);
      resume();
    };
    if (!impl.pool->try_post(std::move(run), job->route->options.slow)) {
      job->response = overloaded(job->request.request_id);
      resume();
    }
  };
  return asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(start), asio::use_awaitable);
}

asio::awaitable<void> Server::Impl::accept_all() {
  error_code ec;
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  asio::steady_timer pause(acceptor.get_executor());
  while (!stopping) {
    tcp::socket socket(asio::make_strand(io));
    co_await acceptor.async_accept(socket, token);
    if (stopping || ec == asio::error::operation_aborted) { break; }
    if (ec == asio::error::connection_aborted) { continue; }
    if (ec) {
      // Out of descriptors or memory: connections wait in the kernel's line until some are free.
      options.on_problem("cannot accept a connection: " + ec.message() + "; trying again");
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(token);
      continue;
    }
    welcome(std::move(socket));
  }
}

/// Starts a session, or says that there are too many.
void Server::Impl::welcome(tcp::socket socket) noexcept try {
  error_code ec;
  socket.set_option(tcp::no_delay(true), ec);
  const auto executor = socket.get_executor();
  auto session = std::make_shared<Session>(*this, std::move(socket));
  if (enter(session)) {
    asio::co_spawn(executor, serve(std::move(session)), asio::detached);
    return;
  }
  const Response full = overloaded({});
  const std::string text = response_head(full, {{}, options.app_version, false, 11, std::time(nullptr)}) + full.body;
  tcp::socket& refused = session->stream.socket();
  refused.non_blocking(true, ec);
  refused.write_some(asio::buffer(text), ec);  // the buffer of a new connection is empty: it all fits
} catch (const std::exception& e) { options.on_problem(std::string("a connection was dropped: ") + e.what()); }

asio::awaitable<void> Server::Impl::serve(std::shared_ptr<Session> held) {
  Session& session = *held;
  try {
    bool first = true;
    bool more = true;
    while (more) {
      more = co_await answer_one(session, first);
      first = false;
    }
    co_await part(session);
  } catch (const std::exception& e) {
    session.impl.options.on_problem(std::string("a connection ended by an error: ") + e.what());
  }
}

/// Gives the parser the bytes that are there, until it has the whole head; need_more when it has not.
error_code Server::Impl::feed(Session& session, Parser& parser) {
  error_code ec;
  while (session.buffer.size() > 0 && !parser.is_header_done() && !ec) {
    const auto bytes = session.buffer.cdata();
    const std::size_t used = parser.put(bytes, ec);
    const std::string_view seen(static_cast<const char*>(bytes.data()), used);
    // The parser joins folded lines without a word; others do not, and would see another request.
    const bool folded = seen.find("\r\n ") != seen.npos || seen.find("\r\n\t") != seen.npos;
    if (folded) { ec = beast::http::error::bad_obs_fold; }
    session.buffer.consume(used);
  }
  if (!ec && !parser.is_header_done()) { ec = beast::http::error::need_more; }
  return ec;
}

/// Reads until the head is whole. True when it is; otherwise what can be answered has been.
asio::awaitable<bool> Server::Impl::read_head(Session& session, Parser& parser, bool first) {
  const ServerOptions& options = session.impl.options;
  error_code ec;
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  session.between_requests = true;
  session.keep_alive = false;
  bool begun = first || session.buffer.size() > 0;
  session.stream.expires_after(begun ? options.head_timeout : options.idle_timeout);
  ec = feed(session, parser);
  while (ec == beast::http::error::need_more) {
    if (session.impl.stopping) { co_return false; }
    const auto space = session.buffer.prepare(kReadAtOnce);
    const std::size_t n = co_await session.stream.async_read_some(space, token);
    if (ec) { co_return false; }
    session.buffer.commit(n);
    ec = feed(session, parser);
    // The time for a head runs from its first byte, however many follow.
    if (!begun) { session.stream.expires_after(options.head_timeout); }
    begun = true;
  }
  if (!ec) { co_return true; }
  session.unread_body = true;
  const std::string id = session.impl.next_id();
  const auto refusal = refusal_for(ec, id);
  if (refusal) { co_await send(session, *refusal, id); }
  co_return false;
}

/// Reads, decides, handles and answers one request. True when the connection goes on.
asio::awaitable<bool> Server::Impl::answer_one(Session& session, bool first) {
  Impl& impl = session.impl;
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(impl.options.max_head_bytes));
  // Set for real when the route is known. Not "none", which 1.74 takes for "every length is too much".
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  session.http_version = 11;
  session.head_only = false;
  const bool arrived = co_await read_head(session, parser, first);
  if (!arrived) { co_return false; }
  session.between_requests = false;

  const auto& message = parser.get();
  Head head;
  head.method = std::string(message.method_string());
  head.target = std::string(message.target());
  head.version = static_cast<int>(message.version());
  head.chunked = parser.chunked();
  if (const auto length = parser.content_length()) { head.content_length = *length; }
  for (const auto& field : message) { head.fields.emplace_back(field.name_string(), field.value()); }
  session.http_version = head.version;
  session.head_only = head.method == "HEAD";
  const bool wants_more = parser.keep_alive();

  Admission admission = impl.gate.admit(std::move(head), impl.next_id());
  if (admission.refusal) {
    // The rest of what was sent cannot be told from a next request unless the refused one has no body.
    session.unread_body = !parser.is_done() || admission.refusal->status == 400;
    session.keep_alive = wants_more && !session.unread_body && !impl.stopping;
    const bool sent = co_await send(session, *admission.refusal, admission.request.request_id);
    co_return (sent && session.keep_alive);
  }
  const bool whole = co_await read_body(session, parser, admission);
  if (!whole) { co_return false; }

  const auto job = std::make_shared<Job>();
  job->request = std::move(admission.request);
  job->request.body = std::move(parser.get().body());
  job->route = admission.route;
  session.stream.expires_never();
  co_await handle_on_worker(impl, job);
  session.keep_alive = wants_more && !impl.stopping;
  const bool sent = co_await send(session, job->response, job->request.request_id);
  co_return (sent && session.keep_alive);
}

/// True when the body is there, as long as the route allows; otherwise the refusal has been sent.
asio::awaitable<bool> Server::Impl::read_body(Session& session, Parser& parser, const Admission& admission) {
  error_code ec;
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  if (parser.is_done()) { co_return true; }
  session.stream.expires_after(session.impl.options.body_timeout);
  if (admission.wants_continue) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto go_on = asio::buffer(kContinue);
    co_await asio::async_write(session.stream, go_on, token);
    if (ec) { co_return false; }
  }
  parser.body_limit(admission.route->options.body_limit);
  co_await beast::http::async_read(session.stream, session.buffer, parser, token);
  if (!ec) { co_return true; }
  session.unread_body = true;
  const auto refusal = refusal_for(ec, admission.request.request_id);
  if (refusal) { co_await send(session, *refusal, admission.request.request_id); }
  co_return false;
}

/// Head and body leave in one write: two small ones would wait for the peer's delayed acknowledgement.
asio::awaitable<bool> Server::Impl::send(Session& session, const Response& response, std::string_view request_id) {
  error_code ec;
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  const ServerOptions& options = session.impl.options;
  ResponseContext context;
  context.request_id = request_id;
  context.app_version = options.app_version;
  context.keep_alive = session.keep_alive;
  context.http_version = session.http_version;
  context.now_s = std::time(nullptr);
  const std::string head = response_head(response, context);
  const asio::const_buffer body = session.head_only ? asio::const_buffer() : asio::buffer(response.body);
  const std::array<asio::const_buffer, 2> bytes = {asio::buffer(head), body};
  session.stream.expires_after(options.write_timeout);
  co_await asio::async_write(session.stream, bytes, token);
  co_return !ec;
}

/// Closes so that the last answer arrives: closing with unread bytes would reset the connection.
asio::awaitable<void> Server::Impl::part(Session& session) {
  error_code ec;
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  session.between_requests = true;
  session.stream.socket().shutdown(tcp::socket::shutdown_send, ec);
  const bool unread = session.unread_body || session.stream.socket().available(ec) > 0;
  if (ec || !unread || session.impl.stopping) { co_return; }
  session.stream.expires_after(kDrainTime);
  session.buffer.consume(session.buffer.size());
  const auto space = session.buffer.prepare(16 * 1024);
  std::size_t drained = 0;
  while (!ec && drained < kDrainBytes) {
    const std::size_t n = co_await session.stream.async_read_some(space, token);
    drained += n;
  }
}

Server::Server(ServerOptions options, std::vector<Route> routes)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(routes))) {}
Server::~Server() = default;
sdk::Done Server::start() { return impl_->start(); }
Endpoint Server::local_endpoint() const { return impl_->bound; }
void Server::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }

}  // namespace quarry::http
