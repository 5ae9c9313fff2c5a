import { isAbsolute } from 'node:path';
import { isInside } from '../core/inside.ts';

/** What a command inherits of the server's environment; everything else stays out of an agent's sight. */
const INHERITED = /^(HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|TMPDIR|XDG_RUNTIME_DIR)$/;

/** Marks every process of an action, so that those that left its process group are found. */
export const ACTION_MARK = 'HOMEOSTAT_ACTION_ID';

/** A command's environment. Folders of PATH that an agent can write to are left out: it could plant programs there. */
export function commandEnvironment(
  own: NodeJS.ProcessEnv,
  given: Readonly<Record<string, string>>,
  roots: readonly string[],
  actionId: string,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(own))
    if (value !== undefined && INHERITED.test(name)) env[name] = value;
  const folders = (own['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(':');
  env['PATH'] = folders.filter((f) => isAbsolute(f) && !roots.some((root) => isInside(f, root))).join(':');
  // A folder of plain files can be a bare repository whose configuration names programs to run.
  const git = {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.bareRepository',
    GIT_CONFIG_VALUE_0: 'explicit',
  };
  return { ...env, ...git, ...given, [ACTION_MARK]: actionId };
}
