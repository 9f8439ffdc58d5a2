// SPDX-License-Identifier: MIT
// What the guarded interfaces share.
#pragma once

#include "plugins/call_wall.hpp"
#include "plugins/guarded.hpp"

#include <memory>
#include <new>
#include <utility>

namespace quarry::plugins {

/// Makes a `State` from `args` on the heap, runs `work(context, state)` behind the wall, and when that
/// succeeded in time, `deliver(state)` on the caller's thread. A state with `flooded()` turns into
/// Code::internal. Out of memory is Code::internal too: nothing may be thrown at the caller.
template <class State, class Work, class Deliver, class... Args>
sdk::Status guarded_call(CallWall& wall, sdk::CallContext& ctx, std::string_view method, Work work, Deliver deliver,
                         Args&&... args) noexcept {
  try {
    auto state = std::make_shared<State>(std::forward<Args>(args)...);
    const auto answer = wall.run(ctx, method, [state, work](sdk::CallContext& inner) -> sdk::Status {
      const sdk::Status status = work(inner, *state);
      if constexpr (requires { state->flooded(); }) {
        if (state->flooded()) { return inner.fail({sdk::Code::internal, 0, 0, 0}, kFloodSentence); }
      }
      return status;
    });
    if (answer.returned && answer.status.ok()) { deliver(*state); }
    return answer.status;
  } catch (const std::bad_alloc&) {
    return ctx.fail({sdk::Code::internal, sdk::kRetryable, 0, 0}, "out of memory");
  } catch (const std::exception& e) { return ctx.fail({sdk::Code::internal, 0, 0, 0}, e.what()); }
}

}  // namespace quarry::plugins
