import { expect, test } from 'vitest';
import { testApp } from '../../helpers/app.ts';

test.each([
  ['docker restart postgres', true],
  ['docker rm -f shop-postgres-1', true],
  ['systemctl stop Postgres.service', true],
  ['docker restart web', false],
  ['docker restart postgresql-exporter', false],
  ['echo postgres', false],
])('%s: a protected service is named: %s', async (command, named) => {
  const t = await testApp({ config: 'protected:\n  services: [postgres]\n' });
  const { result } = await t.ask('assess_action', { tool: 'run_command', input: { command } });
  const { risk } = result as { risk: { factors: { rule: string; level: string }[] } };
  expect(risk.factors.some((f) => f.rule === 'protected-service' && f.level === 'CRITICAL')).toBe(named);
  await t.close();
});
