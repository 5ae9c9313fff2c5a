import { FROM, type Value, known, unknown } from '../shell/value.ts';
import type { Engine, Handler, Stream } from './engine.ts';

const NULL = /^\/dev\/(null|zero|full)$/;

/** The streams of what is copied: what the line knows of it, or that it is somebody's file. */
const contentOf = (path: Value, engine: Engine): Stream => engine.written(path) ?? unknown(FROM.input);

/** cp, mv, ln, install: what stands in one place stands in another as well. */
export const copy: Handler = ({ name, parsed }, engine) => {
  const { operands, options } = parsed;
  const [folder] = [...(options.get('-t') ?? []), ...(options.get('--target-directory') ?? [])];
  const target = folder ?? operands.at(-1);
  const sources = folder == null ? operands.slice(0, -1) : operands;
  if (target == null || sources.length === 0) return known('');
  for (const source of sources) {
    const content = contentOf(source, engine);
    engine.wrote(target, content);
    const base = source.text.split('/').at(-1) ?? '';
    engine.wrote({ ...target, text: `${target.text.replace(/\/$/, '')}/${base}` }, content);
    if (!NULL.test(target.text)) engine.copied(source);
  }
  if (name === 'mv' && NULL.test(target.text)) engine.remark('into-the-void', 'CRITICAL', 'What is moved onto a device is gone.');
  return known('');
};

/** dd: `if=` is copied onto `of=`. */
export const dd: Handler = ({ parsed, stdin }, engine) => {
  const [from] = parsed.options.get('if=') ?? [];
  const [to] = parsed.options.get('of=') ?? [];
  const content = from == null ? (stdin ?? unknown(FROM.input)) : contentOf(from, engine);
  if (to != null) engine.wrote(to, content);
  return to == null ? content : known('');
};

/** tee: standard input goes on, and into files. */
export const tee: Handler = ({ parsed, stdin }, engine) => {
  const content = stdin ?? unknown(FROM.input);
  for (const path of parsed.operands) engine.wrote(path, content, parsed.options.has('-a') || parsed.options.has('--append'));
  return content;
};
