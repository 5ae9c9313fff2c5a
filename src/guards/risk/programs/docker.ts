import type { Program } from '../../../registry/commands.ts';
import type { Value } from '../shell/value.ts';
import { type Arguments, parseArguments, valuesOf } from './arguments.ts';
import { composeServices, containerServices } from './compose-services.ts';
import { type Mount, mountOf, onHost, translated, volumeOf } from './docker-mounts.ts';
import { networkPowers, powers, volumePowers } from './docker-powers.ts';
import type { Engine, Handler, Stream } from './engine.ts';

const GLOBAL = [
  '-H',
  '--host',
  '-c',
  '--context',
  '--config',
  '-l',
  '--log-level',
  '--tlscacert',
  '--tlscert',
  '--tlskey',
  '-n',
  '--namespace',
];
const COMPOSE = [
  '-f',
  '--file',
  '-p',
  '--project-name',
  '--profile',
  '--env-file',
  '--project-directory',
  '--ansi',
  '--parallel',
  '--progress',
];
const INNER =
  '-a -c -e -h -l -m -p -u -v -w --add-host --annotation --attach --blkio-weight --cap-add --cap-drop --cgroup-parent --cgroupns ' +
  '--cidfile --cpus --cpuset-cpus --cpu-shares --device --dns --entrypoint --env --env-file --expose --gpus --group-add --hostname ' +
  '--index --ip --ipc --label --link --log-driver --log-opt --memory --mount --name --net --network --network-alias --pid --platform ' +
  '--publish --pull --restart --runtime --security-opt --shm-size --stop-signal --stop-timeout --storage-opt --sysctl --tmpfs --ulimit ' +
  '--user --userns --uts --volume --volumes-from --volume-driver --workdir --detach-keys';

const spec = (valued: readonly string[]): Program['options'] => ({
  style: 'gnu',
  valued: [...valued],
  long: [],
  stop: true,
});
const inner = spec(INNER.split(' '));
const objects = spec('-d --driver -o --opt --label --name --subnet --gateway --ip-range'.split(' '));

/** docker and what behaves like it: programs that run in containers, and what those are given of this machine. */
export const handle: Handler = (call, engine) => {
  const { args, name, stdin } = call;
  const compose = /compose/.test(name);
  const whole = parseArguments(args, spec(compose ? COMPOSE : GLOBAL));
  const outer = whole.operands;
  const words = outer[0]?.text === 'container' ? outer.slice(1) : outer;
  const [sub, ...rest] = words;
  if (sub?.text === 'compose') {
    return engine.command([{ ...sub, text: 'docker-compose' }, ...rest], { stdin });
  }
  if (compose) composeServices(call, whole, engine);
  else containerServices(call, words, engine);
  if (sub?.text === 'exec') {
    const parsed = parseArguments(rest, inner);
    powers(parsed, [], engine);
    return inside(parsed, [], stdin, engine);
  }
  const made = rest[0]?.text === 'create' ? parseArguments(rest.slice(1), objects) : null;
  if (sub?.text === 'volume' && made !== null) volumePowers(made, engine);
  if (sub?.text === 'network' && made !== null) networkPowers(made, engine);
  if (sub?.text !== 'run' && sub?.text !== 'create') return undefined;
  const parsed = parseArguments(rest, inner);
  if (parsed.options.has('--help')) return undefined;
  const mounts = valuesOf(parsed, '-v', '--volume').map(volumeOf);
  const bound = [...mounts, ...valuesOf(parsed, '--mount').map(mountOf)].filter((mount) => mount !== null);
  powers(parsed, bound, engine);
  if (sub.text === 'create') return undefined;
  return inside(parsed, bound, stdin, engine);
};

/** What is run in the container; on this machine's own files where it is given them. */
function inside(
  parsed: Arguments,
  mounts: readonly Mount[],
  stdin: Stream | null,
  engine: Engine,
): Stream | undefined {
  engine.remark('docker-run', 'MEDIUM', 'It runs a program in a container.', 'compensable');
  const entry = valuesOf(parsed, '--entrypoint');
  const command = [...entry, ...parsed.operands.slice(1)];
  if (command.length === 0) return undefined;
  const writable = mounts.filter((mount) => !mount.readOnly);
  const folder = valuesOf(parsed, '-w', '--workdir').at(-1);
  const cwd = folder === undefined ? null : onHost(folder.text, writable);
  const own = translated(command, writable) ?? (cwd === null || absolute(command) ? null : command);
  if (own !== null) engine.command(own, { stdin, ...(cwd === null ? {} : { cwd }) });
  return engine.command(command, { elsewhere: true, stdin });
}

const absolute = (words: readonly Value[]): boolean =>
  words.slice(1).some((word) => /(^|[\s'"=])\//.test(word.text));
