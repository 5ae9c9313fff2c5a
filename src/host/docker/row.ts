import type Docker from 'dockerode';
import { type ListedContainer, containerRowSchema } from '../../core/engine.ts';
import type { Running } from '../../core/metrics.ts';

const SHORT_ID = 12;

export function rowOf(info: Docker.ContainerInfo): ListedContainer {
  const ports = info.Ports.map(({ IP, PublicPort, PrivatePort, Type }) =>
    PublicPort ? `${IP}:${PublicPort}->${PrivatePort}/${Type}` : `${PrivatePort}/${Type}`,
  );
  const row = containerRowSchema.parse({
    id: info.Id.slice(0, SHORT_ID),
    name: nameOf(info.Names[0] ?? info.Id),
    image: info.Image,
    state: info.State,
    status: info.Status,
    ports: [...new Set(ports)],
    project: info.Labels['com.docker.compose.project'] ?? null,
    service: info.Labels['com.docker.compose.service'] ?? null,
  });
  return { ...row, labels: info.Labels, network_mode: info.HostConfig.NetworkMode };
}

/** In a list the engine tells of a container’s probe within a text for people. */
export const runningOf = ({ Id, Names, Status }: Docker.ContainerInfo): Running => {
  const said = /\((?:health: )?(healthy|unhealthy|starting)\)/.exec(Status)?.[1] as
    Running['health'] | undefined;
  return { id: Id, name: nameOf(Names[0] ?? Id), health: said ?? null };
};

/** The engine writes a slash before each name. */
const nameOf = (name: string): string => name.replace(/^\//, '');
