import { afterEach, expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';
import { engineForTests } from '../helpers/engine.ts';
import { scratch } from '../helpers/scratch.ts';
import { clear } from './cases.ts';
import { FREE } from './world.ts';

const engine = engineForTests();
afterEach(async () => clear(await engine()));

test('what a protected service needs does not go without a person who is told its name; no configuration is needed', async () => {
  const on = await engine();
  const { docker } = on;
  await docker.getImage('busy:1').tag({ repo: 'kept', tag: '1' });
  await docker.createNetwork({ Name: 'lone-net' });
  await docker.createVolume({ Name: 'postgres-data' });
  await docker.createVolume({ Name: 'said', Labels: { 'homeostat.protected': 'true' } });
  await docker.createVolume({ Name: 'plain' });
  const container = await docker.createContainer({
    name: 'a1',
    Image: 'kept:1',
    Cmd: ['sleep', '1000'],
    StopSignal: 'SIGKILL',
    Labels: { 'com.docker.compose.service': 'redis' },
    HostConfig: { NetworkMode: 'lone-net', Binds: ['of-a1:/data'] },
  });
  await container.start();
  const place = scratch(FREE);
  place.env['DOCKER_HOST'] = on.host;
  const t = await testApp({ on: place });
  for (const [tool, input, whose] of [
    ['stop_container', { container: 'a1' }, 'a1'],
    ['update_container', { container: 'a1', cpus: 0.01 }, 'a1'],
    ['remove_container', { container: 'a1' }, 'a1'],
    ['remove_network', { network: 'lone-net' }, 'a1'],
    ['disconnect_network', { container: 'a1', network: 'lone-net' }, 'a1'],
    ['remove_image', { image: 'kept:1' }, 'a1'],
    ['remove_volume', { volume: 'postgres-data' }, 'postgres'],
    ['remove_volume', { volume: 'said' }, 'said'],
    ['prune', { kinds: ['volumes'] }, 'postgres'],
    ['remove_volume', { volume: 'plain' }, null],
    ['tag_image', { image: 'kept:1', name: 'spare:1' }, null],
  ] as const) {
    const report = await t.act(
      tool,
      tool === 'remove_volume' && whose === null ? { ...input, dry_run: true } : input,
    );
    const isProtected = report.risk?.factors.some(({ rule }) => rule.startsWith('protected')) ?? false;
    expect(isProtected, `${tool} ${JSON.stringify(input)} ${JSON.stringify(report.error)}`).toBe(
      whose !== null,
    );
    if (whose === null) continue;
    expect(report.outcome, tool).toBe('held');
    const shown = (await t.app.operator()).show(report.action_id ?? '').text;
    expect(shown, tool).toContain(whose);
  }
  // By a name of another container's image, and with the list taken away.
  expect((await docker.getContainer('a1').inspect()).State.Running).toBe(true);
  await t.close();
  const bare = scratch(`${FREE}protected:\n  usual_services: false\n`);
  bare.env['DOCKER_HOST'] = on.host;
  const untrusted = await testApp({ on: bare });
  expect((await untrusted.act('stop_container', { container: 'a1' })).outcome).toBe('held');
  await untrusted.close();
});

test('names and labels that would deceive a terminal or a line of the list are shown for what they are', async () => {
  const on = await engine();
  await on.docker.createVolume({
    Name: 'quiet',
    Labels: { note: 'a\u001b[2K\u202Eb\n+volume nothing-goes', 'x\u200by': 'z' },
  });
  await on.docker.createNetwork({ Name: 'net; rm -rf \u001b[8m', Labels: { '$(id)': '`id`' } });
  const open = scratch(FREE.replace('full', 'supervised'));
  open.env['DOCKER_HOST'] = on.host;
  const u = await testApp({ on: open });
  for (const [tool, input] of [
    ['remove_volume', { volume: 'quiet' }],
    ['remove_network', { network: 'net; rm -rf \u001b[8m' }],
  ] as const) {
    const held = await u.act(tool, input);
    expect(held.outcome, JSON.stringify(held.error)).toBe('held');
    const { text } = (await u.app.operator()).show(held.action_id ?? '');
    expect(text).not.toMatch(/[\u001b\u202E\u200b]/);
    expect(text.split('\n').filter((line) => line.startsWith('+volume'))).toEqual([]);
  }
  for (const [tool, input] of [
    ['inspect_container', { container: '../volumes/quiet?x=' }],
    ['stop_container', { container: 'x/../../volumes/quiet' }],
    ['remove_image', { image: '../volumes/quiet?' }],
    ['remove_volume', { volume: '../containers/json?' }],
  ] as const)
    expect((await u.act(tool, input)).error?.code, tool).toBe('not_found');
  await u.close();
});
