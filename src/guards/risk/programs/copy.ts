import { FROM, type Value, known, unknown } from '../shell/value.ts';
import type { Engine, Handler } from './engine.ts';

const NULL = /^\/dev\/(null|zero|full)$/;

/** cp, mv, ln, install: what stands in one place stands in another as well. */
export const copy: Handler = ({ name, parsed }, engine) => {
  const { operands, options } = parsed;
  const has = (...names: string[]): boolean => names.some((option) => options.has(option));
  const symbolic = has('-s', '--symbolic', '--symbolic-link') && name !== 'install';
  const deep = name === 'mv' || has('-r', '-R', '-a', '--recursive', '--archive');
  const [folder] = [...(options.get('-t') ?? []), ...(options.get('--target-directory') ?? [])];
  const target = folder ?? operands.at(-1);
  const sources = folder == null ? operands.slice(0, -1) : operands;
  if (symbolic && operands.length === 1) linkHere(operands[0], engine);
  if (target == null || sources.length === 0) return known('');
  if (isFolder(target)) {
    for (const source of sources) engine.found({ kind: 'write', path: within(target, source) });
  }
  for (const source of sources) {
    const content = engine.content(source);
    engine.wrote(target, content);
    const inner = within(target, source);
    engine.wrote(inner, content);
    if (symbolic) for (const link of [target, inner]) engine.linked(link, source);
    else if (!has('-n', '--no-clobber', '--attributes-only'))
      engine.copied(source, [target, inner], { moved: name === 'mv', deep });
  }
  if (/^(mv|ln|install|ginstall|link)$/.test(name) && NULL.test(target.text))
    engine.remark(
      'into-the-void',
      'CRITICAL',
      'What is put in a device’s place is gone, and so may the device be.',
    );
  return known('');
};

/** Where a file stands once it has been put into a folder. */
function within(folder: Value, source: Value): Value {
  const name = source.text.replace(/\/+$/, '').split('/').at(-1) ?? '';
  return { ...folder, text: `${folder.text.replace(/\/+$/, '')}/${name}` };
}

/** By its name alone: what is put there stands below it, and not in its place. */
const isFolder = ({ text }: Value): boolean => /(^|\/)\.{0,2}\/*$/.test(text);

/** `ln -s /a/b` makes `b` in the folder that the line stands in. */
function linkHere(to: Value | undefined, engine: Engine): void {
  const name = to?.text.replace(/\/+$/, '').split('/').at(-1);
  if (to !== undefined && name !== undefined && name !== '') engine.linked(known(name), to);
}

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
  for (const path of parsed.operands)
    engine.wrote(path, content, parsed.options.has('-a') || parsed.options.has('--append'));
  return content;
};

/** scp and rsync: what comes from another machine stands in the last place. */
export const fetch: Handler = ({ parsed }, engine) => {
  const target = parsed.operands.at(-1);
  const remote = parsed.operands
    .slice(0, -1)
    .some((operand) => /^[^/]*:/.test(operand.text) || operand.text.startsWith('rsync:'));
  if (target !== undefined && remote) engine.wrote(target, unknown(FROM.network));
  return undefined;
};
