import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ActionReport } from '../../src/core/outcome.ts';
import { wait } from '../contract/cases.ts';
import { engineForTests } from '../helpers/engine.ts';
import { scratch } from '../helpers/scratch.ts';
import { startRegistry } from '../helpers/registry.ts';
import { act, clear } from './cases.ts';
import { nameless, objectsOf } from './objects.ts';
import { CONFIG, type StackApp, stackApp } from './stacks.ts';
import { worldOf } from './world.ts';

const engine = engineForTests();
const QUICK = { stable_seconds: 0.2 };
const RUN = 'CMD ["sh", "-c", "cat /hello; exec sleep 1000"]\n';
const RECIPE = `FROM busy:1\nCOPY hello /hello\nRUN echo built > /built\n${RUN}`;
const BUILT = { image: undefined, command: undefined, build: { context: 'web', network: 'none' } };
let t: StackApp;

const put = (name: string, content: string): void => {
  mkdirSync(join(t.folder, name, '..'), { recursive: true });
  writeFileSync(join(t.folder, name), content);
};
const planOf = ({ effects }: ActionReport): string => effects?.diff ?? '';
const rulesOf = (report: ActionReport): string[] => (report.risk?.factors ?? []).map(({ rule }) => rule);
const inside = async (command: string): Promise<string> => {
  const { result } = await act(t, 'exec_in_container', { container: 'shop_web_1', command });
  return (result as { stdout: string }).stdout;
};

beforeEach(async () => {
  t = await stackApp(await engine(), 'shop');
  put('web/Dockerfile', RECIPE);
  put('web/hello', 'one\n');
});
afterEach(async () => {
  await t.close();
  await clear(await engine());
});

