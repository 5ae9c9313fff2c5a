import { relative } from 'node:path';
import { isInside } from '../../core/inside.ts';
import type { Workspace } from '../../core/principal.ts';
import type { PathRule, Rules } from '../../registry/rules.ts';
import { mayMatch, pathMatches } from './match.ts';

/** What the risk of a path depends on, beside the path. */
export interface PathContext {
  readonly workspace: Workspace;
  readonly rules: Rules;
  /** Globs that the configuration adds to the protected ones. */
  readonly protectedGlobs: readonly string[];
  /** Globs of what the configuration says is no secret, whatever its name. */
  readonly shownGlobs: readonly string[];
  /** Names of services that the configuration protects. */
  readonly protectedServices: readonly string[];
  /** homeostat's own folders: state and configuration. */
  readonly ownFolders: readonly string[];
}

/** Whether a rule says that a path's content is never shown. */
export const isSecretPath =
  (ctx: PathContext): ((path: string) => boolean) =>
  (path) =>
    pathRules(path, ctx).some((rule) => rule.secret);

export const isOwn = (path: string, ctx: PathContext): boolean =>
  ctx.ownFolders.some((folder) => isInside(path, folder));

/** The path rules that speak of an absolute path: by where it lies in its root, or as it is. */
export function pathRules(path: string, ctx: PathContext): readonly PathRule[] {
  const before = spoken.get(ctx) ?? new Map<string, readonly PathRule[]>();
  const rules = before.get(path) ?? rulesOn(path, ctx);
  spoken.set(ctx, before.set(path, rules));
  return rules;
}

/** What one assessment has asked already. */
const spoken = new WeakMap<PathContext, Map<string, readonly PathRule[]>>();

function rulesOn(path: string, ctx: PathContext): readonly PathRule[] {
  const { rules, may } = allRules(ctx);
  if (!may(path)) return NONE;
  const root = ctx.workspace.roots.find((candidate) => isInside(path, candidate));
  // Both, since a root may itself be a folder that a rule protects.
  // What a glob says of a root holds for what a card or a client leaves of it.
  const { beyond = [], named = [] } = ctx.workspace;
  const wider = [...beyond, ...named].filter((candidate) => isInside(path, candidate));
  const roots = root === undefined ? wider : [root, ...wider];
  const shown = [path.slice(1), ...roots.map((one) => relative(one, path))].filter((p) => p !== '');
  const found = rules.filter((rule) => shown.some((p) => pathMatches(rule, p)));
  if (
    !found.some((rule) => rule.secret) ||
    !shownByPerson(ctx).some((rule) => shown.some((p) => pathMatches(rule, p)))
  )
    return found;
  return found.filter((rule) => !rule.secret);
}

const NONE: readonly PathRule[] = [];

interface AllRules {
  readonly rules: readonly PathRule[];
  readonly may: (path: string) => boolean;
}

/** By what the configuration adds, and then by the rules that were shipped. */
const gathered = new WeakMap<readonly string[], WeakMap<readonly PathRule[], AllRules>>();

function allRules({ rules: { paths }, protectedGlobs }: PathContext): AllRules {
  let own = gathered.get(protectedGlobs);
  if (own === undefined) gathered.set(protectedGlobs, (own = new WeakMap()));
  let all = own.get(paths);
  if (all === undefined) {
    const rules = [...paths, ...configured(protectedGlobs)];
    own.set(paths, (all = { rules, may: mayMatch(rules) }));
  }
  return all;
}

const configured = (globs: readonly string[]): PathRule[] =>
  globs.map((glob) => ({
    ...NOTHING,
    id: 'configured-protection',
    reason: `The configuration protects ${glob}.`,
    glob: [glob, `${glob}/**`],
    change: 'CRITICAL',
  }));

const shownRules = new WeakMap<readonly string[], PathRule[]>();

function shownByPerson({ shownGlobs }: PathContext): PathRule[] {
  let rules = shownRules.get(shownGlobs);
  if (rules === undefined) {
    rules = shownGlobs.map((glob) => ({ ...NOTHING, id: 'shown', reason: '', glob: [glob] }));
    shownRules.set(shownGlobs, rules);
  }
  return rules;
}

const NOTHING = {
  except: [],
  change: 'SAFE' as const,
  secret: false,
  commands_may: [],
  match: [],
  not_match: [],
};
