import { isInside } from '../../core/inside.ts';
import type { Workspace } from '../../core/principal.ts';
import type { Risk } from '../../core/risk.ts';
import type { Intent } from '../../core/stages.ts';
import type { Bounds } from './bounds.ts';
import { foreignService } from './services.ts';

/** What a card forbids of an action that its tools would let through, as a rule that says no. */
export interface CardRule {
  readonly verdict: 'deny';
  readonly id: 'card-roots' | 'card-services';
  readonly reason: string;
}

interface Facts {
  readonly intent: Intent;
  readonly risk: Risk;
  readonly circumstances: ReadonlySet<string>;
  /** Folders that it is in and paths that it touches. */
  readonly paths: readonly string[];
}

/** The assessor's own finding in a line; see `risk/programs/card-services.ts`. */
export const FOREIGN_SERVICE = 'service-not-on-card';

/** What gives a container files of the machine, which nothing holds to the folders of a card. */
const REACHES_OUT = [
  'compose_host_mount',
  'compose_host_control',
  'compose_powerful_service',
  'powerful_container',
  'mounts_own_state',
];

export function cardRules(facts: Facts, workspace: Workspace, bounds: Bounds | null): CardRule[] {
  if (bounds === null) return [];
  const { intent, risk } = facts;
  const found: CardRule[] = [];
  const deny = (id: CardRule['id'], what: string): void =>
    void found.push({ verdict: 'deny', id, reason: `The card ${bounds.card} does not name ${what}.` });
  const outside = workspace.beyond === undefined ? null : leavesRoots(facts, workspace, workspace.beyond);
  if (outside !== null) deny('card-roots', outside);
  const said = risk.factors.find(({ rule }) => rule === FOREIGN_SERVICE)?.evidence;
  const service = foreignService(intent.resources, bounds) ?? said;
  if (service !== undefined) deny('card-services', `what this acts on: ${service}`);
  return found;
}

/** Where it goes beyond the folders of the card; null where it stays in them. */
function leavesRoots(
  { intent, circumstances, paths, risk }: Facts,
  { roots }: Workspace,
  beyond: readonly string[],
): string | null {
  if (intent.unboxed === true)
    return 'what a line does outside the sandbox, where nothing holds it to folders';
  if (REACHES_OUT.some((name) => circumstances.has(name)))
    return 'what a container may do with files of the machine';
  const isOutside = (path: string): boolean => !roots.some((root) => isInside(path, root));
  const inOther = (path: string): boolean => beyond.some((root) => isInside(path, root));
  const changes = intent.touches.map(({ path }) => path);
  return (
    paths.find((path) => isOutside(path) && inOther(path)) ??
    changes.find(isOutside) ??
    risk.resources
      .flatMap((name) => /^(?:file|tree):(.*)$/s.exec(name)?.[1] ?? [])
      .find((path) => isOutside(path) && inOther(path)) ??
    null
  );
}
