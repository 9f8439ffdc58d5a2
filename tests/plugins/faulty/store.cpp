// SPDX-License-Identifier: MIT
// A storage that keeps nothing; with {"broken": true} it cannot be made.
#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/helpers/plugin.hpp>

namespace {

using namespace quarry::sdk;

class Store final : public Plugin<QueueStore> {
 public:
  Store(HostServices&, const Config& config) {
    if (config.flag("broken", false)) { throw Error(Code::unavailable, "the disk is gone"); }
  }
  Status open(CallContext&) noexcept override { return {}; }
  Status enqueue(CallContext&, std::span<const NewDownload>, OutcomeSink&) noexcept override { return {}; }
  Status claim(CallContext&, const ClaimRequest&, DownloadSink&) noexcept override { return {}; }
  Status heartbeat(CallContext&, std::string_view, std::int64_t, std::span<const LeaseRef>,
                   OutcomeSink&) noexcept override {
    return {};
  }
  Status record_intent(CallContext&, const Intent&, OutcomeSink&) noexcept override { return {}; }
  Status metainfo(CallContext&, std::int64_t, ByteSink&) noexcept override { return {}; }
  Status transition(CallContext&, std::span<const Transition>, OutcomeSink&) noexcept override { return {}; }
  Status edit(CallContext&, const Edit&, OutcomeSink&) noexcept override { return {}; }
  Status rescue(CallContext&, std::string_view, std::string_view, std::int32_t, DownloadSink&) noexcept override {
    return {};
  }
  Status record_progress(CallContext&, std::span<const Progress>, OutcomeSink&) noexcept override { return {}; }
  Status find(CallContext&, const FindRequest&, DownloadSink&) noexcept override { return {}; }
  Status list(CallContext&, const ListRequest&, DownloadSink&, std::int64_t&) noexcept override { return {}; }
  Status set_lane(CallContext&, const LaneSettings&) noexcept override { return {}; }
  Status stats(CallContext&, std::string_view, Stats&) noexcept override { return {}; }
  Status events_since(CallContext&, std::int64_t, std::int32_t, EventSink&) noexcept override { return {}; }
  Status take_duty(CallContext&, const DutyRequest&, Duty&) noexcept override { return {}; }
  Status prune(CallContext&, std::uint32_t, std::int64_t, std::int32_t, std::int64_t&) noexcept override { return {}; }
};

}  // namespace

QUARRY_PLUGIN(Store, "store", "1.0.0", "Keeps nothing.",
              R"({"type": "object", "properties": {"broken": {"type": "boolean"}}})", 64);
