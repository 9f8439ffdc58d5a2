-- SPDX-License-Identifier: MIT
-- wrk: enqueues a magnet of its own with each request, at a steady pace, and prints the same as report.lua.
-- The pause between two requests of a connection varies by half: else all of them would ask in the same moment for ever.
local round = tonumber(os.getenv("QUARRY_BENCH_ROUND"))
local pause = tonumber(os.getenv("QUARRY_BENCH_PAUSE_MS"))
local number = 0

wrk.method = "POST"
wrk.headers["X-Api-Key"] = os.getenv("QUARRY_API_KEY")
wrk.headers["Content-Type"] = "application/json"

function delay()
  return math.random(math.floor(pause / 2), math.ceil(pause * 3 / 2))
end

function request()
  number = number + 1
  local body = string.format(
    '{"title":"The.Enqueued.Film.%d.%d.1080p.BluRay.x264-BENCH","magnet_url":"magnet:?xt=urn:btih:%08x%032x"}',
    round, number, round + 1, number)
  return wrk.format(nil, nil, nil, body)
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULT %.1f %.1f %.1f %d\n", latency:percentile(50), latency:percentile(99),
    summary.requests / (summary.duration / 1e6), e.connect + e.read + e.write + e.status + e.timeout))
end
