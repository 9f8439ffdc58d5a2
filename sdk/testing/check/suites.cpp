// SPDX-License-Identifier: MIT
#include "suites.hpp"

namespace quarry::sdk::check {

const std::vector<Suite>& suites() {
  static const std::vector<Suite> kAll = {
      {"quarry.queue_store/1", "Plugin/QueueStoreContract", {}, {}, false, look_at_store},
      {"quarry.record_store/1", "Plugin/RecordStoreContract", {}, {}, true},
      {"quarry.scorer/1", "Plugin/ScorerContract"},
      {"quarry.download_client/1",
       "Plugin/DownloadClientContract",
       {"AClientThatWasNeverThereIsUnavailable"},
       "need a fake of your server: run them in your own tests with QUARRY_DOWNLOAD_CLIENT_CONTRACT"},
      {"quarry.indexer/1",
       "Plugin/IndexerContract",
       {"ASiteThatIsDownIsUnavailable"},
       "need a fake of your site: run them in your own tests with QUARRY_INDEXER_CONTRACT"},
  };
  return kAll;
}

}  // namespace quarry::sdk::check
