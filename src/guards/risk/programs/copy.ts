import { FROM, known, unknown } from '../shell/value.ts';
import type { Handler } from './engine.ts';

const NULL = /^\/dev\/(null|zero|full)$/;

/** cp, mv, ln, install: what stands in one place stands in another as well. */
export const copy: Handler = ({ name, parsed }, engine) => {
  const { operands, options } = parsed;
  const [folder] = [...(options.get('-t') ?? []), ...(options.get('--target-directory') ?? [])];
  const target = folder ?? operands.at(-1);
  const sources = folder == null ? operands.slice(0, -1) : operands;
  if (target == null || sources.length === 0) return known('');
  for (const source of sources) {
    const content = engine.content(source);
    engine.wrote(target, content);
    const base = source.text.split('/').at(-1) ?? '';
    engine.wrote({ ...target, text: `${target.text.replace(/\/$/, '')}/${base}` }, content);
    if (!NULL.test(target.text)) engine.copied(source, folder == null ? target : { ...target, text: `${target.text}/` }, name === 'mv');
  }
  if (/^(mv|ln|install|ginstall|link)$/.test(name) && NULL.test(target.text)) engine.remark('into-the-void', 'CRITICAL', 'What is put in a device’s place is gone, and so may the device be.');
  return known('');
};

/** dd: `if=` is copied onto `of=`. */
export const dd: Handler = ({ parsed, stdin }, engine) => {
  const [from] = parsed.options.get('if=') ?? [];
  const [to] = parsed.options.get('of=') ?? [];
  const whole = from == null ? (stdin ?? unknown(FROM.input)) : engine.content(from);
  const content = parsed.options.has('count=') ? { ...whole, from: whole.from & ~FROM.endless } : whole;
  if (to != null) engine.wrote(to, content);
  return to == null ? content : known('');
};

/** tee: standard input goes on, and into files. */
export const tee: Handler = ({ parsed, stdin }, engine) => {
  const content = stdin ?? unknown(FROM.input);
  for (const path of parsed.operands) engine.wrote(path, content, parsed.options.has('-a') || parsed.options.has('--append'));
  return content;
};

/** scp and rsync: what comes from another machine stands in the last place. */
export const fetch: Handler = ({ parsed }, engine) => {
  const target = parsed.operands.at(-1);
  const remote = parsed.operands.slice(0, -1).some((operand) => /^[^/]*:/.test(operand.text) || operand.text.startsWith('rsync:'));
  if (target !== undefined && remote) engine.wrote(target, unknown(FROM.network));
  return undefined;
};
