-- SPDX-License-Identifier: MIT
-- wrk: asks for the URL with the API key, and prints RESULT p50 p99 requests/s errors.
wrk.headers["X-Api-Key"] = os.getenv("QUARRY_API_KEY")

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULT %.1f %.1f %.1f %d\n", latency:percentile(50), latency:percentile(99),
    summary.requests / (summary.duration / 1e6), e.connect + e.read + e.write + e.status + e.timeout))
end
