// SPDX-License-Identifier: MIT
#include "records/records.hpp"

#include "records/collections.hpp"
#include "records/migrations.hpp"

namespace quarry::records {

sdk::Done Records::open() { return open_records(client_, collections(), migrations()); }

}  // namespace quarry::records
