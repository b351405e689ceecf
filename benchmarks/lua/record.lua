-- POST /v1/entries, each with a key of its own. Arguments after `--`:
--   1 a file with one token a line   2 what keys begin with
--   3 today   4 another day   5 which share of the entries has that one, 0 to 1
--   6 which share of the entries is the first token's, 0 to 1; the rest goes to all others in turn
local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init(arguments)
    heads, count = {}, 0
    for token in io.lines(arguments[1]) do
        heads[#heads + 1] = "POST /v1/entries HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            .. "Authorization: Bearer " .. token .. "\r\nIdempotency-Key: "
    end
    prefix = arguments[2] .. "-" .. number .. "-"
    other_share, hot_share = tonumber(arguments[5]), tonumber(arguments[6])
    today, other = ending(arguments[3]), ending(arguments[4])
    math.randomseed(4711 + number)
end

function ending(day)
    local body = '{"direction": "credit", "amount": "12.34", "business_date": "' .. day
        .. '", "description": "Venda de teste", "category": "bench"}'
    return "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

function request()
    count = count + 1
    local head = heads[1]
    if #heads > 1 and math.random() >= hot_share then
        head = heads[2 + (count + number * 997) % (#heads - 1)]
    end
    if other_share > 0 and math.random() < other_share then
        return head .. prefix .. count .. other
    end
    return head .. prefix .. count .. today
end
