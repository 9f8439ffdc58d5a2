// SPDX-License-Identifier: MIT
// Lets an author write ordinary throwing C++ behind a noexcept interface.
#pragma once

#include <quarry/sdk/abi/plugin.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <new>

namespace quarry::sdk {

/// Runs `body` and answers ok, or what it threw as a Status, with the text left in `ctx`.
/// `body` returns nothing. Anything thrown, standard or not, is caught.
template <class Body>
Status guard(CallContext& ctx, Body&& body) noexcept {
  try {
    body();
    return {};
  } catch (const Error& e) { return ctx.fail(e.status(), e.what()); } catch (const std::bad_alloc&) {
    return ctx.fail({Code::internal, 0, 0, 0}, "out of memory");
  } catch (const std::exception& e) { return ctx.fail({Code::internal, 0, 0, 0}, e.what()); } catch (...) {
    return ctx.fail({Code::internal, 0, 0, 0}, "the plugin threw something that is not a std::exception");
  }
}

/// Throws when the caller has given up or the time is over. Call it in loops.
inline void check_cancelled(const CallContext& ctx) {
  if (ctx.cancelled()) { throw Error(Code::cancelled, "cancelled by the caller"); }
  if (ctx.remaining_ms() <= 0) { throw Error(Code::deadline, "the time for this call is over"); }
}

}  // namespace quarry::sdk
