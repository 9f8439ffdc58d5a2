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

inline TestPostgres test_postgres() {
  const char* named = std::getenv("QUARRY_TEST_POSTGRES");
  if (named == nullptr) {
    return {"", "QUARRY_TEST_POSTGRES is not set: run this test with ctest, which starts a PostgreSQL for it"};
  }
  const std::filesystem::path path = named;
  std::string url = first_line(path);
  if (!url.empty()) { return {url, ""}; }
  std::string reason = first_line(path.parent_path() / "missing");
  return {"", reason.empty() ? "no PostgreSQL runs for " + path.string() + ": ctest starts it, as test postgres.start"
                             : reason};
}

}  // namespace quarry::lab
