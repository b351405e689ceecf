"""What runs inside the Redis server, at one blow."""

from typing import Final

# KEYS: the stream. ARGV: the field, the id that the batch continues from, then id and event of each row.
# Ids are compared as strings: Lua's numbers are floats and hold no 64-bit integer.
PUBLISH: Final = """
local function split(id)
    local major, minor = string.match(id, '^(%d+)-(%d+)$')
    return major, minor
end

local function less_digits(a, b)
    if #a ~= #b then return #a < #b end
    return a < b
end

local function less(a, b)
    local a_major, a_minor = split(a)
    local b_major, b_minor = split(b)
    if a_major ~= b_major then return less_digits(a_major, b_major) end
    return less_digits(a_minor, b_minor)
end

local last = '0-0'
if redis.call('EXISTS', KEYS[1]) == 1 then
    local info = redis.call('XINFO', 'STREAM', KEYS[1])
    for i = 1, #info, 2 do
        if info[i] == 'last-generated-id' then last = info[i + 1] end
    end
end

-- The stream lost its end since its position was read: adding these would leave a gap before them.
if less(last, ARGV[2]) then return -1 end

local added = 0
for i = 3, #ARGV, 2 do
    -- What lies at or below the last id is there: another relay was faster.
    if less(last, ARGV[i]) then
        -- An error ends the script here, so that nothing is ever added behind a gap.
        redis.call('XADD', KEYS[1], ARGV[i], ARGV[1], ARGV[i + 1])
        added = added + 1
    end
end
return added
"""
