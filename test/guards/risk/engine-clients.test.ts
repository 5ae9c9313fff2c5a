import { expect, test } from 'vitest';
import { riskOf } from '../../../src/core/risk.ts';
import { assessCommand } from '../../../src/guards/risk/assess-command.ts';
import { CONTEXT, ROOT } from '../../helpers/assess.ts';

const levelOf = (line: string): string => {
  const { factors, reversibility } = assessCommand(line, ROOT, {}, CONTEXT);
  return riskOf(factors, [], reversibility).level;
};

const python = (code: string): string => `python3 -c '${code}'`;
const node = (code: string): string => `node -e '${code}'`;
const ruby = (code: string): string => `ruby -e '${code}'`;

/** Ways to have a container engine throw away what it holds, other than by the word `docker`. */
test.each([
  'buildah prune',
  'buildah rmi --prune',
  'buildctl prune',
  'img prune',
  'nerdctl -n k8s.io system prune',
  'podman --url ssh://h volume prune',
  "ansible localhost -m docker_prune -a 'volumes=yes'",
  "ansible all -m community.docker.docker_volume -a 'name=data state=absent'",
  "printf 'POST /volumes/prune HTTP/1.0\\r\\n\\r\\n' | socat - UNIX-CONNECT:/var/run/docker.sock",
  "echo -e 'DELETE /volumes/data HTTP/1.0\\r\\n\\r\\n' | nc localhost 2375",
  python('import docker; docker.from_env().volumes.prune()'),
  python('from docker import DockerClient as D; c = D(base_url="unix:///x"); c.networks.prune()'),
  python('import docker; docker.APIClient().prune_images()'),
  python('import docker; c = docker.from_env(); c.volumes.get("data").remove(force=True)'),
  python('import docker; c = docker.from_env(); [v.remove() for v in c.volumes.list()]'),
  python('import docker\nfor v in docker.from_env().volumes.list():\n    v.remove()'),
  python('import docker; docker.from_env().containers.get("web").remove(v=True)'),
  python('import docker; getattr(docker.from_env().volumes, "pr" + "une")()'),
  python('import podman; podman.PodmanClient().volumes.prune()'),
  python('from python_on_whales import docker; docker.system.prune(all=True)'),
  python('from python_on_whales import docker; docker.compose.down(volumes=True)'),
  python(
    'import requests_unixsocket as r; r.Session().post("http+unix://%2Frun%2Fdocker.sock/volumes/prune")',
  ),
  python('import requests; requests.post("http://localhost:2375/volumes/prune")'),
  python(
    'import http.client; http.client.HTTPConnection("localhost", 2375).request("POST", "/volumes/prune")',
  ),
  node('const D = require("dockerode"); new D().pruneVolumes()'),
  node('const D = require("dockerode"); const d = new D(); d.getVolume("data").remove()'),
  node('const D = require("dockerode"); new D().getContainer("web").remove({ v: true, force: true })'),
  node('fetch("http://localhost:2375/volumes/prune", { method: "POST" })'),
  node(
    'require("http").request({ socketPath: "/run/docker.sock", path: "/volumes/data", method: "DELETE" }).end()',
  ),
  ruby('require "docker"; Docker::Volume.prune'),
  ruby('require "docker"; Docker::Volume.get("data").remove'),
])('%s is DESTRUCTIVE', (line) => {
  expect(levelOf(line)).toBe('DESTRUCTIVE');
});

/** What cannot be read is taken for what it may be; a container with the machine's own folders for what it is. */
test.each([
  'nc -U /var/run/docker.sock',
  'socat - UNIX-CONNECT:/run/podman/podman.sock < requests.txt',
  python('import socket; s = socket.socket(socket.AF_UNIX); s.connect("/var/run/docker.sock"); s.send(x)'),
  node('require("net").connect("/var/run/docker.sock").end(process.argv[2])'),
  'curl --unix-socket /run/docker.sock -d @body.json http://d/containers/create',
  'podman play kube --down a.yaml',
])('%s is HIGH', (line) => {
  expect(levelOf(line)).toBe('HIGH');
});

test.each([
  `curl --unix-socket /run/docker.sock -d '{"HostConfig":{"Binds":["data:/d","/etc:/e:rw"]}}' http://d/containers/create`,
  `curl --unix-socket /run/docker.sock -d '{"HostConfig":{"Mounts":[{"Type":"bind","Source":"/","Target":"/h"}]}}' http://d/containers/create`,
  python('import docker; docker.from_env().containers.run("alpine", "id", privileged=True)'),
])('%s is CRITICAL', (line) => {
  expect(levelOf(line)).toBe('CRITICAL');
});

/** What only looks, or means something else, is not taken for it. */
test.each([
  python('import docker; print([c.name for c in docker.from_env().containers.list()])'),
  python('tree = build(); tree.prune()'),
  python('import requests; requests.get("http://localhost:2375/volumes")'),
  node('const D = require("dockerode"); new D().listContainers()'),
  node('document.getElementById("a").remove()'),
  'curl --unix-socket /run/docker.sock http://d/containers/json',
  `curl --unix-socket /run/docker.sock -d '{"Image":"a"}' http://d/containers/create`,
  'ls -l /var/run/docker.sock',
])('%s is at most MEDIUM', (line) => {
  expect(['SAFE', 'LOW', 'MEDIUM']).toContain(levelOf(line));
});
