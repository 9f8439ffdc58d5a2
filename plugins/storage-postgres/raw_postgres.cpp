// SPDX-License-Identifier: MIT
#include "raw_postgres.hpp"

#include "libpq.hpp"

#include <quarry/sdk/helpers/result.hpp>

#include <poll.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

namespace quarry::storage_postgres {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

constexpr auto kRefusalTime = std::chrono::seconds(5);

/// What a session asks for when the URL does not. Without them a peer that vanished without a word is noticed
/// after hours.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kDefaults = {{
    {"application_name", "quarry"},
    {"client_encoding", "UTF8"},
    {"connect_timeout", "5"},
    {"keepalives", "1"},
    {"keepalives_idle", "5"},
    {"keepalives_interval", "2"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "10000"},
}};

Options parse(const std::string& text) {
  char* why = nullptr;
  Options options(PQconninfoParse(text.c_str(), &why));
  PQfreemem(why);  // it repeats parts of the text, perhaps the password
  return options;
}

bool is_known(std::string_view parameter) {
  const Options all = parse("");
  for (const PQconninfoOption* o = all.get(); o != nullptr && o->keyword != nullptr; ++o) {
    if (parameter == o->keyword) { return true; }
  }
  return false;
}

/// The first parameter of a postgresql:// url that libpq does not know; empty when there is none. What might be part
/// of a password with special characters in it is not taken for a parameter.
std::string_view unknown_parameter(std::string_view url) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  if (!url.starts_with("postgresql://") && !url.starts_with("postgres://")) { return {}; }
  const std::size_t user_end = url.rfind('@');
  const std::size_t host = user_end == url.npos ? url.find("//") + 2 : user_end + 1;
  const std::size_t database = url.find('/', host);
  const std::size_t query = url.find('?', database);
  if (database == url.npos || query == url.npos) { return {}; }
  for (std::string_view rest = url.substr(query + 1); !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    const std::string_view name = pair.substr(0, pair.find('='));
    const bool word = name.size() < pair.size() && name.find_first_not_of(kLetters) == name.npos;
    if (word && !name.empty() && !is_known(name)) { return name; }
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
  }
  return {};
}

/// Of a password with a bare '@' or '/', libpq would take a part for the host or the database, which are told.
bool splits_password(std::string_view url) {
  if (!url.starts_with("postgresql://") && !url.starts_with("postgres://")) { return false; }
  url = url.substr(0, url.find('?'));
  const std::string_view rest = url.substr(url.find("//") + 2);
  const std::size_t user_end = rest.find('@');
  return user_end != rest.npos && (rest.find('@', user_end + 1) != rest.npos || rest.find('/') < user_end);
}

Options options_of(const std::string& url) {
  Options options = splits_password(url) ? nullptr : parse(url);
  if (options == nullptr) {
    if (const std::string_view name = unknown_parameter(url); !name.empty()) {
      throw sdk::Error(sdk::Code::invalid, "the url of the PostgreSQL storage has the parameter \"" +
                                               std::string(name) +
                                               "\", which PostgreSQL's own library does not know: correct its name, "
                                               "or leave it out");
    }
    throw sdk::Error(sdk::Code::invalid,
                     "the url of the PostgreSQL storage cannot be read; write it as "
                     "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with special characters percent-encoded");
  }
  return options;
}

std::string quoted(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') { out += '\\'; }
    out += c;
  }
  return out + "'";
}

}  // namespace

std::string connection_words(const std::string& url) {
  const Options options = options_of(url);
  std::string words;
  for (const PQconninfoOption* o = options.get(); o->keyword != nullptr; ++o) {
    std::string_view value = o->val == nullptr ? std::string_view() : std::string_view(o->val);
    for (const auto& [name, wanted] : kDefaults) {
      if (o->val == nullptr && name == o->keyword) { value = wanted; }
    }
    if (!value.empty()) { words += std::string(words.empty() ? "" : " ") + o->keyword + "=" + quoted(value); }
  }
  return words;
}

std::string place_of(const std::string& url) {
  const Options options = options_of(url);
  const auto value = [&](std::string_view name, const char* otherwise) {
    for (const PQconninfoOption* o = options.get(); o->keyword != nullptr; ++o) {
      if (name == o->keyword && o->val != nullptr) { return std::string(o->val); }
    }
    return std::string(otherwise);
  };
  return value("host", "local socket") + ":" + value("port", "5432") + ", database " + value("dbname", "of the user");
}

