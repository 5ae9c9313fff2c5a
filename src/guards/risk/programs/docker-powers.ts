import {
  type HostPower,
  POWER_LEVEL,
  PRIVILEGED,
  capabilityPower,
  devicePower,
  deviceRulePower,
  folderPower,
  namespacePower,
  networkDriverPower,
  runtimePower,
  securityPower,
  strangePower,
  volumePaths,
} from '../../../core/host-power.ts';
import { type Value, isKnown, known } from '../shell/value.ts';
import { type Arguments, valuesOf } from './arguments.ts';
import type { Mount } from './docker-mounts.ts';
import type { Engine } from './engine.ts';

const tell = (engine: Engine, power: HostPower | null, reason: string, resource: string): void => {
  if (power !== null)
    engine.found({ kind: 'privilege', level: POWER_LEVEL[power], reason, resource, rule: 'container-power' });
};

/** Options of `docker run` that give a container something of this machine, and what each of them is. */
const OPTIONS: readonly (readonly [string[], (value: string) => HostPower | null, string])[] = [
  [
    ['--pid', '--ipc', '--userns', '--uts', '--cgroupns', '--network', '--net'],
    (value) => namespacePower(value.replace(/^name=/, '').replace(/,.*/s, '')),
    'The container shares processes, users or the network with this machine or another container.',
  ],
  [['--cap-add'], capabilityPower, 'The container is given a right of root.'],
  [['--security-opt'], securityPower, 'The container is not confined.'],
  [['--device'], (value) => devicePower(value.replace(/:.*/s, '')), 'The container is given a device.'],
  [['--device-cgroup-rule'], deviceRulePower, 'The container is given devices.'],
  [['--gpus'], () => 'walls', 'The container is given devices.'],
  [['--runtime'], runtimePower, 'The runtime may build no walls round the container.'],
  [['--volumes-from'], () => 'walls', 'The container is given all that is mounted in another one.'],
];

/** What `docker run`, `create` or `exec` gives a container of this machine. */
export function powers(parsed: Arguments, mounts: readonly Mount[], engine: Engine): void {
  for (const value of parsed.options.get('--privileged') ?? [])
    if (value?.text !== 'false')
      tell(engine, PRIVILEGED, 'The container has the rights of root on this machine.', '--privileged');
  for (const [names, powerOf, reason] of OPTIONS)
    for (const { text } of valuesOf(parsed, ...names)) tell(engine, powerOf(text), reason, text);
  for (const { source, readOnly } of mounts) {
    // Whatever runs there reads it: secrets and homeostat's own folders are graded as if the line read them.
    engine.found({ kind: 'read', path: source });
    folder(source, readOnly, engine);
  }
  for (const { text } of valuesOf(parsed, '--mount')) {
    const options = [...text.matchAll(/volume-opt=([^,"]*)/g)].map(([, option = '']) => option);
    if (options.length > 0) ofOptions(options, engine);
  }
}

/** `docker volume create -o type=none -o o=bind -o device=/etc NAME` */
export function volumePowers(parsed: Arguments, engine: Engine): void {
  const driver = valuesOf(parsed, '-d', '--driver').at(-1)?.text ?? 'local';
  if (driver !== 'local')
    tell(engine, 'files', 'Nobody can tell which files its driver gives a container.', driver);
  else
    ofOptions(
      valuesOf(parsed, '-o', '--opt').map(({ text }) => text),
      engine,
    );
}

/** `docker network create -d macvlan NAME` */
export function networkPowers(parsed: Arguments, engine: Engine): void {
  for (const { text } of valuesOf(parsed, '-d', '--driver'))
    tell(engine, networkDriverPower(text), 'It puts containers on a network of this machine.', text);
}

function ofOptions(options: readonly string[], engine: Engine): void {
  const keys = options.map((option) => [/^[^=]*/.exec(option)?.[0] ?? '', option.replace(/^[^=]*=/, '')]);
  for (const path of volumePaths(Object.fromEntries(keys) as Record<string, string>))
    folder(known(path), false, engine);
}

function folder(source: Value, readOnly: boolean, engine: Engine): void {
  const path = isKnown(source) ? (engine.resolve(source) ?? source.text) : null;
  const isStrange = path === null || path === '' || !engine.inRoots(path);
  const power =
    path === null || path === ''
      ? 'files'
      : isStrange
        ? strangePower(path, readOnly)
        : folderPower(path, readOnly);
  const reason =
    power === 'control'
      ? 'The container is given the machine’s own folders.'
      : 'The container is given files outside the roots, or that nobody can tell before.';
  tell(engine, power, reason, path ?? source.text);
}
