// SPDX-License-Identifier: MIT
#include "watched_records.hpp"

#include <storage-postgres/failures.hpp>
#include <storage-postgres/libpq.hpp>
#include <storage-postgres/record_session.hpp>

#include <iostream>
#include <utility>

namespace quarry::million {

using storage_postgres::Access;
using storage_postgres::Sees;
using storage_postgres::Server;
using storage_postgres::Session;

namespace {

/// Inside of a transaction the server has not ended a statement, and says nothing of it, until it is sent the next.
constexpr char kEndStatement[] = "SHOW jit";

Server server_of(const std::string& url) { return Server::of(sdk::Config::parse(R"({"url": ")" + url + R"("})")); }
void take_notices(Session& session, std::string& into) {
  session.raw().exec(storage_postgres::testing::kTellAll);
  PQsetNoticeProcessor(
      storage_postgres::libpq(session.soci()),
      [](void* told, const char* text) { *static_cast<std::string*>(told) += text; }, &into);
}

}  // namespace

/// The store's own way of sending a statement, and a look at what the server then told.
class WatchedRecords::Watch final : public storage_sql::RecordSession {
 public:
  Watch(WatchedRecords& records, Session& session) : records_(records), session_(session) {}

  using RecordSession::run;
  void run(const std::string& sql, std::span<const sdk::Value> parameters, std::span<const sdk::FieldType> columns,
           const OnRow& on_row) override {
    records_.told_.clear();
    session_.run(sql, parameters, columns, on_row);
    session_.exec(kEndStatement);
    records_.watched_.push_back({sql, storage_postgres::testing::Plan(std::exchange(records_.told_, {}))});
  }
  void exec(const std::string& sql) override { session_.exec(sql); }
  [[nodiscard]] std::int64_t now_ms() override { return session_.now_ms(); }

 private:
  WatchedRecords& records_;
  storage_postgres::PostgresRecordSession session_;
};

WatchedRecords::WatchedRecords(const std::string& url)
    : reader_(server_of(url), Access::reader),
      writer_(server_of(url), Access::writer),
      store_(*this, storage_sql::kPostgresRecords) {
  take_notices(reader_, told_);
  take_notices(writer_, told_);
}

void WatchedRecords::write(sdk::CallContext& /*ctx*/, std::size_t /*rows*/, const Work& work) {
  Watch watch(*this, writer_);
  writer_.begin();
  try {
    writer_.raw().exec(work(watch) ? "COMMIT" : "ROLLBACK");
  } catch (...) {
    writer_.raw().exec("ROLLBACK");
    throw;
  }
}
void WatchedRecords::read(sdk::CallContext& /*ctx*/, bool one_moment, const Look& look) {
  Watch watch(*this, reader_);
  reader_.read(one_moment ? Sees::one_moment : Sees::each_its_own_moment, [&] { look(watch); });
}

sdk::Failure WatchedRecords::explain(const std::exception& error) const {
  return storage_postgres::explain(error, "the test's");
}
bool WatchedRecords::is_unknown_name(const std::exception& /*error*/) const noexcept { return false; }
void WatchedRecords::warn(const std::string& text) const noexcept { std::cerr << text << "\n"; }

}  // namespace quarry::million