describe('build', () => {
  test('a service is built, and built anew where its folder has changed; undo brings back the image and what ran', async () => {
    const on = await engine();
    t.write({ web: BUILT });
    const first = await t.deploy(QUICK);
    expect(first, JSON.stringify(first.error)).toMatchObject({ outcome: 'succeeded' });
    expect(planOf(first)).toMatch(
      /\+ build shop-web:latest from shop\/web: 2 files, .* of busy:1, without network/,
    );
    expect(await inside('cat /hello /built')).toBe('one\nbuilt\n');
    // Nothing has changed, so that nothing is built.
    expect(await t.deploy(QUICK)).toMatchObject({ outcome: 'succeeded', result: { changed: [] } });
    const [then, images] = [await worldOf(on), await objectsOf(on)];
    put('web/hello', 'two\n');
    const second = await t.deploy(QUICK);
    expect(planOf(second)).toMatch(/~ recreate web \(shop_web_1\): its image is built anew/);
    expect(await inside('cat /hello')).toBe('two\n');
    const back = await act(t, 'rollback', { id: second.snapshot_id });
    expect(back, JSON.stringify(back.error)).toMatchObject({ outcome: 'succeeded' });
    expect(await worldOf(on)).toEqual(then);
    expect(await objectsOf(on)).toEqual(images);
    // And what was there before the first one: nothing.
    const gone = await act(t, 'rollback', { id: first.snapshot_id });
    expect(gone, JSON.stringify(gone.error)).toMatchObject({ outcome: 'succeeded' });
    expect(await on.docker.listContainers({ all: true })).toEqual([]);
    const named = (await on.docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
    expect(named.filter((name) => !name.startsWith('homeostat/'))).toEqual(['busy:1']);
    // And back again, of images that were kept.
    const again = await act(t, 'rollback', { id: gone.snapshot_id });
    expect(again, JSON.stringify(again.error)).toMatchObject({ outcome: 'succeeded' });
    expect(await objectsOf(on)).toEqual(images);
  });

  test('what fails is told and taken back: a step of the build, and a container of what was built', async () => {
    const on = await engine();
    t.write({ web: BUILT });
    await t.deploy(QUICK);
    const [then, images] = [await worldOf(on), await objectsOf(on)];
    const bad: [string, string, RegExp][] = [
      [
        RECIPE.replace('echo built', 'echo no luck; exit 7; echo'),
        'build_failed',
        /no luck.*returned a non-zero code: 7/s,
      ],
      ['FROM busy:1\nCOPY nowhere /\n', 'build_failed', /nowhere/],
      ['FROM busy:1\nCMD ["sh", "-c", "echo ill; exit 3"]\n', 'exited', /last lines: ill/],
    ];
    for (const [recipe, cause, says] of bad) {
      put('web/Dockerfile', recipe);
      const report = await t.deploy(QUICK);
      expect(report, recipe).toMatchObject({ outcome: 'rolled_back', error: { code: 'deploy_failed' } });
      expect(report.error?.message).toContain(cause);
      expect(report.error?.message).toMatch(says);
      expect(await worldOf(on)).toEqual(then);
      expect(await objectsOf(on), cause).toEqual(images);
    }
  });

  test('what is built is what was approved, whatever was put into the folder since', async () => {
    put('web/Dockerfile', RECIPE.replace('RUN', 'ADD http://127.0.0.1:9/x /x\nRUN'));
    t.write({ web: { ...BUILT, privileged: true } });
    const other = await t.act('deploy_stack', { paths: ['shop/compose.yml'] });
    expect(rulesOf(other)).toEqual(expect.arrayContaining(['with-network', 'compose-host-control']));
    put('web/Dockerfile', RECIPE);
    t.write({ web: { ...BUILT, pid: 'host' } });
    const asked = await t.act('deploy_stack', { paths: ['shop/compose.yml'], ...QUICK });
    expect(asked).toMatchObject({ outcome: 'held' });
    expect(rulesOf(asked)).not.toContain('with-network');
    await t.approve(asked.action_id ?? '');
    put('web/hello', 'evil\n');
    put('web/Dockerfile', RECIPE.replace('echo built', 'echo evil'));
    const done = await wait(t, asked.action_id ?? '', 40);
    expect(done, JSON.stringify(done.error)).toMatchObject({ outcome: 'succeeded' });
    expect(await inside('cat /hello /built')).toBe('one\nbuilt\n');
    // The folder is another by now, so that the next one builds it.
    expect(planOf(await t.deploy({ dry_run: true }))).toContain('+ build shop-web:latest');
  });

  test('a folder is what Docker’s client would send, without files of secrets', async () => {
    put('web/.dockerignore', '# not these\n*.log\nskip\n!skip/keep\n**/deep/x?\nDockerfile\n');
    for (const name of [
      'a.log',
      'sub/b.log',
      'skip/gone',
      'skip/keep',
      'a/deep/x1',
      'a/deep/y',
      '.env',
      'two words',
    ])
      put(`web/all/../${name}`, 'TOKEN=hunter2hunter2\n');
    put(`web/${'long/'.repeat(30)}end`, 'far\n');
    put('web/run.sh', '#!/bin/sh\n');
    chmodSync(join(t.folder, 'web/run.sh'), 0o755);
    symlinkSync('/etc/shadow', join(t.folder, 'web/link'));
    put('web/Dockerfile', `FROM busy:1\nCOPY . /all\nCOPY hello /hello\n${RUN}`);
    t.write({ web: BUILT });
    const done = await t.deploy(QUICK);
    expect(done, JSON.stringify(done.error)).toMatchObject({ outcome: 'succeeded' });
    expect(done.effects?.note).toContain('Files of secrets are left out');
    const found = (await inside('cd /all && ls -RA . | cat')).split(/\s+/);
    for (const name of ['sub', 'b.log', 'keep', 'y', 'words', 'end', 'run.sh', 'hello'])
      expect(found).toContain(name);
    for (const name of ['a.log', 'gone', 'x1', '.env', 'Dockerfile']) expect(found).not.toContain(name);
    expect(await inside('stat -c "%a %u %F" /all/run.sh')).toBe('755 0 regular file\n');
    expect(await inside('stat -c %N /all/link')).toContain('/etc/shadow');
  });

  test('a Dockerfile from elsewhere, arguments and a stage', async () => {
    put(
      'other/Dockerfile.web',
      `ARG BASE=busy:1\nFROM scratch AS no\nFROM \${BASE} as yes\nARG WORD\nCOPY . /all/\nRUN echo $WORD > /hello\n${RUN}FROM nowhere:1\n`,
    );
    const build = {
      context: 'web',
      dockerfile: '../other/Dockerfile.web',
      args: ['WORD=said'],
      target: 'yes',
      network: 'none',
    };
    t.write({ web: { ...BUILT, image: 'mine/web:3', build } });
    expect((await t.deploy(QUICK)).error?.message).toContain('nowhere:1');
    put(
      'other/Dockerfile.web',
      `ARG BASE=busy:1\nFROM scratch AS no\nFROM \${BASE} as yes\nARG WORD\nCOPY . /all/\nRUN echo $WORD > /hello\n${RUN}`,
    );
    const done = await t.deploy(QUICK);
    expect(done, JSON.stringify(done.error)).toMatchObject({ outcome: 'succeeded' });
    expect(await inside('cat /hello; ls -A /all')).toBe('said\nDockerfile\nhello\n');
    expect((await (await engine()).docker.getContainer('shop_web_1').inspect()).Config.Image).toBe(
      'mine/web:3',
    );
  });

  test.each([
    ['a folder outside the roots', { context: '../../..' }, 'outside_roots'],
    ['a link that leads outside', { context: 'out' }, 'outside_roots'],
    ['a repository elsewhere', 'https://example.org/x.git', 'invalid_input'],
    ['secrets for the build', { context: 'web', secrets: ['x'] }, 'invalid_input'],
    ['the host’s network', { context: 'web', network: 'host' }, 'invalid_input'],
    ['privileges', { context: 'web', privileged: true }, 'invalid_input'],
    ['another folder beside it', { context: 'web', additional_contexts: { etc: '/etc' } }, 'invalid_input'],
    ['a Dockerfile of secrets', { context: 'web', dockerfile: '.env' }, 'secret_path'],
    [
      'a base that nobody can tell',
      { context: 'web', dockerfile_inline: 'ARG X\nFROM $$X\n' },
      'invalid_input',
    ],
    [
      'a base that is kept for an undo',
      { context: 'web', dockerfile_inline: 'FROM homeostat/image:x\n' },
      'invalid_input',
    ],
    ['a base that is not here', { context: 'web', dockerfile_inline: 'FROM gone:1\n' }, 'not_found'],
    [
      'a copy of an image that is not here',
      { context: 'web', dockerfile_inline: 'FROM busy:1\nCOPY --from=gone:1 / /\n' },
      'not_found',
    ],
  ])('%s is refused', async (_, build, code) => {
    put('web/.env', 'FROM busy:1\n');
    symlinkSync('/etc', join(t.folder, 'out'));
    t.write({ web: { ...BUILT, build } });
    const report = await t.deploy(QUICK);
    expect(report.error?.code, JSON.stringify(report.error)).toBe(code);
    expect(await (await engine()).docker.listContainers({ all: true })).toEqual([]);
  });

  test('more than the limits allow is refused', async () => {
    const place = scratch(`${CONFIG}limits: { snapshot_files: 50 }\n`);
    const limited = await stackApp(await engine(), 'shop', place);
    mkdirSync(join(limited.folder, 'web/many'), { recursive: true });
    for (let n = 0; n < 60; n++) writeFileSync(join(limited.folder, `web/many/${n}`), '');
    writeFileSync(join(limited.folder, 'web/Dockerfile'), RECIPE);
    limited.write({ web: BUILT });
    const report = await limited.deploy(QUICK);
    expect(report.error?.code, JSON.stringify(report.error)).toBe('too_large');
    await limited.close();
  });
});

describe('pull', () => {
  test('what is not here is pulled where it is asked for, and goes again with an undo or a failure', async () => {
    const on = await engine();
    const { docker } = on;
    const name = `${await startRegistry()}/shop/web`;
    for (const [tag, image] of [
      ['1', 'busy:1'],
      ['2', await nameless(on, 'two')],
    ] as const) {
      await docker.getImage(image).tag({ repo: name, tag });
      const stream = await docker.getImage(`${name}:${tag}`).push({ authconfig: {} });
      await new Promise((resolve, reject) =>
        docker.modem.followProgress(stream, (error: Error | null) =>
          error === null ? resolve(null) : reject(error),
        ),
      );
      await docker.getImage(`${name}:${tag}`).remove();
    }
    const [then, images] = [await worldOf(on), await objectsOf(on)];
    t.write({ web: { image: `${name}:1` } });
    const refused = await t.deploy(QUICK);
    expect(refused.error?.message).toContain('image_missing');
    expect(refused.error?.next).toContain('pull: true');
    const done = await t.deploy({ ...QUICK, pull: true });
    expect(done, JSON.stringify(done.error)).toMatchObject({ outcome: 'succeeded' });
    expect(planOf(done)).toContain(`+ pull ${name}:1, whatever it is by now`);
    expect(await act(t, 'rollback', { id: done.snapshot_id })).toMatchObject({ outcome: 'succeeded' });
    expect(await worldOf(on)).toEqual(then);
    for (const [image, cause] of [
      [`${name}:none`, 'image_missing'],
      ['127.0.0.1:9/no:1', 'pull_failed'],
    ]) {
      t.write({ web: { image } });
      const failed = await t.deploy({ ...QUICK, pull: true });
      expect(failed, JSON.stringify(failed.error)).toMatchObject({ outcome: 'rolled_back' });
      expect(failed.error?.message).toContain(cause);
    }
    t.write({ web: { image: `${name}:1`, command: ['nothing'] } });
    expect(await t.deploy({ ...QUICK, pull: true })).toMatchObject({ outcome: 'rolled_back' });
    expect(await worldOf(on)).toEqual(then);
    const left = (await objectsOf(on)) as object;
    expect(left).toEqual(images);
  });
});
