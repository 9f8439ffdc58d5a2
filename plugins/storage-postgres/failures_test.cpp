// SPDX-License-Identifier: MIT
#include "failures.hpp"

#include "raw_postgres.hpp"
#include "test_database.hpp"

#include <gtest/gtest.h>

namespace quarry::storage_postgres {
namespace {

constexpr char kUrl[] = "postgresql://quarry:c%40nary@db.example:6432/queue?sslmode=verify-full";

sdk::Failure told(const char* state, const char* text) { return explain(PostgresFailure(state, text), place_of(kUrl)); }

TEST(Failures, SayWhatToDo) {
  const auto full = told("53100", "could not extend file");
  EXPECT_EQ(full.status.code, sdk::Code::unavailable);
  EXPECT_NE(full.status.flags & sdk::kRetryable, 0U);
  EXPECT_EQ(full.text,
            "PostgreSQL (db.example:6432, database queue) cannot write: its disk is full (nothing was "
            "changed); free some space");
  EXPECT_NE(told("25006", "read-only").text.find("point the url at the primary"), std::string::npos);
  EXPECT_NE(told("42501", "denied").text.find("owner of the database"), std::string::npos);
  EXPECT_EQ(told("22021", "invalid byte sequence").status.code, sdk::Code::invalid);
  EXPECT_EQ(told("42P01", "no such table").status.code, sdk::Code::internal);
}

TEST(Failures, AWrongPasswordIsNotWorthAnotherTry) {
  // When connecting fails, libpq gives the server's sentence without its state.
  const auto refused =
      told("", "connection to server failed: FATAL:  password authentication failed for user \"quarry\"");
  EXPECT_EQ(refused.status.code, sdk::Code::unavailable);
  EXPECT_EQ(refused.status.flags & sdk::kRetryable, 0U);
  EXPECT_NE(refused.text.find("refused the password"), std::string::npos);
}

TEST(Failures, TellWhatStandsInTheWayOfAStart) {
  const auto fault = [](const char* state, const char* text) {
    return static_cast<sdk::OpenFault>(told(state, text).status.vendor_code);
  };
  using sdk::OpenFault;
  EXPECT_EQ(fault("", "connection to server at \"127.0.0.1\", port 5432 failed: Connection refused"),
            OpenFault::unreachable);
  EXPECT_EQ(fault("", "could not translate host name \"db\" to address"), OpenFault::unreachable);
  EXPECT_EQ(fault("57P03", "the database system is starting up"), OpenFault::unreachable);
  EXPECT_EQ(fault("53300", "sorry, too many clients already"), OpenFault::unreachable);
  EXPECT_EQ(fault("28P01", "Passwort-Authentifizierung fehlgeschlagen"), OpenFault::credentials);
  EXPECT_EQ(fault("28000", "no pg_hba.conf entry for host \"::1\", user \"u\", database \"d\", SSL encryption"),
            OpenFault::credentials);
  EXPECT_EQ(fault("28000", "no pg_hba.conf entry for host \"::1\", user \"u\", database \"d\", no encryption"),
            OpenFault::tls);
  EXPECT_EQ(fault("", "SSL error: certificate verify failed"), OpenFault::tls);
  EXPECT_EQ(fault("", "root certificate file \"/x\" does not exist"), OpenFault::tls);
  EXPECT_EQ(fault("", "SSL error: unexpected eof while reading"), OpenFault::unreachable) << "a connection that broke";
  EXPECT_EQ(fault("", "SSL SYSCALL error: Connection reset by peer"), OpenFault::unreachable);
  EXPECT_EQ(fault("3D000", "no such database"), OpenFault::missing);
  EXPECT_EQ(fault("42501", "denied"), OpenFault::rights);
  EXPECT_EQ(fault("42P07", "relation \"download\" already exists"), OpenFault::foreign);
  EXPECT_EQ(fault("25006", "read-only"), OpenFault::read_only);
  EXPECT_EQ(fault("53100", "full"), OpenFault::full);
  EXPECT_EQ(fault("XX001", "invalid page"), OpenFault::damaged);
  EXPECT_EQ(fault("42P05", "prepared statement \"st_2\" already exists"), OpenFault::foreign);
  for (const char* state : {"", "08P01"}) {
    const auto by_statement = told(state, "FATAL:  transaction blocks not allowed in statement pooling mode");
    EXPECT_EQ(static_cast<OpenFault>(by_statement.status.vendor_code), OpenFault::foreign);
    EXPECT_EQ(by_statement.status.flags & sdk::kRetryable, 0U);
    EXPECT_NE(by_statement.text.find("pools by statement"), std::string::npos) << by_statement.text;
  }
  EXPECT_EQ(told("42P01", "no such table").status.vendor_code, 0);
}

TEST(Failures, AServerWithoutSpaceForWhatAConnectionLooksUpFirstSaysSoWithoutAState) {
  for (const char* state : {"XX000", ""}) {
    const auto full = told(state, "connection to server at \"::1\" failed: FATAL:  could not write init file");
    EXPECT_EQ(full.status.code, sdk::Code::unavailable);
    EXPECT_NE(full.status.flags & sdk::kRetryable, 0U);
    EXPECT_EQ(static_cast<sdk::OpenFault>(full.status.vendor_code), sdk::OpenFault::full);
    EXPECT_NE(full.text.find("its disk is full"), std::string::npos) << full.text;
  }
  EXPECT_EQ(told("XX000", "could not find tuple for role \"quarry\"").status.code, sdk::Code::internal)
      << "an internal error is no refusal";
}

TEST(RefusalState, IsToldByTheServerInAnyLanguage) {
  if (const std::string why = testing::TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
  const std::string url = testing::TestDatabase::get().url();
  EXPECT_EQ(refusal_state(connection_words(url)), "") << "it refuses nothing";
  const std::string server = url.substr(url.find('@'));
  EXPECT_EQ(refusal_state(connection_words("postgresql://nobody:wrong" + server)), "28P01");
  EXPECT_EQ(refusal_state(connection_words(url + "_of_nobody")), "3D000");
  EXPECT_EQ(refusal_state(connection_words("postgresql://u:p@127.0.0.1:1/d")), "") << "nobody is there to say it";
}

TEST(Failures, ALostConnectionIsToldFromARefusedStatement) {
  EXPECT_TRUE(is_connection_loss(PostgresFailure("", "server closed the connection unexpectedly")));
  EXPECT_TRUE(is_connection_loss(PostgresFailure("57P01", "terminating connection due to administrator command")));
  EXPECT_FALSE(is_connection_loss(PostgresFailure("23505", "duplicate key")));
  EXPECT_FALSE(is_connection_loss(sdk::Error(sdk::Code::invalid, "not for the database")));
  EXPECT_TRUE(is_worth_repeating(PostgresFailure("40P01", "deadlock detected")));
  EXPECT_TRUE(is_worth_repeating(PostgresFailure("23505", "duplicate key")));
  EXPECT_FALSE(is_worth_repeating(PostgresFailure("53100", "disk full")));
}

TEST(ConnectionWords, KeepWhatTheUrlSaysAndAddWhatItDoesNot) {
  const std::string words = connection_words(kUrl);
  for (const char* part :
       {"host='db.example'", "port='6432'", "dbname='queue'", "password='c@nary'", "sslmode='verify-full'",
        "application_name='quarry'", "connect_timeout='5'", "tcp_user_timeout='10000'"}) {
    EXPECT_NE(words.find(part), std::string::npos) << part;
  }
  EXPECT_NE(connection_words("postgresql://h/d?connect_timeout=60").find("connect_timeout='60'"), std::string::npos);
  EXPECT_NE(connection_words("postgresql://u:it%27s%5C@h/d").find(R"(password='it\'s\\')"), std::string::npos);
}

TEST(ConnectionWords, NoSentenceHoldsThePassword) {
  EXPECT_EQ(place_of(kUrl), "db.example:6432, database queue");
  for (const char* bad :
       {"postgresql://quarry:canary@db.example:6432/queue?no_such=canary", "host=x canary",
        "postgresql://quarry:p@canary@db.example/queue", "postgres://quarry:p@x/canary@db.example/queue",
        "postgresql://quarry:canary/x@db.example/queue"}) {
    try {
      static_cast<void>(connection_words(bad));
      ADD_FAILURE() << bad;
    } catch (const sdk::Error& error) {
      EXPECT_EQ(error.status().code, sdk::Code::invalid);
      EXPECT_EQ(std::string(error.what()).find("canary"), std::string::npos) << error.what();
    }
  }
}

std::string why_refused(const std::string& url) {
  try {
    static_cast<void>(connection_words(url));
  } catch (const sdk::Error& error) { return error.what(); }
  return "taken";
}

TEST(ConnectionWords, TakeWhatOnlyLooksLikeAPasswordThatIsSplit) {
  for (const char* good : {"postgresql:///queue?host=/run/postgresql", "postgresql://u:p%40%2F@h1:1,h2:2/d",
                           "postgres://u@h/d?application_name=a@b/c", "host=h password=a@b/c@d"}) {
    EXPECT_EQ(why_refused(good), "taken") << good;
  }
}

TEST(ConnectionWords, NameAParameterThatIsUnknown) {
  const std::string sentence =
      "the url of the PostgreSQL storage has the parameter \"schema\", which PostgreSQL's own library does not know: "
      "correct its name, or leave it out";
  EXPECT_EQ(why_refused("postgresql://quarry:canary@db.example:6432/queue?schema=canary"), sentence);
  EXPECT_EQ(why_refused("postgres:///queue?sslmode=require&schema=canary&more=canary"), sentence);
  EXPECT_EQ(why_refused("postgresql://u:can?ary=1@db.example/queue?schema=canary"), sentence);
}

TEST(ConnectionWords, NameNothingThatMayBePartOfAPassword) {
  for (const char* url :
       {"postgresql://u:x/y?canary=1@db.example/queue", "postgresql://u:x?canary=1@db.example/queue&b",
        "postgresql://u:x?canary=1", "postgresql://u:x@h/d?canary", "postgresql://h/d?a=b@&canary=1",
        "postgresql://u:x@h/d?can%61ry=1", "host=h canary=1"}) {
    EXPECT_EQ(why_refused(url).find("canary"), std::string::npos) << why_refused(url);
  }
}

}  // namespace
}  // namespace quarry::storage_postgres
