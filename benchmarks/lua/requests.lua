-- Whole requests, one after another, then from the beginning. Arguments after `--`:
--   1 a file of requests, each ended by a byte 0   2 what in a request is replaced by a new key of the same length
--   3 what keys begin with
function init(arguments)
    parts, count = {}, 0
    local file = io.open(arguments[1], "rb")
    local mark, prefix = arguments[2], arguments[3]
    width = #mark - #prefix
    begin = prefix
    for whole in file:read("*a"):gmatch("(%Z+)%z") do
        local from, to = whole:find(mark, 1, true)
        if from then
            parts[#parts + 1] = {whole:sub(1, from - 1), whole:sub(to + 1)}
        else
            parts[#parts + 1] = {whole}
        end
    end
    file:close()
end

function request()
    local part = parts[count % #parts + 1]
    count = count + 1
    if part[2] then
        return part[1] .. begin .. string.format("%0" .. width .. "d", count) .. part[2]
    end
    return part[1]
end
