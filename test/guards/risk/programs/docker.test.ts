import { describe, expect, it } from 'vitest';
import { rank } from '../../../../src/core/risk.ts';
import { record } from './recorder.ts';

describe('docker', () => {
  it.each([
    'docker --context prod system prune -fa',
    'docker volume rm data',
    'docker rm -f web',
    'docker compose -f prod.yml down --volumes',
    'docker-compose down --rmi all',
    'docker compose down web --rmi=local',
    'docker run -it --privileged ubuntu bash',
    'docker run --rm -v /:/host alpine sh',
    'docker run --mount type=bind,source=/etc,target=/e alpine sh',
    'podman run -v /var/run/docker.sock:/s alpine',
    'docker run --cap-add=SYS_ADMIN --security-opt seccomp=unconfined alpine',
    'docker service scale web=0',
    'docker swarm leave --force',
  ])('flags %s', (line) => {
    expect(rank(record(line).level)).toBeGreaterThanOrEqual(rank('HIGH'));
  });

  it.each([
    'docker compose down -v',
    'docker compose -p shop down --volumes --rmi all',
    'docker-compose -f a.yml down -v --remove-orphans',
    'podman compose down -v',
    'docker-compose down --volumes',
    'docker-compose down --vol',
    'docker compose down --volumes=true',
    'docker compose down web -v',
    'docker compose --profile all -f a.yml -f b.yml down web -v',
    'docker compose down -vt 5',
    'docker compose down --rmi all -v',
    'docker compose down --rmi=local --volumes',
    'podman-compose down -v',
    'nerdctl compose down -v',
    'docker.exe compose down -v',
    'docker volume rm data',
    'docker volume rm $(docker volume ls -q)',
    'docker volume prune -f',
    'docker system prune --volumes -f',
    'docker system prune -af',
    'docker system prune',
    'docker container prune -f',
    'docker --context prod image prune',
    'docker network prune --force',
    'docker builder prune',
    'docker buildx prune -af',
    'podman pod prune',
    'docker rm -fv web',
    'docker container rm --volumes=true web',
    'docker-compose rm -sfv web',
    'docker compose -f a.yml rm --stop -v',
    'docker --context far compose down -v',
    'docker -H ssh://far volume rm data',
    'nerdctl volume rm data',
  ])('takes %s for what it is where nothing is kept first', (line) => {
    expect(record(line).level).toBe('DESTRUCTIVE');
  });

  it.each([
    'docker ps -a',
    'docker rm web',
    'docker rmi image',
    'docker container prune --help',
    'docker compose rm web',
    'docker run --privileged=false nginx',
    'docker run -v data:/data -v /etc/localtime:/etc/localtime:ro nginx',
    'docker run -v ./src:/src node node --privileged',
    'docker compose up -d --build',
    'docker compose down',
    'docker compose down -t 5 web',
  ])('leaves %s alone', (line) => {
    expect(rank(record(line).level)).toBeLessThan(rank('HIGH'));
  });

  it('finds nothing where it only asks for help', () => {
    expect(record('docker run --help').level).toBe('SAFE');
    expect(record('docker run --privileged --help').level).toBe('SAFE');
  });

  it('judges what runs in a container as running elsewhere', () => {
    expect(record('docker exec -it -u root web rm -rf /data').commands).toEqual(['elsewhere: rm -rf /data']);
    expect(record('docker compose -p shop exec -T db rm -rf /data').commands.at(-1)).toBe(
      'elsewhere: rm -rf /data',
    );
  });

  it('judges it here where it works on folders of this machine', () => {
    const commands = (line: string): string[] => record(line).commands;
    expect(commands('docker run -v /srv/app:/app alpine rm -rf /app/src')[0]).toBe('rm -rf /srv/app/src');
    expect(commands('docker run -v /srv/app:/app -w /app alpine rm -rf src')[0]).toBe('rm -rf src');
    expect(commands('docker run -v /srv/app:/app:ro alpine rm -rf /app/src')[0]).toBe(
      'elsewhere: rm -rf /app/src',
    );
    expect(commands('docker run -v /srv/app:/app alpine rm -rf /var/cache')[0]).toBe(
      'elsewhere: rm -rf /var/cache',
    );
  });
});
