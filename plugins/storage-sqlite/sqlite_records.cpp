// SPDX-License-Identifier: MIT
#include "sqlite_records.hpp"

#include "failures.hpp"
#include "record_session.hpp"
#include "statements.hpp"

#include <string_view>

namespace quarry::storage_sqlite {
namespace {

/// One moment of the database for several statements.
class RecordSnapshot {
 public:
  explicit RecordSnapshot(RawDatabase& raw) : raw_(raw) { raw_.exec(sql::kBeginRead); }
  ~RecordSnapshot() {
    try {
      if (raw_.in_transaction()) { raw_.exec(sql::kCommit); }
    } catch (const SqliteFailure&) {
      // A read transaction has nothing to lose; the next BEGIN would report what is wrong.
    }
  }
  RecordSnapshot(const RecordSnapshot&) = delete;
  RecordSnapshot& operator=(const RecordSnapshot&) = delete;

 private:
  RawDatabase& raw_;
};

}  // namespace

void SqliteRecords::write(sdk::CallContext& ctx, std::size_t rows, const Work& work) {
  bool wanted = true;
  try {
    queue_.write_with(ctx, rows, [&](Connection& connection) {
      SqliteRecordSession session(connection.raw(), queue_.clock());
      wanted = work(session);
      // Only a throw undoes a command without its neighbours.
      if (!wanted) { throw sdk::Error(sdk::Code::conflict, "a write of the batch could not be applied"); }
    });
  } catch (const sdk::Error&) {
    if (wanted) { throw; }
  }
}

void SqliteRecords::read(sdk::CallContext& ctx, bool one_moment, const Look& look) {
  queue_.read_with(ctx, [&](Connection& connection) {
    SqliteRecordSession session(connection.raw(), queue_.clock());
    const RawDatabase::Hold hold(connection.raw());
    if (!one_moment) {
      look(session);
      return;
    }
    const RecordSnapshot snapshot(connection.raw());
    look(session);
  });
}

sdk::Failure SqliteRecords::explain(const std::exception& error) const {
  return storage_sqlite::explain(error, queue_.file());
}
bool SqliteRecords::is_unknown_name(const std::exception& error) const noexcept {
  const std::string_view text = error.what();
  return dynamic_cast<const SqliteFailure*>(&error) != nullptr &&
         (text.starts_with("no such table") || text.starts_with("no such column"));
}

}  // namespace quarry::storage_sqlite
