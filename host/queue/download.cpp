// SPDX-License-Identifier: MIT
#include "queue/download.hpp"

namespace quarry::queue {

Download copy_of(const sdk::DownloadView& v) {
  Download d;
  d.id = v.id;
  d.epoch = v.epoch;
  d.version = v.version;
  d.state = v.state;
  d.priority = v.priority;
  d.flags = v.flags;
  d.lane = v.lane;
  d.release_key = v.release_key;
  d.title = v.title;
  d.indexer = v.indexer;
  d.guid = v.guid;
  d.download_url = v.download_url;
  d.magnet = v.magnet;
  d.category = v.category;
  d.client = v.client;
  d.client_item_id = v.client_item_id;
  d.infohash_v1 = v.infohash_v1;
  d.infohash_v2 = v.infohash_v2;
  d.output_path = v.output_path;
  d.due_reason = v.due_reason;
  d.error = v.error;
  d.client_state = v.client_state;
  d.movie_id = v.movie_id;
  d.size_bytes = v.size_bytes;
  d.rank = v.rank;
  d.due_at_ms = v.due_at_ms;
  d.lease_until_ms = v.lease_until_ms;
  d.enqueued_at_ms = v.enqueued_at_ms;
  d.updated_at_ms = v.updated_at_ms;
  d.ended_at_ms = v.ended_at_ms;
  d.done_bytes = v.done_bytes;
  d.down_bps = v.down_bps;
  d.up_bps = v.up_bps;
  d.eta_s = v.eta_s;
  d.progress_at_ms = v.progress_at_ms;
  d.attempts = v.attempts;
  d.max_retries = v.max_retries;
  d.seeders = v.seeders;
  d.leechers = v.leechers;
  d.cleanup = v.cleanup;
  d.error_code = v.error_code;
  d.progress = v.progress;
  d.ratio = v.ratio;
  return d;
}

}  // namespace quarry::queue
