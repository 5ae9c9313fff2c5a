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
  ['docker kill postgres16', true],
  ['docker restart web', false],
  ['docker stop postgresqlite', false],
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
  store:
    image: "registry.example/postgres:16"
  cache: { image: '\${IMAGE:-postgres:16}', restart: always }
volumes:
  data: {}
`;

test.each([
  ['docker compose down', true],
  ['docker compose stop -t 5', true],
  ['docker-compose -f shop.yaml restart', true],
  ['docker compose -f ./shop.yaml kill -s TERM', true],
  ['docker compose stop db', true],
  ['docker compose rm -sf store', true],
  ['docker-compose -f shop.yaml restart cache', true],
  ['docker compose up -d --scale store=0', true],
  ['docker compose scale store=0', true],
  ['docker stop shop_store_1', true],
  ['docker container rm -f other-store-2', true],
  ['docker update --memory 1g shop-cache-1', true],
  ['docker pause shop_web_1', false],
  ['docker stop store', false],
  ['docker compose restart web', false],
  ['docker compose up -d store', false],
  ['docker compose scale store=2', false],
  ['docker compose ps', false],
])('%s acts on services of the file, a protected one among them: %s', async (command, named) => {
  const t = await testApp({ config: 'protected:\n  services: [postgres]\n' });
  for (const file of ['compose.yaml', 'shop.yaml']) writeFileSync(join(t.root, file), COMPOSE);
  const { result } = await t.ask('assess_action', { tool: 'run_command', input: { command } });
  const { risk } = result as { risk: { factors: { rule: string; level: string }[] } };
  expect(risk.factors.some((f) => f.rule === 'protected-service' && f.level === 'CRITICAL')).toBe(named);
  await t.close();
});

test.each([
  ['docker stop gitea_db_1', 'HIGH'],
  ['docker rm -f gitea-db-1', 'HIGH'],
  ['docker update --memory 1g pg', 'HIGH'],
  ['docker compose restart database', 'HIGH'],
  ['cd /srv/gitea && docker compose kill db', 'HIGH'],
  ['curl --unix-socket /var/run/docker.sock -X POST http://d/containers/gitea_db_1/stop', 'HIGH'],
  ['docker stop gitea_web_1', 'MEDIUM'],
  ['docker stop dbus', 'MEDIUM'],
  ['docker exec gitea_db_1 ls', 'MEDIUM'],
  ['docker compose up -d db', 'MEDIUM'],
  ['docker start gitea_db_1', 'MEDIUM'],
])('%s: what may be a protected service by its name is %s', async (command, level) => {
  const t = await testApp();
  const { result } = await t.ask('assess_action', { tool: 'run_command', input: { command } });
  expect((result as { risk: { level: string } }).risk.level).toBe(level);
  await t.close();
});
