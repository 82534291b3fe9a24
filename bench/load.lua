-- What wrk sends and how it reports.  wrk -s load.lua URL -- FILE WIDTH PAUSE BODY
--   FILE   paths of WIDTH bytes, one after another without separator; "-": the path of the URL, always
--   PAUSE  the mean of the pauses between an answer and the next request, in ms
--   BODY   a file with a JSON body to POST, whose eight characters "XXXXXXXX" are another number each time; "-": a GET
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  local file, width, pause, body = args[1], tonumber(args[2]), tonumber(args[3]), args[4]
  if file ~= "-" then
    local handle = assert(io.open(file, "rb"))
    local paths = handle:read("*a")
    handle:close()
    local lines = {}
    for name, value in pairs(wrk.headers) do lines[#lines + 1] = name .. ": " .. value .. "\r\n" end
    -- Among them the Host, which wrk has put there.
    local rest = " HTTP/1.1\r\n" .. table.concat(lines) .. "\r\n"
    math.randomseed(os.time() + number * 7919)
    local at = math.random(0, #paths / width - 1) * width
    function request()
      if at >= #paths then at = 0 end
      at = at + width
      return "GET /" .. paths:sub(at - width + 1, at) .. rest
    end
  end
  if body ~= "-" then
    local handle = assert(io.open(body, "rb"))
    local text = handle:read("*a")
    handle:close()
    local place = assert(text:find("XXXXXXXX", 1, true))
    local before, after = text:sub(1, place - 1), text:sub(place + 8)
    local next = (os.time() % 1000) * 100000 + number * 10000000
    function request()
      next = next + 1
      return wrk.format("POST", nil, nil, before .. string.format("%08d", next % 100000000) .. after)
    end
  end
  if pause > 0 then
    function delay() return math.random(0, 2 * pause) end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"micros":%d,"p50":%d,"p99":%d,"max":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
