"""Scripts of the balance cache. They run on Redis 6 and Valkey alike: no expiry of single hash fields.

The first key is the merchant's lease, and all that an update removes. The second holds answers, and under which lease
they were stored: under any other than the one that stands they are void.
"""

from typing import Final

LEASE_FIELD: Final = "lease"

# ARGV: answer's field, token of a new lease, its lifetime s. Returns the lease that stands and the answer, or nil.
LOOK_UP: Final = """
if redis.call('HSETNX', KEYS[1], 'lease', ARGV[2]) == 1 then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
local lease = redis.call('HGET', KEYS[1], 'lease')
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
