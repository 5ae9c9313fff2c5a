import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testApp } from '../../helpers/app.ts';

test.each([
  ['docker restart postgres', true],
  ['docker rm -f shop-postgres-1', true],
  ['systemctl stop Postgres.service', true],
  ['docker compose up -d --scale postgres=0', true],
  ['docker service scale postgres=0', true],
  ['docker cp - postgres:/', true],
  ['curl --unix-socket /var/run/docker.sock -X POST http://d/containers/postgres/restart', true],
  ['curl --unix-socket /run/docker.sock -X DELETE http://d/v1.41/containers/postgres?force=1', true],
  ["printf 'POST /containers/postgres/stop HTTP/1.0\\r\\n\\r\\n' | nc -U /var/run/docker.sock", true],
  [`python3 -c 'import docker; docker.from_env().containers.get("postgres").stop()'`, true],
  [`python3 -c 'import docker; docker.APIClient().remove_container("postgres")'`, true],
  [`node -e 'const D = require("dockerode"); new D().getContainer("postgres").restart()'`, true],
  [`ruby -e 'require "docker"; Docker::Container.get("postgres").kill'`, true],
  ['curl --unix-socket /var/run/docker.sock http://d/containers/postgres/json', false],
  [`python3 -c 'import docker; docker.from_env().containers.get("web").stop()'`, false],
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

/** A Compose file as people write it, in a root; and commands that name none of its services. */
const COMPOSE = `name: shop
services:
  web:
    image: web:1
    depends_on: [db]
  db:
    image: busy:1
    container_name: postgres
volumes:
  data: {}
`;

test.each([
  ['docker compose down', true],
  ['docker compose stop -t 5', true],
  ['docker-compose -f shop.yaml restart', true],
  ['docker compose -f ./shop.yaml kill -s TERM', true],
  ['docker compose restart web', false],
  ['docker compose ps', false],
])('%s acts on all services of the file, a protected one among them: %s', async (command, named) => {
  const t = await testApp({ config: 'protected:\n  services: [postgres]\n' });
  for (const file of ['compose.yaml', 'shop.yaml']) writeFileSync(join(t.root, file), COMPOSE);
  const { result } = await t.ask('assess_action', { tool: 'run_command', input: { command } });
  const { risk } = result as { risk: { factors: { rule: string; level: string }[] } };
  expect(risk.factors.some((f) => f.rule === 'protected-service' && f.level === 'CRITICAL')).toBe(named);
  await t.close();
});
