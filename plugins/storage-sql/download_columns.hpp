// SPDX-License-Identifier: MIT
// The columns of a download in the one order in which both stores select them. For programs, too, that run the stores'
// statements without the SDK.
#pragma once

/// The columns of a row in the order of read_row().
#define QUARRY_DOWNLOAD_COLUMNS                                                                                     \
  "id, flags, epoch, version, state, priority, movie_id, size_bytes, rank, due_at_ms, lease_until_ms, "             \
  "enqueued_at_ms, updated_at_ms, ended_at_ms, done_bytes, down_bps, up_bps, eta_s, progress_at_ms, attempts, "     \
  "max_retries, seeders, leechers, cleanup, error_code, progress, ratio, lane, release_key, title, indexer, guid, " \
  "download_url, magnet, category, client, client_item_id, infohash_v1, infohash_v2, output_path, lease_owner, "    \
  "due_reason, error, client_state"
