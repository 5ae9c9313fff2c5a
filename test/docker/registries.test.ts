import { mkdirSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { PASSPHRASE, testApp } from '../helpers/app.ts';
import { connect } from '../helpers/client.ts';
import { engineForTests } from '../helpers/engine.ts';
import { freePort, startRegistry } from '../helpers/registry.ts';
import { scratch } from '../helpers/scratch.ts';
import { clear } from './cases.ts';
import { stackApp } from './stacks.ts';

const engine = engineForTests();
afterEach(async () => clear(await engine()));

/** As if the image had come from a registry, which is where it is then asked for. */
async function pushed(name: string): Promise<void> {
  const { docker } = await engine();
  await docker.getImage('busy:1').tag({ repo: name, tag: '1' });
  const stream = await docker.getImage(`${name}:1`).push({ authconfig: {} });
  await new Promise((resolve, reject) =>
    docker.modem.followProgress(stream, (error: Error | null) =>
      error === null ? resolve(null) : reject(error),
    ),
  );
}

/** Something that takes connections and is called `host:port`; answers how many came. */
async function listens(answer: boolean): Promise<{ address: string; count: () => number }> {
  const port = await freePort();
  let count = 0;
  const server: Server = createServer((_, response) => {
    if (answer) response.end();
  });
  server.on('connection', () => (count += 1));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `127.0.0.1:${port}`, count: () => count };
}

interface Found {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
}
const yaml = (images: readonly string[]): string =>
  JSON.stringify({ services: Object.fromEntries(images.map((image, n) => [`s${n}`, { image }])) });

test('an image that is in no registry either is an error; what nobody can tell is told as that', async () => {
  const on = await engine();
  const t = await stackApp(on, 'shop');
  const registry = await startRegistry();
  await pushed(`${registry}/shop/web`);
  const stranger = await listens(true);
  // Named like one that has been pulled from, by who may give names but has pulled nothing.
  await on.docker.getImage('busy:1').tag({ repo: `${stranger.address}/shop/web`, tag: '1' });
  await on.docker.getImage(`${registry}/shop/web:1`).tag({ repo: `${registry}/shop/web`, tag: 'kept' });
  await on.docker.getImage(`${registry}/shop/web:1`).remove();
  const images = [
    `${registry}/shop/web:1`,
    `${registry}/shop/web:9`,
    `${registry}/none:1`,
    `${registry}/shop/web@sha256:${'0'.repeat(64)}`,
    `${stranger.address}/secret-of-mine:1`,
    '169.254.169.254/latest/meta-data:1',
    'no-such-image-at-all:1',
    'busy:1',
  ];
  writeFileSync(join(t.folder, 'compose.yml'), yaml(images));
  const { result } = await t.ask('validate_compose', { paths: ['shop/compose.yml'] });
  const found = (result as { findings: Found[] }).findings.filter(({ code }) => code === 'image_missing');
  const told = images.map((image) => {
    const one = found.find(({ message }) => message.includes(` ${image} `));
    return [
      one?.severity,
      /registry has it, so|does not have it either|was not asked/.exec(one?.message ?? '')?.[0],
    ];
  });
  expect(told).toEqual([
    ['note', 'registry has it, so'],
    ['error', 'does not have it either'],
    ['error', 'does not have it either'],
    ['error', 'does not have it either'],
    ['warning', 'was not asked'],
    ['warning', 'was not asked'],
    // Of the engine's own registry, which these tests may or may not reach.
    [expect.stringMatching(/warning|error/), told[6]?.[1]],
    [undefined, undefined],
  ]);
  expect(result).toMatchObject({ valid: false });
  expect(stranger.count()).toBe(0);
  await t.close();
});

test('a registry that says nothing is waited for no longer than it may, however many images it has', async () => {
  const on = await engine();
  const silent = await listens(false);
  const known = { digests: [`${silent.address}/x@sha256:${'0'.repeat(64)}`] };
  const { registriesOf } = await import('../../src/tools/compose/validate/images.ts');
  const { openObjects } = await import('../../src/host/docker/objects.ts');
  const { images } = openObjects(async (work) => work(on.docker), on.host);
  const names = Array.from({ length: 60 }, (_, n) => `${silent.address}/web:${n}`);
  const ask = registriesOf({ images: { ...images, list: async () => [known as never] } }, 100);
  const answers = await ask(names);
  expect(answers.size).toBe(20);
  expect(new Set([...answers.values()].map(({ is, why }) => `${is}: ${why}`))).toEqual(
    new Set(['unknown: it did not answer in time']),
  );
});

test('under a card that names services a file is checked, and no registry is asked', async () => {
  const place = scratch('approvals: { require: terminal }\n');
  place.env['DOCKER_HOST'] = (await engine()).host;
  const folder = join(place.configFile, '..', 'agents');
  mkdirSync(folder);
  const front = 'name: web-only\ntitle: T\ndescription: D.\ntools: [validate_compose]\nservices: [web]';
  writeFileSync(join(folder, 'web.md'), `---\n${front}\nautonomy: full\n---\nWork.\n`);
  const person = await testApp({ on: place });
  await (await person.app.operator()).enrol(PASSPHRASE, null);
  await (await person.app.operator()).trustConfig({ passphrase: PASSPHRASE, terminal: false });
  await person.close();
  writeFileSync(join(place.root, 'compose.yml'), yaml(['gone:1']));
  const server = await connect(place, ['--agent', 'web-only']);
  const { outcome, result, error } = await server.call('validate_compose', { paths: ['compose.yml'] });
  await server.close();
  expect(outcome, JSON.stringify(error)).toBe('succeeded');
  expect(JSON.stringify(result)).toMatch(/gone:1 is not here.*the card web-only does not name/);
});
