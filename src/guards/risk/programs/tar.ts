import { FROM, type Value, known, unknown } from '../shell/value.ts';
import { type Arguments, parseArguments } from './arguments.ts';
import type { Engine, Handler, Stream } from './engine.ts';
import { isHarmless } from './rules.ts';

/** Options whose value is a command that tar runs on what it reads or writes. */
const FILTERS = ['-I', '--use-compress-program', '--rsh-command', '--rmt-command'];
const SCRIPTS = ['-F', '--info-script', '--new-volume-script', '--to-command'];

/** tar, also with its old bundles of letters (`tar xzf a.tgz`). */
export const handle: Handler = (call, engine) => {
  const parsed = parseArguments(unbundled(call.args, call.program.options.valued), call.program.options);
  if (isHarmless({ ...call, parsed })) return undefined;
  runs(parsed, engine);
  const archives = values(parsed, '-f', '--file').filter(({ text }) => text !== '-');
  const creates = has(parsed, '-c', '--create');
  const adds =
    creates || has(parsed, '-r', '-u', '-A', '--append', '--update', '--concatenate', '--catenate');
  const remote = has(parsed, '--force-local') ? [] : archives.filter(({ text }) => /^[^/]+:/.test(text));
  for (const { text } of remote) overNetwork(text, adds, engine);
  const local = archives.filter((archive) => !remote.includes(archive));
  if (adds) pack(parsed, local, creates, engine);
  else if (has(parsed, '-x', '--extract', '--get')) unpack(parsed, local, call.stdin, engine);
  else for (const path of local) engine.found({ kind: has(parsed, '--delete') ? 'overwrite' : 'read', path });
  return undefined;
};

/** `xzf a.tgz` as `-x -z -f a.tgz`: each letter that takes a value takes the next word. */
function unbundled(args: readonly Value[], valued: readonly string[]): readonly Value[] {
  const [first, ...rest] = args;
  if (first === undefined || !/^[A-Za-z]+$/.test(first.text)) return args;
  const options = first.text.split('').flatMap((letter) => {
    const option = known(`-${letter}`);
    const value = valued.includes(option.text) ? rest.shift() : undefined;
    return value === undefined ? [option] : [option, value];
  });
  return [...options, ...rest];
}

function runs(parsed: Arguments, engine: Engine): void {
  for (const line of values(parsed, ...FILTERS, ...SCRIPTS)) engine.code('shell', line);
  const actions = values(parsed, '--checkpoint-action').filter(({ text }) => text.startsWith('exec='));
  for (const action of actions) engine.code('shell', { ...action, text: action.text.slice('exec='.length) });
  const script = actions[0] ?? values(parsed, ...SCRIPTS)[0];
  if (script === undefined) return;
  const reason = 'It has tar run a command of its own.';
  engine.found({ kind: 'exec', resource: script.text, level: 'HIGH', reason, reversibility: 'irreversible' });
}

function overNetwork(archive: string, sends: boolean, engine: Engine): void {
  const reason = sends
    ? 'It sends the archive to another machine.'
    : 'It reads an archive of another machine.';
  const kind = sends ? 'exfiltration' : 'network';
  const level = sends ? 'HIGH' : 'MEDIUM';
  engine.found({ kind, resource: archive, level, reason, reversibility: 'irreversible' });
}

function pack(parsed: Arguments, archives: readonly Value[], creates: boolean, engine: Engine): void {
  const [folder] = values(parsed, '-C', '--directory');
  for (const member of parsed.operands) {
    const inside = folder === undefined || member.text.startsWith('/');
    const path = inside ? member : { ...member, text: `${folder.text}/${member.text}` };
    engine.found({ kind: 'read', path, recursive: true });
    const reason = 'It deletes what it has packed.';
    if (has(parsed, '--remove-files')) engine.found({ kind: 'delete', path, recursive: true, reason });
  }
  for (const path of values(parsed, '-T', '--files-from', '-X', '--exclude-from'))
    engine.found({ kind: 'read', path });
  for (const path of archives) engine.found({ kind: creates ? 'overwrite' : 'write', path });
}

function unpack(parsed: Arguments, archives: readonly Value[], stdin: Stream | null, engine: Engine): void {
  for (const path of archives) engine.found({ kind: 'read', path });
  if (has(parsed, '-O', '--to-stdout', '--to-command')) return;
  const [folder] = values(parsed, '-C', '--directory').slice(-1);
  const reason = 'It unpacks over what stands there.';
  const keeps = has(parsed, '-k', '--keep-old-files', '--skip-old-files', '--one-top-level');
  const renames = has(parsed, '--strip-components', '--strip', '--transform', '--xform');
  const path = folder ?? known('.');
  const contents = archives.length === 0 ? [stdin] : archives.map((archive) => engine.written(archive));
  if (contents.some((content) => ((content?.from ?? 0) & FROM.network) !== 0))
    engine.wrote(path, unknown(FROM.network));
  if (keeps || renames || parsed.operands.length === 0) {
    const kind = keeps ? 'write' : 'overwrite';
    engine.found({ kind, path, level: 'MEDIUM', reason, recursive: true });
  } else {
    for (const member of parsed.operands) {
      const inside = folder === undefined ? member : { ...member, text: `${folder.text}/${member.text}` };
      engine.found({ kind: 'overwrite', path: inside, level: 'MEDIUM', reason, recursive: true });
    }
  }
  if (!has(parsed, '-P', '--absolute-names')) return;
  engine.found({ kind: 'write', path: unknown(FROM.input), reason: 'It unpacks wherever the archive says.' });
}

const has = ({ options }: Arguments, ...names: string[]): boolean => names.some((name) => options.has(name));

const values = ({ options }: Arguments, ...names: string[]): Value[] =>
  names.flatMap((name) => options.get(name) ?? []).filter((value) => value !== null);
