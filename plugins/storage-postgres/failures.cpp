// SPDX-License-Identifier: MIT
#include "failures.hpp"

#include "raw_postgres.hpp"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <algorithm>
#include <array>

namespace quarry::storage_postgres {
namespace {

using sdk::OpenFault;
constexpr auto kNoFault = static_cast<OpenFault>(0);

sdk::Failure unavailable(bool retry, OpenFault fault, const std::string& text) {
  return {sdk::Status{sdk::Code::unavailable, retry ? sdk::kRetryable : 0U, 0, static_cast<std::int32_t>(fault)}, text};
}

/// The server's or libpq's sentence in one line. Not SOCI's what(): that repeats the statement with its values.
std::string sentence_of(const std::exception& error) {
  const auto* soci_error = dynamic_cast<const soci::soci_error*>(&error);
  std::string text = soci_error != nullptr ? soci_error->get_error_message() : error.what();
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  text.erase(std::find_if(text.rbegin(), text.rend(), [](char c) { return c != ' '; }).base(), text.end());
  return text;
}

/// TLS has no SQLSTATE: libpq refuses by itself, and a server that wants it says so in a sentence of its own. A
/// connection that was encrypted and broke is another matter.
bool is_about_tls(const std::string& text) {
  const auto says = [&](const char* words) { return text.find(words) != std::string::npos; };
  if (says("unexpected eof") || says("SYSCALL")) { return false; }
  return says("certificate") || says("does not support SSL") || says("SSL error: ") || says("sslmode") ||
         says(", no encryption");
}

/// Stands for a sentence of PgBouncer's that has no state of its own.
constexpr std::string_view kPooledByStatement = "pool_mode = statement";

/// For what connecting says when the server's state is not known: libpq's sentences, and an English server's.
std::string state_in(const std::string& text) {
  const auto says = [&](const char* words) { return text.find(words) != std::string::npos; };
  if (says("password authentication failed") || says("no password supplied") || says("SASL authentication failed")) {
    return "28P01";
  }
  if (says("no pg_hba.conf entry") || says("role \"")) { return "28000"; }
  if (says("database \"") && says("does not exist")) { return "3D000"; }
  if (says("permission denied for database")) { return "42501"; }
  if (says("in statement pooling mode")) { return std::string(kPooledByStatement); }
  if (says("too many c") || says("remaining connection slots")) { return "53300"; }
  if (says("is starting up") || says("is shutting down")) { return "57P03"; }
  return {};
}

/// What the server says on a full disk when a connection is the first to a database, or the first since a change of its
/// catalogue. Before version 17 that has no state of its own, and in no version a translation.
bool is_without_space(const std::string& text) { return text.find("could not write init file") != text.npos; }

constexpr std::string_view kDiskFull = "53100";
constexpr std::string_view kInternalError = "XX000";
/// PgBouncer's one state for all that it says itself.
constexpr std::string_view kProtocolViolation = "08P01";
/// A row is too large for an index.
constexpr std::string_view kTooLarge = "54000";

/// What the sentences below go by. `known`: what the error carries.
std::string state_of(const std::string& known, const std::string& text) {
  if ((known.empty() || known == kInternalError) && is_without_space(text)) { return std::string(kDiskFull); }
  const std::string told = known.empty() || known == kProtocolViolation ? state_in(text) : std::string();
  return told.empty() ? known : told;
}

struct Sentence {
  std::string_view state;  ///< a whole SQLSTATE, or its class of two characters
  bool retry;
  OpenFault fault;
  std::string_view text;
};

/// A prepared statement that is there already, or no more: the session is not ours alone.
constexpr char kPooled[] =
    "is reached through something that gives each transaction another session; set `pooler = true` in the "
    "configuration of the storage, or let PgBouncer pool by session (pool_mode = session), or connect to the server "
    "itself";

/// A whole state comes before its class.
constexpr std::array kSentences = {
    Sentence{"28P01", false, OpenFault::credentials, "refused the password; check the url of the storage"},
    Sentence{"28", false, OpenFault::credentials,
             "refused the user; check the url of the storage and the server's pg_hba.conf"},
    Sentence{"3D", false, OpenFault::missing,
             "does not have this database; make it with `createdb`, or correct the url"},
    Sentence{"42501", false, OpenFault::rights, "does not let this user do that; make the user owner of the database"},
    Sentence{"42P05", false, OpenFault::foreign, kPooled},
    Sentence{"42P07", false, OpenFault::foreign,
             "holds a table of another program that has the name of one of Quarry's; choose another database"},
    Sentence{"26000", false, OpenFault::foreign, kPooled},
    Sentence{
        kPooledByStatement, false, OpenFault::foreign,
        "is reached through a pooler that pools by statement, which cannot work; let it pool by session (pool_mode = "
        "session), or by transaction and set `pooler = true` in the configuration of the storage"},
    Sentence{"25006", true, OpenFault::read_only, "is read-only, as a standby is; point the url at the primary server"},
    Sentence{kDiskFull, true, OpenFault::full, "cannot write: its disk is full (nothing was changed); free some space"},
    Sentence{"53300", true, OpenFault::unreachable,
             "has too many connections; raise max_connections, or close other programs"},
    Sentence{"53", true, OpenFault::unreachable, "is out of resources (nothing was changed)"},
    Sentence{kQueryCanceled, true, OpenFault::unreachable,
             "did not finish in the time of this call (nothing was changed)"},
    Sentence{"57", true, OpenFault::unreachable, "is shutting down or starting up"},
    Sentence{"55P03", true, OpenFault::unreachable, "kept a lock for too long (nothing was changed)"},
    Sentence{"40", true, OpenFault::unreachable,
             "saw two writers in each other's way (nothing was changed); try again"},
    Sentence{"58", true, kNoFault, "met an I/O error (nothing was changed); see the server's log"},
    Sentence{"XX001", false, OpenFault::damaged, "reports damaged data; restore a backup"},
    Sentence{"XX002", false, OpenFault::damaged, "reports a damaged index; run REINDEX DATABASE, or restore a backup"},
};

}  // namespace

sdk::Failure pooled(const std::string& place) {
  return unavailable(false, OpenFault::foreign, "PostgreSQL (" + place + ") " + kPooled);
}

std::string sqlstate(const std::exception& error) {
  if (const auto* raw = dynamic_cast<const PostgresFailure*>(&error)) { return raw->state(); }
  const auto* soci_error = dynamic_cast<const soci::postgresql_soci_error*>(&error);
  if (soci_error == nullptr) { return {}; }
  const std::string state = soci_error->sqlstate();
  // SOCI leaves blanks where there is no state.
  const bool real = state.size() == 5 && std::all_of(state.begin(), state.end(), [](char c) { return c > ' '; });
  return real ? state : std::string();
}

bool is_connection_loss(const std::exception& error) {
  const std::string state = sqlstate(error);
  if (!state.empty()) { return state.starts_with("08") || state.starts_with("57P"); }
  if (dynamic_cast<const PostgresFailure*>(&error) != nullptr) { return true; }
  return dynamic_cast<const soci::soci_error*>(&error) != nullptr;
}

bool is_worth_repeating(const std::exception& error) {
  const std::string state = sqlstate(error);
  return state == kSerializationFailure || state == kDeadlockDetected || state == kUniqueViolation;
}

sdk::Failure explain(const std::exception& error, const std::string& place) {
  if (const auto* ours = dynamic_cast<const sdk::Error*>(&error)) { return {ours->status(), ours->what()}; }
  const std::string text = sentence_of(error);
  const std::string known = sqlstate(error);
  const std::string state = state_of(known, text);
  const std::string server = "PostgreSQL (" + place + ") ";
  const bool connecting = known.empty() || known.starts_with("28");
  if (connecting && is_about_tls(text)) {
    return unavailable(
        false, OpenFault::tls,
        server +
            "and this host agree on no encrypted connection; check sslmode and sslrootcert in the url of "
            "the storage, and the server's certificate and pg_hba.conf: " +
            text);
  }
  for (const Sentence& sentence : kSentences) {
    if (!state.empty() && state.starts_with(sentence.state)) {
      return unavailable(sentence.retry, sentence.fault, server + std::string(sentence.text));
    }
  }
  if (state == kUniqueViolation) {
    return {sdk::Status{sdk::Code::conflict, 0, 0, 0}, server + "holds another row with this key"};
  }
  if (state == kForeignKeyViolation) {
    return {sdk::Status{sdk::Code::invalid, 0, 0, 0}, server + "holds no record that this one refers to"};
  }
  if (state == kTooLarge) {
    return {sdk::Status{sdk::Code::invalid, 0, 0, 0},
            server + "cannot keep a value: a text that is unique or indexed may have about 2,600 bytes"};
  }
  if (is_connection_loss(error)) {
    return unavailable(true, OpenFault::unreachable, server + "cannot be reached: " + text);
  }
  if (state.starts_with("22")) {
    return {sdk::Status{sdk::Code::invalid, 0, 0, 0}, server + "cannot keep a value: " + text};
  }
  return {sdk::Status{sdk::Code::internal, 0, 0, 0},
          server + "refused a statement: " + text + " (SQLSTATE " + state + ")"};
}

}  // namespace quarry::storage_postgres
