import { relative } from 'node:path';
import { isInside } from '../../core/inside.ts';
import type { Workspace } from '../../core/principal.ts';
import type { PathRule, Rules } from '../../registry/rules.ts';
import { pathMatches } from './match.ts';

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

function rulesOn(path: string, ctx: PathContext): PathRule[] {
  const root = ctx.workspace.roots.find((candidate) => isInside(path, candidate));
  // Both, since a root may itself be a folder that a rule protects.
  const shown = [path.slice(1), ...(root === undefined ? [] : [relative(root, path)])].filter(
    (p) => p !== '',
  );
  const rules = [...ctx.rules.paths, ...configured(ctx)].filter((rule) =>
    shown.some((p) => pathMatches(rule, p)),
  );
  if (
    !rules.some((rule) => rule.secret) ||
    !shownByPerson(ctx).some((rule) => shown.some((p) => pathMatches(rule, p)))
  )
    return rules;
  return rules.filter((rule) => !rule.secret);
}

const configuredRules = new WeakMap<readonly string[], PathRule[]>();

const configured = (ctx: PathContext): PathRule[] =>
  rulesFor(ctx.protectedGlobs, (glob) => ({
    ...NOTHING,
    id: 'configured-protection',
    reason: `The configuration protects ${glob}.`,
    glob: [glob, `${glob}/**`],
    change: 'CRITICAL',
  }));

const shownByPerson = (ctx: PathContext): PathRule[] =>
  rulesFor(ctx.shownGlobs, (glob) => ({ ...NOTHING, id: 'shown', reason: '', glob: [glob] }));

const NOTHING = {
  except: [],
  change: 'SAFE' as const,
  secret: false,
  commands_may: false,
  match: [],
  not_match: [],
};

function rulesFor(globs: readonly string[], rule: (glob: string) => PathRule): PathRule[] {
  let rules = configuredRules.get(globs);
  if (rules === undefined) {
    rules = globs.map(rule);
    configuredRules.set(globs, rules);
  }
  return rules;
}
