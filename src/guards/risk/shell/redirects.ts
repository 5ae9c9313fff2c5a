import type { HereDoc, Redirect, Redirection } from 'unbash';
import type { Stream } from '../programs/engine.ts';
import { openFiles } from './files.ts';
import { scopeOf } from './scope-of.ts';
import { FROM, type Value, joined, known, unknown } from './value.ts';
import type { Frame, Walk } from './walk.ts';
import { single, text } from './words.ts';

/** Runs something with its redirections in place; what they swallow is not printed. */
export function redirected(
  redirections: readonly Redirection[],
  frame: Frame,
  walk: Walk,
  run: (frame: Frame) => Stream,
  keeps = false,
): Stream {
  if (redirections.length === 0) return run(frame);
  const opened = openAll(redirections, frame, walk, keeps);
  const printed = run({ ...frame, stdin: opened.stdin });
  const files = openFiles(frame, walk, frame.source);
  for (const { path, append } of opened.outputs) files.keep(path, printed, append);
  for (const { path, append } of opened.others) files.keep(path, unknown(FROM.input), append);
  return opened.outputs.length > 0 ? { ...known(''), from: 0 } : printed;
}

interface Opened {
  readonly stdin: Stream | null;
  readonly outputs: Output[];
  /** Files held open under another number, or from now on: what comes to stand in them is not followed. */
  readonly others: Output[];
}

interface Output {
  readonly path: Value;
  readonly append: boolean;
}

function openAll(redirections: readonly Redirection[], frame: Frame, walk: Walk, keeps: boolean): Opened {
  let { stdin } = frame;
  const outputs: Output[] = [];
  const others: Output[] = [];
  for (const redirection of redirections) {
    walk.effort.spend(10);
    const descriptor = redirection.descriptor;
    const number =
      descriptor?.type === 'FileDescriptor'
        ? String(descriptor.value)
        : descriptor === undefined
          ? null
          : descriptor.name;
    if (redirection.type !== 'Redirect' || redirection.operator.startsWith('<')) {
      const read = openForReading(redirection, frame, walk);
      if (read === null) continue;
      if (keeps && (number === null || number === '0')) frame.state.descriptors.set('0', read);
      if (number === null || number === '0') stdin = read;
      else remember(number, descriptor?.type === 'FileDescriptorVariable', read, frame);
    }
    if (redirection.type !== 'Redirect') continue;
    const output = openForWriting(redirection, frame, walk);
    if (output !== null) (!keeps && (number === null || number === '1') ? outputs : others).push(output);
  }
  return { stdin, outputs, others };
}

/** A descriptor with a name is held in a variable of that name. */
function remember(number: string, named: boolean, stream: Stream, { state }: Frame): void {
  const key = named ? `v${number}` : number;
  if (named) state.set(number, known(key));
  state.descriptors.set(key, stream);
}

function openForReading(redirection: Redirection, frame: Frame, walk: Walk): Stream | null {
  const scope = scopeOf(frame, walk);
  if (redirection.type === 'HereDoc') return hereDocument(redirection, frame, walk);
  if (redirection.target === undefined) return null;
  const target = single(redirection.target, scope);
  if (redirection.type === 'HereString') return joined([target, known('\n')]);
  if (redirection.operator === '<&')
    return (
      frame.state.descriptors.get(target.text.replace(/-$/, '')) ?? openPath(target, frame, walk, redirection)
    );
  return openPath(target, frame, walk, redirection);
}

function openPath(target: Value, frame: Frame, walk: Walk, { pos, end }: Redirection): Stream | null {
  if (/^(\d+|-)-?$/.test(target.text)) return null;
  return openFiles(frame, walk, frame.source.slice(pos, end)).read(target);
}

function hereDocument({ body, delimiter, operator }: HereDoc, frame: Frame, walk: Walk): Stream {
  const scope = scopeOf(frame, walk);
  const value =
    delimiter?.quoted === true || body.parts === undefined ? known(body.text) : text(body.parts, scope);
  return operator === '<<-' ? { ...value, text: value.text.replaceAll(/^\t+/gm, '') } : value;
}

function openForWriting(redirect: Redirect, frame: Frame, walk: Walk): Output | null {
  const { operator } = redirect;
  if (operator === '<' || operator === '<&' || redirect.target === undefined) return null;
  const scope = scopeOf(frame, walk);
  const path = single(redirect.target, scope);
  if (operator === '>&' && /^\d+-?$|^-$/.test(path.text)) return null;
  const { descriptor } = redirect;
  const asInput =
    descriptor === undefined || (descriptor.type === 'FileDescriptor' && descriptor.value === 0);
  const append = operator === '>>' || operator === '&>>' || (operator === '<>' && asInput);
  const evidence = frame.source.slice(redirect.pos, redirect.end);
  openFiles(frame, walk, evidence).write(path, append);
  return { path, append };
}
