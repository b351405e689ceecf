"""Scripts of the balance cache. They run on Redis 7.0 and Valkey alike: no expiry of single hash fields."""

from typing import Final

# KEYS[1] the merchant's hash; ARGV: field, token, lease ms, most fields, hash's lifetime s.
# 1 when the lease is taken, nothing when another reader's still stands or the hash is full.
LEASE: Final = """
local lease = 'lease:' .. ARGV[1]
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('HGET', KEYS[1], lease)
if held then
    if tonumber(string.match(held, '[0-9]+$')) > now_ms then return false end
elseif redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then
    return false
end
redis.call('HSET', KEYS[1], lease, ARGV[2] .. ':' .. string.format('%.0f', now_ms + ARGV[3]))
if redis.call('TTL', KEYS[1]) < 0 then redis.call('EXPIRE', KEYS[1], ARGV[5]) end
return 1
"""

# KEYS[1] the merchant's hash; ARGV: field, token, answer. 1 when stored, nothing when the lease no longer stands.
STORE: Final = """
local lease = 'lease:' .. ARGV[1]
local held = redis.call('HGET', KEYS[1], lease)
if not held or string.match(held, '^[^:]+') ~= ARGV[2] then return false end
-- In this order: a hash whose last field goes is gone, and its expiry with it.
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('HDEL', KEYS[1], lease)
return 1
"""
