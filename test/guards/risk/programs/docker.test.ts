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
    'docker ps -a',
    'docker rm web',
    'docker rmi image',
    'docker run --privileged=false nginx',
    'docker run -v data:/data -v /etc/localtime:/etc/localtime:ro nginx',
    'docker run -v ./src:/src node node --privileged',
    'docker compose up -d --build',
    'docker compose down',
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
