"""What runs inside the Redis servers, atomically. On Redis 6 and Valkey alike: no expiry of single hash fields."""

from typing import Final

from fluxo_contracts.streams import REASON_FIELD

# Of the balance cache. The first key is the merchant's lease, and all that an update removes. The second holds answers,
# and under which lease they were stored: under any other than the one that stands they are void.
LEASE_FIELD: Final = "lease"

# A lease begins with the server's replication id, which is new in every start and every promotion: a replica that is
# promoted may not have heard of the last removals, so what it has of leases, and with them of answers, is void.
# ARGV: answer's field, token of a new lease, its lifetime s. Returns the lease that stands and the answer, or nil.
LOOK_UP: Final = """
local life = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)') or ''
local lease = redis.call('HGET', KEYS[1], 'lease')
if not lease or string.sub(lease, 1, #life) ~= life then
    lease = life .. ARGV[2]
    redis.call('HSET', KEYS[1], 'lease', lease)
    redis.call('EXPIRE', KEYS[1], ARGV[3])
end
local kept = redis.call('HMGET', KEYS[2], 'lease', ARGV[1])
return {lease, kept[1] == lease and kept[2]}
"""

# ARGV: answer's field, lease, answer, most fields, lifetime s. 1 when stored, nil when the lease no longer stands or
# the merchant has too many answers.
STORE: Final = """
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[2] then return false end
if redis.call('HGET', KEYS[2], 'lease') ~= ARGV[2] then
    redis.call('UNLINK', KEYS[2])
    redis.call('HSET', KEYS[2], 'lease', ARGV[2])
    redis.call('EXPIRE', KEYS[2], ARGV[5])
elseif redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[4]) then
    return false
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return 1
"""

# Looks and removes in one step: a consumer that wakes up in between would lose what it just got.
REMOVE_IDLE_CONSUMERS: Final = """
local removed = 0
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
    local facts = {}
    for index = 1, #consumer, 2 do
        facts[consumer[index]] = consumer[index + 1]
    end
    if facts['pending'] == 0 and facts['idle'] >= tonumber(ARGV[2]) then
        redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], facts['name'])
        removed = removed + 1
    end
end
return removed
"""

# KEYS: the letters, the note of which letter an event has. ARGV: the note's lifetime s, the letter's fields and values.
DEAD_LETTER: Final = """
local noted = redis.call('GET', KEYS[2])
if noted and #redis.call('XRANGE', KEYS[1], noted, noted) > 0 then return end
local letter = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
redis.call('SET', KEYS[2], letter, 'EX', ARGV[1])
"""

REDRIVES_FIELD: Final = "redrives"
REDRIVEN_AT_FIELD: Final = "redriven_at"

# KEYS: the letters, the letter's notes. ARGV: its id, reason, instant. Notes never outlive their letter.
NOTE_FAILURE: Final = f"""
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then return end
redis.call('HINCRBY', KEYS[2], '{REDRIVES_FIELD}', 1)
redis.call('HSET', KEYS[2], '{REASON_FIELD}', ARGV[2], '{REDRIVEN_AT_FIELD}', ARGV[3])
"""
