// SPDX-License-Identifier: MIT
// quarry.queue_wakeup/1: a hint that work came, for hosts that share a storage. Optional, beside queue_store/1.
//
// A hint only: it may come for nothing, and it may fail to come. Who relies on the queue looks by itself from time to
// time, and by this interface merely looks sooner.
#pragma once

#include <quarry/sdk/abi/plugin.hpp>

namespace quarry::sdk {

struct Wakeup {
  std::uint32_t struct_size = sizeof(Wakeup);
  std::int32_t woken = 0;  ///< 1: look now; 0: the caller's time was over
  /// The store tries from time to time whether a hint to itself arrives. 1: one did; -1: one did not (a connection
  /// pooler between that hands on no notifications?), so nothing will wake this caller; 0: nothing was learnt.
  std::int32_t hears = 0;
  std::int32_t reserved = 0;
};

/// Frozen under this id.
struct QueueWakeup {
  static constexpr std::string_view kId = "quarry.queue_wakeup/1";

  /// Waits until a lane that had nothing to claim got a download that can be claimed now, from whichever host; ends
  /// soon after `ctx` is out of time or cancelled, with ok and woken = 0. Hints that came between two calls end the
  /// next one at once. One caller at a time; on a thread of its own. `unavailable`: the connection is lost; call again
  /// after a pause. `unsupported`: as it is configured there are no hints, and the caller looks by itself. Only after
  /// queue_store's open().
  virtual Status wait(CallContext& ctx, Wakeup& out) noexcept = 0;

 protected:
  ~QueueWakeup() = default;
};

}  // namespace quarry::sdk
