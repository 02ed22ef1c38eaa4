-- SPDX-License-Identifier: Apache-2.0
-- wrk posts the rows of a CSV file in turn and reports as one line of JSON.
-- Usage: wrk -s predict.lua URL -- ROWS.csv
local requests, at = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    if #line > 0 then
      requests[#requests + 1] = wrk.format("POST", "/predict",
        {["Content-Type"] = "application/json"}, '{"features":[' .. line .. "]}")
    end
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%f,"errors":%d,"p50_ms":%f,"p99_ms":%f}\n',
    summary.requests, summary.duration / 1e6,
    e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
