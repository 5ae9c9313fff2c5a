import { describe, expect, it } from 'vitest';
import { scanMongo } from '../../../../src/guards/risk/code/mongo.ts';
import { scanRedis } from '../../../../src/guards/risk/code/redis.ts';
import { scanSed } from '../../../../src/guards/risk/code/sed.ts';
import { scanSql } from '../../../../src/guards/risk/code/sql.ts';
import { cpuMs } from '../../../helpers/cpu.ts';

describe('scanSql', () => {
  it.each([
    ['SELECT * FROM dropdown', ['read']],
    ["SELECT 'DROP TABLE x; DELETE FROM y'", ['read']],
    ['SELECT $$; DROP TABLE x;$$', ['read']],
    ['SELECT 1 -- DROP TABLE x', ['read']],
    ['SELECT 1 /* ; DROP TABLE x */', ['read']],
    ['SELECT "drop" FROM `truncate`', ['read']],
    ['SHOW TABLES; DESCRIBE x; EXPLAIN DELETE FROM x', ['read', 'read', 'read']],
    ['EXPLAIN ANALYZE DELETE FROM x', ['loss']],
    ['WITH a AS (SELECT 1) SELECT * FROM a', ['read']],
    ['WITH a AS (DELETE FROM x RETURNING *) SELECT * FROM a', ['loss']],
    ["INSERT INTO x VALUES ('a;b')", ['change']],
    ['CREATE TABLE x (a int)', ['change']],
    ['ALTER TABLE x ADD COLUMN a int', ['change']],
    ['ALTER TABLE x ALTER COLUMN a DROP NOT NULL', ['change']],
    ['ALTER TABLE x DROP COLUMN a', ['loss']],
    ['UPDATE x SET a = 1 WHERE id = 3', ['change']],
    ['UPDATE x SET a = 1', ['loss']],
    ['DELETE FROM x WHERE id = 3', ['change']],
    ["DELETE FROM x WHERE name = 'a' OR id = 4", ['change']],
    ['DELETE FROM x', ['loss']],
    ['delete from x where 1=1', ['loss']],
    ['DELETE FROM x WHERE true', ['loss']],
    ['DELETE FROM x WHERE (1 = 1) LIMIT 5', ['loss']],
    ["DELETE FROM x WHERE id = 3 OR 'a' = 'a'", ['loss']],
    ['TRUNCATE x', ['loss']],
    ['TRUNCATE x CASCADE', ['wide-loss']],
    ['DROP TABLE IF EXISTS users', ['loss']],
    ['DROP/**/TABLE users', ['loss']],
    ['/*!50000 DROP TABLE users */', ['loss']],
    ['DROP DATABASE prod', ['wide-loss']],
    ['DROP SCHEMA public CASCADE', ['wide-loss']],
    ['DROP USER a; DROP INDEX b; DROP VIEW c', ['loss', 'loss', 'loss']],
    ["DO $$ BEGIN EXECUTE 'DROP TABLE x'; END $$", ['loss']],
    ["EXEC('DROP TABLE x')", ['loss']],
    ['SELECT * INTO y FROM x', ['change']],
    ["UPDATE x SET a = 'it''s' WHERE b = 'where'", ['change']],
    ['', []],
  ])('%s', (sql, levels) => {
    expect(scanSql(sql).map(({ level }) => level)).toEqual(levels);
  });

  it.each([
    ["COPY x TO PROGRAM 'rm -rf /'", 'shell rm -rf /'],
    ["COPY x FROM PROGRAM 'curl evil'", 'shell curl evil'],
    ["COPY x TO '/tmp/a'", 'write /tmp/a'],
    ["COPY x FROM '/etc/passwd'", 'read /etc/passwd'],
    ['\\! rm -rf /', 'shell rm -rf /'],
    ['SELECT 1;\n\\! id\nSELECT 2', 'shell id'],
    ['system rm -rf /', 'shell rm -rf /'],
    ['.shell rm -rf /', 'shell rm -rf /'],
    ['.system id', 'shell id'],
    ['.output /a', 'write /a'],
    ['.output |id', 'shell id'],
    ['.read /a', 'read /a'],
    ['\\i /a.sql', 'read /a.sql'],
    ['\\o |id', 'shell id'],
    ["\\copy x to '/tmp/a' csv", 'write /tmp/a'],
    ["\\copy x from program 'id'", 'shell id'],
    ["SELECT * FROM x INTO OUTFILE '/var/www/a.php'", 'write /var/www/a.php'],
    ["SELECT LOAD_FILE('/etc/passwd')", 'read /etc/passwd'],
    ["SELECT pg_read_file('/etc/passwd')", 'read /etc/passwd'],
    ["EXEC xp_cmdshell 'dir'", 'shell dir'],
    ["exec master..xp_cmdshell 'dir'", 'shell dir'],
    ["LOAD DATA INFILE '/etc/passwd' INTO TABLE x", 'read /etc/passwd'],
    ["ATTACH DATABASE '/a.db' AS a", 'write /a.db'],
    ["SELECT load_extension('/a.so')", 'code /a.so'],
    ["SELECT writefile('/a', 'x')", 'write /a'],
  ])('%s leaves the database', (sql, reach) => {
    const reaches = scanSql(sql).flatMap((found) => found.reaches);
    expect(reaches.map(({ kind, text }) => `${kind} ${text ?? '?'}`)).toEqual([reach]);
  });

  it.each(["SELECT 'COPY x TO PROGRAM'", 'SELECT load_file FROM x', '\\dt', '.tables', 'SELECT 1 AS system'])(
    '%s stays in the database',
    (sql) => {
      expect(scanSql(sql).flatMap((found) => found.reaches)).toEqual([]);
    },
  );

  it('reads any length in no time', () => {
    for (const piece of ["'", '$a', '/*', '--\n', '(', 'a ', ';', '\\! ', '"', 'OR ', '.x\n', '$$']) {
      expect(cpuMs(() => scanSql(piece.repeat(20_000)))).toBeLessThan(10_000);
    }
  });
});

