import type { Program } from '../../../registry/commands.ts';
import { isKnown, type Value } from '../shell/value.ts';
import { type Arguments, parseArguments } from './arguments.ts';
import { allServices } from './compose-services.ts';
import { handsOutHost, type Mount, mountOf, onHost, translated, volumeOf } from './docker-mounts.ts';
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
  if (compose) allServices(call, whole, engine);
  if (sub?.text === 'exec') return inside(parseArguments(rest, inner), [], stdin, engine);
  if (sub?.text !== 'run' && sub?.text !== 'create') return undefined;
  const parsed = parseArguments(rest, inner);
  if (parsed.options.has('--help')) return undefined;
  const mounts = given(parsed, '-v', '--volume').map(volumeOf);
  const bound = [...mounts, ...given(parsed, '--mount').map(mountOf)].filter((mount) => mount !== null);
  powers(parsed, bound, engine);
  if (sub.text === 'create') return undefined;
  return inside(parsed, bound, stdin, engine);
};

const given = ({ options }: Arguments, ...names: string[]): Value[] =>
  names.flatMap((name) => options.get(name) ?? []).filter((value) => value !== null);

/** What is run in the container; on this machine's own files where it is given them. */
function inside(
  parsed: Arguments,
  mounts: readonly Mount[],
  stdin: Stream | null,
  engine: Engine,
): Stream | undefined {
  engine.remark('docker-run', 'MEDIUM', 'It runs a program in a container.', 'compensable');
  const entry = given(parsed, '--entrypoint');
  const command = [...entry, ...parsed.operands.slice(1)];
  if (command.length === 0) return undefined;
  const writable = mounts.filter((mount) => !mount.readOnly);
  const folder = given(parsed, '-w', '--workdir').at(-1);
  const cwd = folder === undefined ? null : onHost(folder.text, writable);
  const own = translated(command, writable) ?? (cwd === null || absolute(command) ? null : command);
  if (own !== null) engine.command(own, { stdin, ...(cwd === null ? {} : { cwd }) });
  return engine.command(command, { elsewhere: true, stdin });
}

const absolute = (words: readonly Value[]): boolean =>
  words.slice(1).some((word) => /(^|[\s'"=])\//.test(word.text));

/** Rights over this machine that a container is given. */
function powers(parsed: Arguments, mounts: readonly Mount[], engine: Engine): void {
  const power = (reason: string, resource: string): void =>
    engine.found({ kind: 'privilege', level: 'HIGH', reason, resource, rule: 'container-power' });
  for (const value of parsed.options.get('--privileged') ?? [])
    if (value?.text !== 'false')
      power('The container has the rights of root on this machine.', '--privileged');
  for (const value of given(parsed, '--pid', '--ipc', '--userns', '--uts', '--cgroupns'))
    if (value.text === 'host')
      power('The container shares the machine’s own processes or users.', value.text);
  for (const value of given(parsed, '--cap-add'))
    if (
      /^(cap_)?(all|sys_(admin|module|ptrace|rawio|boot)|dac_(override|read_search)|net_admin|bpf)$/i.test(
        value.text,
      )
    )
      power('The container is given a right of root.', value.text);
  for (const value of given(parsed, '--security-opt'))
    if (/unconfined|label[=:]disable/.test(value.text)) power('The container is not confined.', value.text);
  for (const value of given(parsed, '--device'))
    if (/^\/dev\/(sd|nvme|vd|xvd|hd|mem|kmem|dm-|mapper|disk|loop)/.test(value.text))
      power('The container is given a disk or the memory.', value.text);
  for (const { source, readOnly } of mounts) {
    const path = isKnown(source) ? (engine.resolve(source) ?? source.text) : source.text;
    // Whatever runs there reads it: secrets and homeostat's own folders are graded as if the line read them.
    engine.found({ kind: 'read', path: source });
    if (handsOutHost(path, readOnly)) power('The container is given the machine’s own folders.', path);
  }
}
