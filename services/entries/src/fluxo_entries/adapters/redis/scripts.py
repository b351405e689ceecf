"""What runs inside the Redis server, at one blow."""

from typing import Final

# Ids are compared as strings: Lua's numbers are floats and hold no 64-bit integer.
_COMPARE: Final = """
local function less_digits(a, b)
    if #a ~= #b then return #a < #b end
    return a < b
end

local function less(a, b)
    local a_major, a_minor = string.match(a, '^(%d+)-(%d+)$')
    local b_major, b_minor = string.match(b, '^(%d+)-(%d+)$')
    if a_major ~= b_major then return less_digits(a_major, b_major) end
    return less_digits(a_minor, b_minor)
end

local function facts(reply)
    local named = {}
    for i = 1, #reply, 2 do named[reply[i]] = reply[i + 1] end
    return named
end
"""

# KEYS: the stream, the mark of the last trim. ARGV: the event's field, the id that the batch continues from, the lowest
# id of the batch's generation, the signature's field or nothing, then id, event and, where there is a field for it,
# signature of each row.
PUBLISH: Final = f"""{_COMPARE}
local last, newest = '0-0', nil
local is_there = redis.call('EXISTS', KEYS[1]) == 1
if is_there then
    local stream = facts(redis.call('XINFO', 'STREAM', KEYS[1]))
    last = stream['last-generated-id']
    newest = stream['last-entry'] and stream['last-entry'][1]
end

-- The stream lost its end since its position was read: adding these would leave a gap before them.
if less(last, ARGV[2]) then return -1 end

-- What shows only until something is added. Events of an older generation are published again anyway.
if less(redis.call('GET', KEYS[2]) or '0-0', last) and not less(last, ARGV[3]) then
    -- The relay did not trim so far: somebody took the newest entries away, or set the last id ahead.
    if newest ~= last then return "missing at the stream's end" end

    for _, reply in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
        local group = facts(reply)
        -- A group that stands at the very end, and for which the server cannot tell how many entries it read, did not
        -- read up to there: it was made or set there.
        if group['last-delivered-id'] == last and group['entries-read'] == false then
            return 'skipped by group ' .. group['name']
        end
    end
end

local added, each = 0, ARGV[4] == '' and 2 or 3
for i = 5, #ARGV, each do
    -- What lies at or below the last id is there: another relay was faster.
    if less(last, ARGV[i]) then
        -- An error ends the script here, so that nothing is ever added behind a gap.
        if each == 2 then
            redis.call('XADD', KEYS[1], ARGV[i], ARGV[1], ARGV[i + 1])
        else
            redis.call('XADD', KEYS[1], ARGV[i], ARGV[1], ARGV[i + 1], ARGV[4], ARGV[i + 2])
        end
        added = added + 1
    end
end
return added
"""

# KEYS: the stream, the mark. ARGV: the lowest id to keep, the mark's new place. The mark never goes back. The newest
# entry stays in any case: by it the outbox is recognised.
TRIM: Final = f"""{_COMPARE}
local lowest_kept = ARGV[1]
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if newest and less(newest[1], lowest_kept) then lowest_kept = newest[1] end
local trimmed = redis.call('XTRIM', KEYS[1], 'MINID', '=', lowest_kept)
if less(redis.call('GET', KEYS[2]) or '0-0', ARGV[2]) then redis.call('SET', KEYS[2], ARGV[2]) end
return trimmed
"""

# KEYS: the stream, the mark. ARGV: the last id that makes the stream useless. Removes it, groups and all, unless it has
# been made anew meanwhile.
REMOVE: Final = f"""{_COMPARE}
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if facts(redis.call('XINFO', 'STREAM', KEYS[1]))['last-generated-id'] ~= ARGV[1] then return 0 end
redis.call('UNLINK', KEYS[1], KEYS[2])
return 1
"""

# KEYS: the stream. Writes down how many entries each group has read, where the server knows it; at the stream's end
# that is all of them.
KEEP_COUNTS: Final = f"""{_COMPARE}
if redis.call('EXISTS', KEYS[1]) == 0 then return end
local stream = facts(redis.call('XINFO', 'STREAM', KEYS[1]))
for _, reply in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local group = facts(reply)
    local at, read = group['last-delivered-id'], group['entries-read']
    if read then
        if at == stream['last-generated-id'] then read = stream['entries-added'] end
        redis.call('XGROUP', 'SETID', KEYS[1], group['name'], at, 'ENTRIESREAD', read)
    end
end
"""
