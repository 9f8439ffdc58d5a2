// SPDX-License-Identifier: MIT
// Puts the API, which knows no server, behind the server, which knows no API.
#pragma once

#include "api/routes.hpp"
#include "http/router.hpp"

#include <vector>

namespace quarry::app {

/// The API's table as the server wants it. `services` must outlive the table.
[[nodiscard]] std::vector<http::Route> bind_routes(api::Services& services);

}  // namespace quarry::app
