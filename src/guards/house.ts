import type { Card } from '../core/card.ts';
import type { Config } from '../core/config.ts';
import type { Machine, Surroundings } from '../core/host.ts';
import type { Configuration } from '../core/records.ts';
import type { Workspace } from '../core/principal.ts';
import { protectedServices } from '../core/services.ts';
import type { RunningBox } from '../core/sandbox.ts';
import type { Action, Tool } from '../core/tool.ts';
import type { Rules } from '../registry/rules.ts';
import type { StopFile } from '../store/stop-file.ts';
import type { Store } from '../store/store.ts';
import type { AssessContext } from './risk/assess.ts';
import type { Catalogue } from './risk/context.ts';
import type { Secrets } from './secrets/secrets.ts';

/** All that the pipeline works with; put together in one place, `app.ts`. */
export interface House {
  readonly store: Store;
  readonly stop: StopFile;
  readonly machine: Machine;
  readonly config: Config;
  readonly configuration: Configuration;
  readonly secrets: Secrets;
  readonly rules: Rules;
  /** A digest of all that decisions are made by: what was approved under another is asked anew. */
  readonly policy: string;
  readonly catalogue: Catalogue;
  /** Every tool: also one that is not offered here may have left something to be ended or undone. */
  readonly tools: ReadonlyMap<string, Tool>;
  /** Names of the tools that can be called. */
  readonly offered: ReadonlySet<string>;
  readonly cards: ReadonlyMap<string, Card>;
  /** State and configuration folders: never an agent's to touch. */
  readonly ownFolders: readonly string[];
  /** Where files come from that earlier commands of this process wrote: fetched, decoded, or holding a secret. */
  readonly origins: Map<string, number>;
  readonly version: string;
  /** Actions of this process whose end could not be written down; they are ended before the next one begins. */
  readonly unsettled: Set<string>;
  /** Actions that have ended, while their stages are being removed. */
  readonly discarding: Map<string, Promise<void>>;
  /** What runs on in this process, by the action that started it; `done` when its end is on record. */
  readonly boxes: Map<string, { readonly box: RunningBox; readonly done: Promise<void> }>;
  /** Called at each step of the pipeline; tests end the process here. */
  readonly trace: (step: string) => void;
}

/** What of the house an assessment needs. */
export interface Assessing extends Pick<House, 'rules' | 'catalogue' | 'ownFolders' | 'origins'> {
  readonly machine: Surroundings;
  readonly config: Pick<Config, 'protected' | 'secrets'>;
}

export function assessContext(
  house: Assessing,
  workspace: Workspace,
  services?: AssessContext['services'],
): AssessContext {
  return {
    services,
    workspace,
    rules: house.rules,
    catalogue: house.catalogue,
    protectedGlobs: house.config.protected.paths,
    shownGlobs: house.config.secrets.shown,
    protectedServices: protectedServices(house.config),
    ownFolders: house.ownFolders,
    home: house.machine.home,
    real: (path, known) => house.machine.real(path, known),
    facts: (path) => house.machine.facts(path),
    text: (path, most) => house.machine.text(path, most),
    origins: house.origins,
    below: (path) => house.machine.below(path),
    expand: (cwd, pattern) => house.machine.expand(cwd, pattern),
  };
}

export function findAction(house: House, name: string): Action | null {
  const tool = house.tools.get(name);
  return tool?.kind === 'action' ? tool : null;
}