describe('scanMongo', () => {
  it.each([
    ['db.dropDatabase()', ['wide-loss']],
    ['db["drop" + "Database"]', []],
    ["db['dropDatabase']()", ['wide-loss']],
    ['db.users.drop()', ['loss']],
    ['db.users.deleteMany({})', ['loss']],
    ['db.users.deleteMany({ age: 3 })', ['change']],
    ['db.users.remove({})', ['loss']],
    ['db.users.insertOne({ a: 1 })', ['change']],
    ['db.users.updateMany({}, { $set: { a: 1 } })', ['loss']],
    ['db.runCommand({ dropDatabase: 1 })', ['wide-loss']],
    ['db.runCommand({ ping: 1 })', []],
    ['db.users.find({ drop: 1 }).limit(3)', []],
    ['print("db.dropDatabase()")', []],
    ['show dbs', []],
  ])('%s', (code, levels) => {
    expect(scanMongo(code).map(({ level }) => level)).toEqual(levels);
  });
});

describe('scanRedis', () => {
  it.each([
    ['FLUSHALL', 'wide-loss'],
    ['flushall async', 'wide-loss'],
    ['FLUSHDB', 'loss'],
    ['DEL a', 'loss'],
    ['GET a', 'read'],
    ['KEYS *', 'read'],
    ['INFO', 'read'],
    ['SET a b', 'change'],
    ['CONFIG GET dir', 'read'],
    ['CONFIG SET dir /etc', 'change'],
    ['SHUTDOWN NOSAVE', 'loss'],
    ['SLAVEOF evil 6379', 'wide-loss'],
    ['SLAVEOF NO ONE', 'change'],
    ['DEBUG SEGFAULT', 'loss'],
    ['SCRIPT FLUSH', 'loss'],
    ['CLIENT LIST', 'read'],
    ['', 'loss'],
  ])('%s', (line, level) => {
    expect(scanRedis(line.split(' ')).level).toBe(level);
  });

  it('tells what a script calls, and what leaves the database', () => {
    expect(scanRedis(['EVAL', "redis.call('FLUSHALL')", '0']).level).toBe('wide-loss');
    expect(scanRedis(['EVAL', "return redis.call('get', 'a')", '0']).level).toBe('change');
    expect(scanRedis(['EVAL', null, '0']).level).toBe('loss');
    expect(scanRedis(['CONFIG', 'SET', 'dir', '/etc']).reaches).toEqual([{ kind: 'write', text: '/etc' }]);
    expect(scanRedis(['MODULE', 'LOAD', '/a.so']).reaches).toEqual([{ kind: 'code', text: '/a.so' }]);
    expect(scanRedis([]).level).toBe('read');
  });
});

describe('scanSed', () => {
  const nothing = { runs: [], writes: [], reads: [], understood: true };
  it.each([
    's/old/new/g',
    's/rm/remove/g; s|e/w|x|2gI',
    's/[/]/_/',
    '10p',
    '1,200p',
    '+10p',
    '$!N;s/\\n/ /;P;D',
    '/a/,/b/d',
    '\\,a/b,Id',
    '0~3!d',
    '/^#/d;/^$/d',
    ':a;N;$!ba;s/\\n/ /g',
    'y/abc/xyz/',
    '/x/{ s/a/b/; t end; p }; :end',
    'a\\\nsome e text',
    '2i e rm -rf /',
    's/e/w/;s/w/e/',
    '$=',
    '5q',
    's/a/b\\/c/',
    '# e rm\np',
    'w /dev/stdout',
  ])('%s only edits', (script) => {
    expect(scanSed(script)).toEqual(nothing);
  });

  it.each([
    ['e rm -rf /', { runs: ['rm -rf /'] }],
    ['1e id', { runs: ['id'] }],
    ['e', { runs: [null] }],
    ['s/.*/rm -rf \\//e', { runs: ['rm -rf /'] }],
    ['s/a/b/ge', { runs: [null] }],
    ['/x/{s/^/rm /e}', { runs: [null] }],
    ['w /etc/passwd', { writes: ['/etc/passwd'] }],
    ['s/a/b/w /a;p', { writes: ['/a;p'] }],
    ['/x/w /a\n/y/W /b', { writes: ['/a', '/b'] }],
    ['r /etc/shadow', { reads: ['/etc/shadow'] }],
    ['$!{R /a\n}', { reads: ['/a'] }],
  ])('%s does more', (script, found) => {
    expect(scanSed(script)).toEqual({ ...nothing, ...found });
  });

  it.each(['s/a/b', 'k', 's/a/b/z', '/a', 'pp', 's'])('%s is not understood', (script) => {
    expect(scanSed(script).understood).toBe(false);
  });
});
