import type Docker from 'dockerode';
import { type ContainerRow, containerRowSchema } from '../../core/engine.ts';

const SHORT_ID = 12;

export function rowOf(info: Docker.ContainerInfo): ContainerRow {
  const ports = info.Ports.map(({ IP, PublicPort, PrivatePort, Type }) =>
    PublicPort ? `${IP}:${PublicPort}->${PrivatePort}/${Type}` : `${PrivatePort}/${Type}`,
  );
  return containerRowSchema.parse({
    id: info.Id.slice(0, SHORT_ID),
    name: nameOf(info.Names[0] ?? info.Id),
    image: info.Image,
    state: info.State,
    status: info.Status,
    ports: [...new Set(ports)],
    project: info.Labels['com.docker.compose.project'] ?? null,
    service: info.Labels['com.docker.compose.service'] ?? null,
  });
}

/** The engine writes a slash before each name. */
const nameOf = (name: string): string => name.replace(/^\//, '');
