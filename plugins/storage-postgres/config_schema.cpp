// SPDX-License-Identifier: MIT
#include "postgres_queue_store.hpp"

namespace quarry::storage_postgres {

const char kConfigSchema[] = R"({
  "type": "object",
  "properties": {
    "url": {"type": "string", "minLength": 1, "secret": true, "description": "postgresql://USER:PASSWORD@HOST:PORT/DATABASE; ?sslmode=verify-full&sslrootcert=FILE for TLS"},
    "pooler": {"type": "boolean", "description": "The url is that of a pooler that pools by transaction (PgBouncer: pool_mode = transaction), default false"},
    "readers": {"type": "integer", "minimum": 1, "maximum": 16, "description": "Connections that read at the same time, default 2"}
  },
  "required": ["url"],
  "additionalProperties": false
})";

}  // namespace quarry::storage_postgres
