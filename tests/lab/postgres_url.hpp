// SPDX-License-Identifier: MIT
#pragma once
// For test programs of quarry_add_tests(… POSTGRES): the server that CTest started for them.
//
//   const quarry::lab::TestPostgres server = quarry::lab::test_postgres();
//   if (server.url.empty()) { GTEST_SKIP() << server.missing; }
//
// All tests of a run share that server and run at the same time: each makes a database of its own in it, named so that
// no other has the name, and drops it at the end. It does not flush to the disk: it is for tests of behaviour.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace quarry::lab {

struct TestPostgres {
  std::string url;  // postgresql://…, of the maintenance database, as its superuser; with the password: do not print it
  std::string missing;  // why there is none, when url is empty
};

inline std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// The file that the environment names: "url", or "pooler" for tests whose stores go through PgBouncer.
inline std::filesystem::path named_file() {
  const char* named = std::getenv("QUARRY_TEST_POSTGRES");
  return named == nullptr ? "" : named;
}

inline TestPostgres test_server(const char* url_file, const char* reason_file) {
  if (named_file().empty()) {
    return {"", "QUARRY_TEST_POSTGRES is not set: run this test with ctest, which starts a PostgreSQL for it"};
  }
  const std::filesystem::path folder = named_file().parent_path();
  std::string url = first_line(folder / url_file);
  if (!url.empty()) { return {url, ""}; }
  std::string reason = first_line(folder / "missing");
  if (reason.empty()) { reason = first_line(folder / reason_file); }
  return {"", reason.empty()
                  ? "no PostgreSQL runs for " + named_file().string() + ": ctest starts it, as test postgres.start"
                  : reason};
}

inline TestPostgres test_postgres() { return test_server("url", "missing"); }
/// The same server behind PgBouncer, which pools by transaction: three connections for each database.
inline TestPostgres test_pooler() { return test_server("pooler", "pooler-missing"); }
inline bool through_pooler() { return named_file().filename() == "pooler"; }

}  // namespace quarry::lab
