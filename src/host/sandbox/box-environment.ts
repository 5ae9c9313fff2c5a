import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { isInside } from '../../core/inside.ts';
import type { SandboxData } from '../../core/sandbox.ts';
import { ACTION_MARK, commandEnvironment } from '../environment.ts';
import { BOX_HOME } from './session.ts';

export interface EnvironmentSource {
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  readonly roots: readonly string[];
  readonly data: SandboxData;
  readonly given: Readonly<Record<string, string>>;
  readonly actionId: string;
}

/** What a command inherits outside the box too, with a home and a /tmp of its own and the person's tool chains. */
export function boxEnvironment({
  env,
  home,
  roots,
  data,
  given,
  actionId,
}: EnvironmentSource): Record<string, string> {
  const { XDG_RUNTIME_DIR: _hidden, ...inherited } = commandEnvironment(env, {}, roots, actionId);
  const toolchains: Record<string, string> = {};
  for (const [name, place] of Object.entries(data.toolchains)) {
    const folder = env[name] ?? join(home, place);
    const safe = isAbsolute(folder) && !roots.some((root) => isInside(folder, root));
    if (safe && existsSync(folder)) toolchains[name] = folder;
  }
  const own = { HOME: BOX_HOME, TMPDIR: '/tmp' };
  // The caller's come last but for the mark, as outside the box.
  return { ...toolchains, ...inherited, ...own, ...given, [ACTION_MARK]: actionId };
}
