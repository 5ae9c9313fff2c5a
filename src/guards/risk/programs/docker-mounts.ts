import { HOLE, type Value } from '../shell/value.ts';

/** A folder of this machine that a container is given. */
export interface Mount {
  readonly source: Value;
  readonly target: string;
  readonly readOnly: boolean;
}

/** `-v SOURCE:TARGET:ro`; null for a named volume. */
export function volumeOf(value: Value): Mount | null {
  const [, source, target, mode = ''] = /^((?:[A-Za-z]:)?[^:]*):([^:]+)(?::(.*))?$/s.exec(value.text) ?? [];
  if (source === undefined || target === undefined || !/^[./~]/.test(source.replaceAll(HOLE, '/')))
    return null;
  return { source: { ...value, text: source }, target, readOnly: mode.split(',').includes('ro') };
}

/** `--mount type=bind,source=…,target=…`; null for another type. */
export function mountOf(value: Value): Mount | null {
  const keys = new Map(
    value.text.split(',').map((part): [string, string] => {
      const at = part.indexOf('=');
      return at < 0 ? [part, 'true'] : [part.slice(0, at), part.slice(at + 1)];
    }),
  );
  const source = keys.get('source') ?? keys.get('src');
  if (keys.get('type') !== 'bind' || source === undefined) return null;
  const target = keys.get('target') ?? keys.get('destination') ?? keys.get('dst') ?? '/';
  return { source: { ...value, text: source }, target, readOnly: keys.has('readonly') || keys.has('ro') };
}

/** A path inside the container as the path of this machine; null where no mount holds it. */
export function onHost(path: string, mounts: readonly Mount[]): Value | null {
  const mount = mounts.find(
    ({ target }) => path === target || path.startsWith(`${target.replace(/\/$/, '')}/`),
  );
  if (mount === undefined) return null;
  return { ...mount.source, text: mount.source.text + path.slice(mount.target.replace(/\/$/, '').length) };
}

const ABSOLUTE = /(?<![\w.:/\-\uFFFC])\/[^\s'"`;|&()<>]*/g;

/** The words of a command as this machine would read them; null unless every path in them is one of its own. */
export function translated(words: readonly Value[], mounts: readonly Mount[]): Value[] | null {
  let foreign = false;
  let moved = false;
  const result = words.map((word, at) => ({
    ...word,
    text: word.text.replaceAll(ABSOLUTE, (path) => {
      const own = onHost(path, mounts);
      if (own === null) foreign ||= at > 0;
      else moved = true;
      return own?.text ?? path;
    }),
  }));
  return moved && !foreign ? result : null;
}
