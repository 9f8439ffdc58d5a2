// SPDX-License-Identifier: MIT
#include "bulk_load.hpp"

namespace quarry::storage_postgres::testing {

std::string BulkLoad::before() const {
  std::string text = "SET jit = off; SET maintenance_work_mem = '256MB'; ";
  std::string names;
  for (const std::string& table : tables_) {
    text += "ALTER TABLE " + table + " SET (autovacuum_enabled = off); ";
    names += (names.empty() ? "cast('" : ", cast('") + table + "' AS regclass)";
  }
  return text +
         "CREATE TEMP TABLE index_later AS SELECT pg_get_indexdef(indexrelid) AS text, "
         "cast(indexrelid AS regclass) AS name FROM pg_index WHERE NOT indisprimary AND indrelid IN (" +
         names +
         "); DO $$ DECLARE made record; BEGIN FOR made IN SELECT * FROM index_later LOOP EXECUTE 'DROP INDEX ' || "
         "made.name; END LOOP; END $$;\n";
}

std::string BulkLoad::after() const {
  return "DO $$ DECLARE made record; BEGIN FOR made IN SELECT * FROM index_later LOOP EXECUTE made.text; END LOOP; "
         "END $$; DROP TABLE index_later;";
}

}  // namespace quarry::storage_postgres::testing
