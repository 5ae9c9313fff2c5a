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
  /** Names of services that the configuration protects. */
  readonly protectedServices: readonly string[];
  /** homeostat's own folders: state and configuration. */
  readonly ownFolders: readonly string[];
}

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
  return [...ctx.rules.paths, ...configured(ctx)].filter((rule) => shown.some((p) => pathMatches(rule, p)));
}

const configuredRules = new WeakMap<readonly string[], PathRule[]>();

function configured(ctx: PathContext): PathRule[] {
  let rules = configuredRules.get(ctx.protectedGlobs);
  if (rules === undefined) {
    rules = ctx.protectedGlobs.map((glob) => ({
      id: 'configured-protection',
      reason: `The configuration protects ${glob}.`,
      glob: [glob, `${glob}/**`],
      except: [],
      change: 'CRITICAL',
      secret: false,
      commands_may: [],
      match: [],
      not_match: [],
    }));
    configuredRules.set(ctx.protectedGlobs, rules);
  }
  return rules;
}
