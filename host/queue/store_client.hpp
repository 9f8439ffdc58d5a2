// SPDX-License-Identifier: MIT
// A pleasant face for a QueueStore: owned rows, command ids, a command whose commit is unknown is
// sent again until its outcome is known, and rows that should not exist are set aside: nobody behind this
// face ever sees one. [thread-safe]
#pragma once

#include "queue/download.hpp"
#include "queue/set_aside.hpp"

#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/sinks.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace quarry::queue {

/// The command was carried out, now or when it was sent before.
[[nodiscard]] constexpr bool is_done(sdk::CommandResult result) noexcept {
  return result == sdk::CommandResult::applied || result == sdk::CommandResult::already_applied;
}

/// Of a page as it was read, with the rows that were set aside.
struct PageRead {
  std::int64_t total = 0;    ///< how many match in all
  std::int64_t rows = 0;     ///< in this page
  std::int64_t last_id = 0;  ///< of the last one; 0 for an empty page
};

class StoreClient {
 public:
  /// `set_aside` may be shared by several.
  StoreClient(sdk::QueueStore& store, const sdk::Clock& clock, std::function<std::string()> next_command_id,
              std::shared_ptr<SetAside> set_aside = std::make_shared<SetAside>());

  [[nodiscard]] SetAside& set_aside() noexcept { return *set_aside_; }

  [[nodiscard]] sdk::Result<sdk::Outcome> enqueue(sdk::NewDownload item);
  /// A row that is set aside is made `blocked`, so that it takes no slot and is not claimed again.
  [[nodiscard]] sdk::Result<std::vector<Download>> claim(std::string_view lane, int limit, std::string_view owner,
                                                         std::int64_t lease_ms);
  [[nodiscard]] sdk::Result<std::vector<sdk::Outcome>> heartbeat(std::string_view owner, std::int64_t lease_ms,
                                                                 std::span<const sdk::LeaseRef> leases);
  [[nodiscard]] sdk::Result<sdk::Outcome> record_intent(sdk::Intent intent);
  /// Empty when nothing is kept.
  [[nodiscard]] sdk::Result<std::string> metainfo(std::int64_t id);
  [[nodiscard]] sdk::Result<sdk::Outcome> transition(sdk::Transition change);
  /// At most 500, in one unit; the outcomes in their order.
  [[nodiscard]] sdk::Result<std::vector<sdk::Outcome>> transitions(std::vector<sdk::Transition> changes);
  [[nodiscard]] sdk::Result<sdk::Outcome> edit(sdk::Edit edit);
  [[nodiscard]] sdk::Result<std::vector<Download>> rescue(std::string_view owner, int limit);
  /// Of an answer that was lost nobody knows whether the duty is held; asking again is harmless.
  [[nodiscard]] sdk::Result<sdk::Duty> take_duty(std::string_view name, std::string_view owner, std::int64_t lease_ms);
  [[nodiscard]] sdk::Done give_up_duty(std::string_view name, std::string_view owner);
  [[nodiscard]] sdk::Result<std::vector<sdk::Outcome>> record_progress(std::span<const sdk::Progress> items);
  [[nodiscard]] sdk::Result<Download> find(const sdk::FindRequest& request);
  /// `not_found`, and `conflict` for a row that is set aside, without a call of `visit`.
  [[nodiscard]] sdk::Done find(const sdk::FindRequest& request, const RowVisit& visit);
  [[nodiscard]] sdk::Result<std::vector<Download>> list(const sdk::ListRequest& request);
  /// How many match in all.
  [[nodiscard]] sdk::Result<std::int64_t> list(const sdk::ListRequest& request, const RowVisit& visit);
  [[nodiscard]] sdk::Result<PageRead> read_page(const sdk::ListRequest& request, const RowVisit& visit);
  /// Every row that matches, read page by page in order of id.
  [[nodiscard]] sdk::Result<std::vector<Download>> list_all(sdk::ListFilter filter);
  [[nodiscard]] sdk::Done set_lane(const sdk::LaneSettings& settings);
  [[nodiscard]] sdk::Result<sdk::Stats> stats(std::string_view lane);
  [[nodiscard]] sdk::Result<std::int64_t> prune(std::uint32_t states, std::int64_t before_ms, int limit);

 private:
  using Send = std::function<sdk::Status(sdk::CallContext&, sdk::Outcomes&)>;
  [[nodiscard]] sdk::BasicContext context() const;
  [[nodiscard]] sdk::Result<std::vector<sdk::Outcome>> until_known(const Send& send);
  [[nodiscard]] sdk::Result<sdk::Outcome> one_until_known(const Send& send);
  void block(const Download& claimed);

  sdk::QueueStore& store_;
  const sdk::Clock& clock_;
  std::function<std::string()> next_command_id_;
  std::shared_ptr<SetAside> set_aside_;
};

}  // namespace quarry::queue
