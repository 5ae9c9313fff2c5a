import { expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';
import { engineForTests } from '../helpers/engine.ts';
import { scratch } from '../helpers/scratch.ts';
import { clear } from './cases.ts';
import { FREE } from './world.ts';

const engine = engineForTests();

test('a protected service is known by its name, its Compose service, its image and its label', async () => {
  const on = await engine();
  await on.docker.getImage('busy:1').tag({ repo: 'library/postgres', tag: '16' });
  const made = [
    ['shop-postgres-1', 'busy:1', {}, true],
    ['a1', 'busy:1', { 'com.docker.compose.service': 'postgres' }, true],
    ['a2', 'library/postgres:16', {}, true],
    ['a3', 'busy:1', { 'homeostat.protected': 'true' }, true],
    ['a4', 'busy:1', { 'com.docker.compose.service': 'postgresql-exporter' }, false],
  ] as const;
  const place = scratch(`${FREE}protected:\n  services: [postgres]\n`);
  place.env['DOCKER_HOST'] = on.host;
  const t = await testApp({ on: place });
  for (const [name, Image, Labels, is] of made) {
    const command = { Cmd: ['sleep', '1000'], StopSignal: 'SIGKILL' };
    const container = await on.docker.createContainer({ name, Image, Labels, ...command });
    await container.start();
    for (const tool of ['stop_container', 'restart_container', 'remove_container', 'recreate_container']) {
      const input = {
        container: container.id,
        ...(tool === 'recreate_container' ? { env: { A: 'b' } } : {}),
      };
      const { outcome, risk } = await t.act(tool, input);
      expect(risk?.level === 'CRITICAL', `${tool} ${name}`).toBe(is);
      if (is) expect(outcome).toBe('held');
    }
  }
  await t.close();
  await clear(on);
});
