-- GET /v1/daily-balances/{day} of one merchant after another, no day of a merchant twice. Arguments after `--`:
--   1 a file with one token a line   2 a file with one day a line   3 how many of all these days are read already
function init(arguments)
    heads, days = {}, {}
    for token in io.lines(arguments[1]) do
        heads[#heads + 1] = " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " .. token .. "\r\n\r\n"
    end
    for day in io.lines(arguments[2]) do
        days[#days + 1] = "GET /v1/daily-balances/" .. day
    end
    count = tonumber(arguments[3])
end

function request()
    local day, head = math.floor(count / #heads) % #days, count % #heads
    count = count + 1
    return days[day + 1] .. heads[head + 1]
end
