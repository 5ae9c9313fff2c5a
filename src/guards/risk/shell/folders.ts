import { resolve } from 'node:path';
import type { Builtin } from './builtin.ts';
import { isKnown, known, unknown, type Value } from './value.ts';
import type { ShellState } from './state.ts';

const NOTHING = known('');

/** `cd`, `pushd`, `popd`. */
export function changeFolder(name: string): Builtin {
  return (args, { frame: { state }, walk }) => {
    const [to, ...more] = args.filter((arg, i) => arg.text !== '--' || i > 0);
    const back = to?.text === '-' && name === 'cd';
    const plain =
      more.length === 0 && (back || !/^[-+]/.test(to?.text ?? '')) && (name === 'cd' || to !== undefined);
    const target = back ? held('OLDPWD', state) : (to ?? held('HOME', state) ?? known(walk.ctx.home));
    const tells =
      plain &&
      name !== 'popd' &&
      target !== undefined &&
      isKnown(target) &&
      !target.glob &&
      !state.variables.has('CDPATH');
    const before = state.folders;
    state.ifFailed = before;
    if (!tells || (before.length === 0 && !target.text.startsWith('/'))) state.folders = [];
    else if (target.text.startsWith('/')) state.folders = [resolve(target.text)];
    else state.folders = before.map((folder) => resolve(folder, target.text));
    if (name === 'cd') {
      const may = before.length === 0 ? [unknown()] : before.map((folder) => known(folder));
      state.variables.set('OLDPWD', { may, exported: true });
    }
    return NOTHING;
  };
}

function held(name: string, { variables }: ShellState): Value | undefined {
  const { may } = variables.get(name) ?? { may: [] };
  const [one] = may;
  return may.length === 1 && one !== undefined && 'text' in one ? one : undefined;
}

/** `pwd` prints where the shell stands. */
export const printFolder: Builtin = (_, { frame: { state } }) => {
  const [folder] = state.folders;
  return state.folders.length === 1 && folder !== undefined ? known(`${folder}\n`) : unknown();
};
