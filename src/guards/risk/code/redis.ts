import type { SqlLevel } from './sql.ts';
import type { SqlReach } from './sql-reach.ts';

export interface RedisFinding {
  readonly level: SqlLevel;
  readonly reaches: readonly SqlReach[];
  readonly evidence: string;
}

const READS = new Set(
  'GET MGET KEYS SCAN SSCAN HSCAN ZSCAN INFO PING ECHO EXISTS TYPE TTL PTTL STRLEN GETRANGE LLEN LRANGE LINDEX LPOS SCARD SMEMBERS SISMEMBER SRANDMEMBER SINTER SUNION SDIFF HGET HMGET HGETALL HKEYS HVALS HLEN HEXISTS ZCARD ZCOUNT ZRANGE ZREVRANGE ZRANK ZSCORE ZRANGEBYSCORE DBSIZE LASTSAVE TIME MONITOR SUBSCRIBE PSUBSCRIBE OBJECT MEMORY SLOWLOG LATENCY COMMAND CLIENT ROLE AUTH HELLO SELECT DUMP XRANGE XREAD XLEN XINFO GEODIST GEOPOS PFCOUNT BITCOUNT RANDOMKEY WAIT READONLY ACL PUBSUB CLUSTER CONFIG LOLWUT HSTRLEN'.split(
    ' ',
  ),
);
const LOSES = new Set([
  'DEL',
  'UNLINK',
  'FLUSHDB',
  'SHUTDOWN',
  'SWAPDB',
  'HDEL',
  'LTRIM',
  'XTRIM',
  'ZREMRANGEBYRANK',
  'ZREMRANGEBYSCORE',
  'REPLICAOF',
  'SLAVEOF',
  'MIGRATE',
]);

/** What a command of Redis does, given its words. */
export function scanRedis(words: readonly (string | null)[]): RedisFinding {
  const evidence = words
    .map((word) => word ?? '?')
    .join(' ')
    .slice(0, 200);
  const [verb = '', second = ''] = words.slice(0, 2).map((word) => (word ?? '').toUpperCase());
  return { level: levelOf(verb, second, words), reaches: reachOf(verb, second, words), evidence };
}

function levelOf(verb: string, second: string, words: readonly (string | null)[]): SqlLevel {
  if (words.length === 0) return 'read';
  switch (verb) {
    case '':
      return 'loss';
    case 'FLUSHALL':
      return 'wide-loss';
    case 'CONFIG':
      return second === 'GET' || second === 'HELP' ? 'read' : 'change';
    case 'ACL':
      return /^(?:SETUSER|DELUSER|LOAD)$/.test(second) ? 'change' : 'read';
    case 'CLUSTER':
      return /^(?:RESET|FLUSHSLOTS|FORGET|FAILOVER)$/.test(second) ? 'loss' : 'read';
    case 'SCRIPT':
    case 'FUNCTION':
      return /^(?:FLUSH|DELETE)$/.test(second) ? 'loss' : 'change';
    case 'DEBUG':
      return /^(?:SEGFAULT|PANIC|RESTART|CRASH-AND-RECOVER|OOM|RELOAD|LOADAOF|FLUSHALL)$/.test(second)
        ? 'loss'
        : 'change';
    case 'CLIENT':
      return second === 'KILL' ? 'change' : 'read';
    case 'REPLICAOF':
    case 'SLAVEOF':
      return second === 'NO' ? 'change' : 'wide-loss';
    case 'EVAL':
    case 'EVALSHA':
    case 'FCALL':
      return scriptLevel(words[1] ?? null);
    default:
      if (LOSES.has(verb)) return 'loss';
      return READS.has(verb) ? 'read' : 'change';
  }
}

/** A Lua script calls commands by name. */
function scriptLevel(script: string | null): SqlLevel {
  if (script === null) return 'loss';
  if (/flushall/i.test(script)) return 'wide-loss';
  return /['"](?:flushdb|del|unlink|shutdown|replicaof|slaveof)['"]/i.test(script) ? 'loss' : 'change';
}

function reachOf(verb: string, second: string, words: readonly (string | null)[]): SqlReach[] {
  if (verb === 'MODULE' && second.startsWith('LOAD')) return [{ kind: 'code', text: words[2] ?? null }];
  if (
    verb === 'CONFIG' &&
    second === 'SET' &&
    /^(?:dir|dbfilename|appendfilename|logfile|unixsocket)$/i.test(words[2] ?? 'dir')
  )
    return [{ kind: 'write', text: words[3] ?? null }];
  if ((verb === 'SLAVEOF' || verb === 'REPLICAOF' || verb === 'MIGRATE') && second !== 'NO')
    return [{ kind: 'send', text: words[1] ?? null }];
  return [];
}