namespace {

struct Finish {
  void operator()(PGconn* of) const noexcept { PQfinish(of); }
};

/// The code in "FATAL:  28P01: …". The word before it is in the server's language.
std::string state_told(std::string_view text) {
  constexpr std::string_view kMark = ":  ";
  constexpr std::size_t kLength = 5;
  const std::size_t mark = text.find(kMark);
  if (mark == text.npos || text.size() < mark + kMark.size() + kLength + 1) { return {}; }
  const std::string_view state = text.substr(mark + kMark.size(), kLength);
  const bool real =
      std::all_of(state.begin(), state.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
  return real && text[mark + kMark.size() + kLength] == ':' ? std::string(state) : std::string();
}

/// False: there is none yet at `end`.
bool wait_for_answer(PGconn* to, std::chrono::steady_clock::time_point end) {
  while (PQisBusy(to) != 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd socket{PQsocket(to), POLLIN, 0};
    if (left.count() <= 0 || poll(&socket, 1, static_cast<int>(left.count())) <= 0) { return false; }
    if (PQconsumeInput(to) == 0) { return true; }  // lost: the answer is that
  }
  return true;
}

}  // namespace

std::string refusal_state(const std::string& words) {
  const std::unique_ptr<PGconn, Finish> one(PQconnectStart(words.c_str()));
  if (one == nullptr) { return {}; }
  PQsetErrorVerbosity(one.get(), PQERRORS_VERBOSE);
  const auto end = std::chrono::steady_clock::now() + kRefusalTime;
  PostgresPollingStatusType step = PGRES_POLLING_WRITING;
  while (step != PGRES_POLLING_OK && step != PGRES_POLLING_FAILED) {
    pollfd socket{PQsocket(one.get()), static_cast<short>(step == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0 || poll(&socket, 1, static_cast<int>(left.count())) <= 0) { return {}; }
    step = PQconnectPoll(one.get());
  }
  return step == PGRES_POLLING_OK ? std::string() : state_told(PQerrorMessage(one.get()));
}

RawPostgres::RawPostgres(soci::session& session) : handle_(libpq(session)) {
  // libpq would print what the server says while nobody asks, as when it ends an idle session; the next command is
  // told.
  PQsetNoticeProcessor(
      libpq(handle_), [](void*, const char*) {}, nullptr);
}

void RawPostgres::exec(const char* sql) {
  const PgResult result(PQexec(libpq(handle_), sql));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
    throw failure_of(libpq(handle_), result.get());
  }
}

std::string RawPostgres::ask_within(const char* sql, std::int64_t most_ms) {
  PGconn* const to = libpq(handle_);
  if (PQsendQuery(to, sql) == 0) { throw failure_of(to, nullptr); }
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(most_ms);
  PgResult last;
  PgResult failed;
  while (true) {
    if (!wait_for_answer(to, end)) {
      given_up_ = true;
      throw PostgresFailure("", "the pooler had no connection to the server free in time; give it a larger pool");
    }
    PgResult next(PQgetResult(to));
    if (next == nullptr) { break; }
    const ExecStatusType status = PQresultStatus(next.get());
    (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? last : failed) = std::move(next);
  }
  if (failed != nullptr || last == nullptr) { throw failure_of(to, failed.get()); }
  return PQntuples(last.get()) == 0 ? std::string() : std::string(PQgetvalue(last.get(), 0, 0));
}

bool RawPostgres::alive() const noexcept { return !given_up_ && PQstatus(libpq(handle_)) == CONNECTION_OK; }
bool RawPostgres::in_transaction() const noexcept { return PQtransactionStatus(libpq(handle_)) != PQTRANS_IDLE; }
std::string RawPostgres::parameter(const char* name) const {
  const char* value = PQparameterStatus(libpq(handle_), name);
  return value == nullptr ? "" : value;
}
int RawPostgres::server_version() const noexcept { return PQserverVersion(libpq(handle_)); }

void RawPostgres::put_bytes(const char* sql, std::int64_t id, std::span<const std::byte> bytes) {
  const std::uint64_t key = big_endian(static_cast<std::uint64_t>(id));
  const std::array<Oid, 2> types = {kInt8Oid, kByteaOid};
  const std::array<const char*, 2> values = {reinterpret_cast<const char*>(&key),
                                             reinterpret_cast<const char*>(bytes.data())};
  const std::array<int, 2> lengths = {static_cast<int>(sizeof key), static_cast<int>(bytes.size())};
  const std::array<int, 2> formats = {kBinaryFormat, kBinaryFormat};
  const PgResult result(
      PQexecParams(libpq(handle_), sql, 2, types.data(), values.data(), lengths.data(), formats.data(), kBinaryFormat));
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) { throw failure_of(libpq(handle_), result.get()); }
}

std::optional<bool> RawPostgres::get_bytes(const char* sql, std::int64_t id, sdk::ByteSink& bytes) {
  const std::uint64_t key = big_endian(static_cast<std::uint64_t>(id));
  const std::array<const char*, 1> values = {reinterpret_cast<const char*>(&key)};
  const std::array<int, 1> lengths = {static_cast<int>(sizeof key)};
  const PgResult result(
      PQexecParams(libpq(handle_), sql, 1, &kInt8Oid, values.data(), lengths.data(), &kBinaryFormat, kBinaryFormat));
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) { throw failure_of(libpq(handle_), result.get()); }
  if (PQntuples(result.get()) == 0) { return std::nullopt; }
  if (PQgetisnull(result.get(), 0, 0) != 0) { return false; }
  const char* data = PQgetvalue(result.get(), 0, 0);
  bytes.write({reinterpret_cast<const std::byte*>(data), static_cast<std::size_t>(PQgetlength(result.get(), 0, 0))});
  return true;
}

}  // namespace quarry::storage_postgres
