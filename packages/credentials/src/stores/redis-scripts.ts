// Redis runs each script as one step. The keys of a script share a hash tag, so that they are in
// one slot of a cluster.

/**
 * KEYS holder, turns; ARGV life, a day. Returns the fencing token, or 0 if another has the lock.
 */
export const acquireLock = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local token = redis.call('INCR', KEYS[2])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
redis.call('SET', KEYS[1], token, 'PX', ARGV[1])
return token`;

/** KEYS holder; ARGV token, life. */
export const renewLock = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** KEYS holder; ARGV token. */
export const releaseLock = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** Ends a script if something was put under a later token than ARGV[1]; without one, it goes on. */
const stopIfLate = `
if ARGV[1] ~= '' then
  for i = 1, 2 do
    local latest = redis.call('HGET', KEYS[i], 'turn')
    if latest and latest ~= '' and tonumber(latest) > tonumber(ARGV[1]) then return 0 end
  end
end`;

/**
 * KEYS answer, failure, turns; ARGV token or '', text, life, a day. The counter outlives the
 * answer.
 */
export const putAnswer = `${stopIfLate}
redis.call('HSET', KEYS[1], 'turn', ARGV[1], 'sealed', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('DEL', KEYS[2])
redis.call('PEXPIRE', KEYS[3], tonumber(ARGV[3]) + tonumber(ARGV[4]))
return 1`;

/** KEYS answer, failure; ARGV token or '', text, life, until, at. */
export const putFailure = `${stopIfLate}
local standing = redis.call('HGET', KEYS[2], 'until')
if standing and tonumber(standing) > tonumber(ARGV[4]) then return 0 end
redis.call('HSET', KEYS[2], 'turn', ARGV[1], 'sealed', ARGV[2], 'until', ARGV[4], 'at', ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1`;

/** KEYS failure; ARGV at. */
export const deleteFailure = `
if redis.call('HGET', KEYS[1], 'at') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/**
 * KEYS calls; ARGV limit, window in milliseconds. The call made `limit` calls ago must be older
 * than the window. Uses Redis's clock, so that the whole fleet has the same.
 */
export const countCall = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local oldest = redis.call('LINDEX', KEYS[1], ARGV[1] - 1)
if oldest and oldest + ARGV[2] > now then return oldest + ARGV[2] - now end
redis.call('LPUSH', KEYS[1], now)
redis.call('LTRIM', KEYS[1], 0, ARGV[1] - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0`;
