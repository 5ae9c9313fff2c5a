import { resolve } from 'node:path';
import type { Builtin } from './builtin.ts';
import type { ShellState } from './state.ts';
import { isKnown, known, unknown, type Value } from './value.ts';

const NOTHING = known('');

/** `cd`, `pushd`, `popd`. */
export function changeFolder(name: string): Builtin {
  return (args, { frame: { state }, own, walk }) => {
    const [to, ...more] = args.filter((arg, i) => arg.text !== '--' || i > 0);
    const before = state.folders;
    state.ifFailed = before;
    if (name === 'popd') state.folders = (to === undefined ? state.pushed.at(-1) : undefined) ?? [];
    else {
      const targets =
        name === 'pushd' && to === undefined ? null : targetsOf(to, name, own.state, walk.ctx.home);
      const tells = more.length === 0 && targets !== null && !own.state.variables.has('CDPATH');
      state.folders = tells ? from(before, targets) : [];
    }
    if (name === 'pushd') state.pushed = [...state.pushed, before];
    if (name === 'popd') state.pushed = state.pushed.slice(0, -1);
    const may = before.length === 0 ? [unknown()] : before.map((folder) => known(folder));
    state.variables.set('OLDPWD', { may, exported: true });
    return NOTHING;
  };
}

/** The texts that the target may be; null where that cannot be known. */
function targetsOf(to: Value | undefined, name: string, state: ShellState, home: string): string[] | null {
  const back = name === 'cd' && to?.text === '-';
  if (to !== undefined && !back) return /^[-+]/.test(to.text) || !isKnown(to) || to.glob ? null : [to.text];
  const held = state.variables.get(back ? 'OLDPWD' : 'HOME')?.may ?? (back ? [] : [known(home)]);
  const texts = held.flatMap((one) => (one !== undefined && 'text' in one && isKnown(one) ? [one.text] : []));
  return texts.length === held.length && texts.length > 0 ? texts : null;
}

/** Where the targets lead from each of the folders; nowhere known where one of them needs a folder that is not. */
function from(folders: readonly string[], targets: readonly string[]): string[] {
  if (folders.length === 0 && targets.some((target) => !target.startsWith('/'))) return [];
  const starts = folders.length === 0 ? ['/'] : folders;
  return [...new Set(targets.flatMap((target) => starts.map((folder) => resolve(folder, target))))];
}

/** `pwd` prints where the shell stands. */
export const printFolder: Builtin = (_, { frame: { state } }) => {
  const [folder] = state.folders;
  return state.folders.length === 1 && folder !== undefined ? known(`${folder}\n`) : unknown();
};
