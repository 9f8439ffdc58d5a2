// SPDX-License-Identifier: MIT
#include "queue_checks.hpp"

#include <utility>

namespace quarry::storage_sql {
namespace {

constexpr const char* kRestore = "; restore a backup, or move the rest with `quarry storage copy`";

/// Rows of `table` of which `wrong` holds.
QueueCheck rows_where(std::string table, const std::string& key, const std::string& wrong, const std::string& text) {
  QueueCheck check;
  check.sql = "SELECT CAST(" + key + " AS text) FROM " + table + " WHERE " + wrong + " ORDER BY " + key;
  check.where = std::move(table);
  check.text = text;
  return check;
}

/// Live rows that share the value of `column`, which only one may have.
QueueCheck shared(const std::string& column, const std::string& live, const std::string& text) {
  QueueCheck check;
  check.where = "download";
  check.text = text;
  check.sql = "SELECT CAST(min(id) AS text) FROM download WHERE " + column + " <> '' AND " + live + " GROUP BY " +
              column + " HAVING count(*) > 1 ORDER BY min(id)";
  return check;
}

QueueCheck counters() {
  QueueCheck check;
  check.where = "status_count";
  check.text = "the counter (state/status: kept instead of counted) is wrong; copy the storage to make it anew";
  check.sql =
      "SELECT CAST(state AS text) || '/' || CAST(status AS text) || ': ' || CAST(sum(kept) AS text) || ' instead of ' "
      "|| CAST(sum(counted) AS text) FROM (SELECT state, status, n AS kept, 0 AS counted FROM status_count UNION ALL "
      "SELECT state, status, 0, count(*) FROM download GROUP BY state, status) AS both_counts GROUP BY state, status "
      "HAVING sum(kept) <> sum(counted) ORDER BY state, status";
  return check;
}

}  // namespace

std::vector<QueueCheck> queue_checks(const CheckWords& words) {
  const std::string live(words.live);
  const std::string copy = "; copy the storage to make it anew";
  std::vector<QueueCheck> checks;
  const auto download = [&](const std::string& wrong, const std::string& text) {
    checks.push_back(rows_where("download", "id", wrong, text));
  };
  download("state NOT BETWEEN 0 AND 8", "is in no known state" + std::string(kRestore));
  download("(ready <> 0) <> (state = 0 AND flags & 1 = 0)",
           "its place in the claim order contradicts its state" + copy);
  download("(" + live + ") <> (state NOT IN (7, 8))", "whether it is live contradicts its state" + copy);
  download("(lease_owner <> '') <> (state = 1) OR (lease_until_ms > 0) <> (state = 1)",
           "has a lease without an owner, or one that its state does not allow" + std::string(kRestore));
  download("(ended_at_ms <> 0) <> (state IN (5, 7, 8))", "when it ended contradicts its state" + std::string(kRestore));
  checks.push_back(shared("release_key", live, "another live download has the same release; cancel one of the two"));
  checks.push_back(shared("infohash_v1", live, "another live download has the same hash; cancel one of the two"));
  checks.push_back(shared("infohash_v2", live, "another live download has the same v2 hash; cancel one of the two"));
  checks.push_back(shared("created_by", "1 = 1", "another download was made by the same command"));
  checks.push_back(rows_where("metainfo", "download_id", "NOT EXISTS (SELECT 1 FROM download WHERE id = download_id)",
                              "the torrent belongs to no download" + std::string(kRestore)));
  checks.push_back(rows_where("event", "sequence", "from_state NOT BETWEEN -1 AND 8 OR to_state NOT BETWEEN 0 AND 8",
                              "tells of no known state" + std::string(kRestore)));
  checks.push_back(rows_where("event", "sequence", "download_id > " + std::string(words.last_download),
                              "tells of a download that there never was: rows were lost" + std::string(kRestore)));
  checks.push_back(counters());
  return checks;
}

}  // namespace quarry::storage_sql
