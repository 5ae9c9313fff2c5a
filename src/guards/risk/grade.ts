import { basename, dirname, relative, sep } from 'node:path';
import { isDisk } from '../../core/host-power.ts';
import { isInside } from '../../core/inside.ts';
import { type Factor, type Level, type Reversibility, rank } from '../../core/risk.ts';
import type { PathFacts } from '../../core/host.ts';
import type { CommandContext } from './context.ts';
import type { Folders } from '../../registry/catalogue.ts';
import type { PathRule } from '../../registry/rules.ts';
import { isOwn, pathRules } from './paths.ts';

/** What is done to a path. */
export interface Touch {
  readonly kind: 'read' | 'write' | 'overwrite' | 'delete' | 'chmod';
  readonly path: string;
  readonly recursive: boolean;
  /** True where the path is one of all that a folder holds, as `*` names them. */
  readonly wide: boolean;
  /** True where this same line has made it. */
  readonly made: boolean;
  /** True where this same line has copied its content elsewhere. */
  readonly saved: boolean;
  /** Where what stands there is renamed to. */
  readonly to?: string;
}

export interface Grade {
  readonly level: Level;
  readonly rule: string;
  readonly reason: string;
  readonly reversibility: Reversibility;
}

/** Whether a path, or what a pattern of names stands for, is made anew by a build. */
export function isRebuilt(path: string, { build, rebuilt }: Folders): boolean {
  const name = basename(path);
  return (
    isInBuild(path, build) ||
    rebuilt.some((one) => (one.startsWith('*') ? name.endsWith(one.slice(1)) : name === one))
  );
}

const isInBuild = (path: string, build: Folders['build']): boolean =>
  path.split(sep).some((part) => build.has(part));

/** How bad it is to touch a path so, with neither sandbox nor undo; `by` whom decides which path rules speak. */
export function gradeTouch(
  touch: Touch,
  ctx: CommandContext,
  by: 'named' | 'by a command' = 'named',
): Grade | null {
  const { kind, path } = touch;
  if (isOwn(path, ctx))
    return lost('CRITICAL', 'own-state', 'It touches homeostat’s own state or configuration.');
  if (kind === 'read') return gradeRead(path, ctx);
  const zone = gradeZone(touch, ctx);
  const rules = pathRules(path, ctx).filter((rule) => by === 'named' || !isLeft(touch, rule, ctx));
  const spoken = rules.map((rule) => lost(rule.change, rule.id, rule.reason));
  return [zone, ...spoken].reduce((worst, grade) => (rank(grade.level) > rank(worst.level) ? grade : worst));
}

/** Whether a rule leaves it to commands to do that. */
function isLeft({ kind, path, to }: Touch, rule: PathRule, ctx: CommandContext): boolean {
  const tests: Record<PathRule['commands_may'][number], () => boolean> = {
    anything: () => true,
    // What is renamed may go over what stands there.
    create: () => kind === 'write' && ctx.facts(path).type === 'missing',
    // Not to where nobody would miss it.
    rename: () => to !== undefined && pathRules(to, ctx).includes(rule) && !isBuilt(to, ctx),
    rebuilt: () => isBuilt(path, ctx),
    in_git: () => isInGit(ctx.facts(path)),
  };
  return rule.commands_may.some((what) => tests[what]());
}

const isBuilt = (path: string, ctx: CommandContext): boolean =>
  isInBuild(relative(rootOf(path, ctx), path), ctx.catalogue.folders.build);

const rootOf = (path: string, ctx: CommandContext): string =>
  ctx.workspace.roots.find((candidate) => isInside(path, candidate)) ?? sep;

/** How bad it is that somebody reads a path. */
export function gradeRead(path: string, ctx: CommandContext): Grade | null {
  const secret = pathRules(path, ctx).find((rule) => rule.secret);
  if (secret !== undefined) return lost('HIGH', secret.id, secret.reason);
  if (isDisk(path)) return lost('MEDIUM', 'raw-device', 'It reads a device as it is.');
  return null;
}

function gradeZone(touch: Touch, ctx: CommandContext): Grade {
  const { path, kind, recursive } = touch;
  const { roots } = ctx.workspace;
  if (isDisk(path))
    return lost(
      kind === 'chmod' ? 'HIGH' : 'DESTRUCTIVE',
      'raw-device',
      `${path} is a device: what is on it is lost.`,
    );
  const holdsRoot = roots.some((root) => isInside(root, path));
  if (holdsRoot) return gradeWhole(touch, roots.includes(path), `${path} holds a whole root.`, ctx);
  if (roots.some((root) => isInside(path, root))) return gradeInside(touch, ctx);
  const temporary = ctx.catalogue.folders.temporary.find((folder) => isInside(path, folder));
  if (
    temporary !== undefined &&
    (path !== temporary || kind === 'write' || kind === 'overwrite') &&
    !(touch.wide && dirname(path) === temporary)
  ) {
    return kept(
      touch.made || kind !== 'delete' ? 'LOW' : 'MEDIUM',
      'temporary',
      `${path} is temporary.`,
      'irreversible',
    );
  }
  const system = path === sep || ctx.catalogue.folders.system.some((folder) => isInside(path, folder));
  if (kind === 'delete' && recursive && (isTop(path, ctx) || temporary !== undefined))
    return lost('DESTRUCTIVE', 'outside-roots', `${path} and all below it would be gone.`);
  if (kind === 'delete') return lost('CRITICAL', 'outside-roots', `${path} lies outside the roots.`);
  if (recursive && kind === 'chmod' && isTop(path, ctx))
    return lost('CRITICAL', 'outside-roots', `${path} and all below it would change.`);
  return lost('HIGH', system ? 'system-path' : 'outside-roots', `${path} lies outside the roots.`);
}

/** The root of all, a top folder of the system, or somebody's home. */
function isTop(path: string, ctx: CommandContext): boolean {
  if (path === sep || path === ctx.home || isInside(ctx.home, path)) return true;
  const parent = dirname(path);
  return (
    parent === sep || parent === '/usr' || parent === '/var' || parent === '/home' || parent === '/Users'
  );
}

function gradeWhole(
  { kind, recursive, path }: Touch,
  isRoot: boolean,
  reason: string,
  ctx: CommandContext,
): Grade {
  const rule = 'whole-root';
  if (kind === 'delete') return lost('DESTRUCTIVE', rule, reason);
  if (kind === 'chmod' && !recursive && isRoot) return kept('MEDIUM', rule, reason);
  // To write "onto" a folder, as cp and mv do, puts something into it.
  if (kind === 'overwrite' && recursive && path !== sep && hasOnlyCopies(path, ctx))
    return kept('HIGH', 'overwrites-only-copy', `It may write over what has no other copy in ${path}.`);
  if (kind === 'write' || kind === 'overwrite')
    return isRoot
      ? kept('MEDIUM', rule, reason)
      : lost('HIGH', 'outside-roots', `${path} lies outside the roots.`);
  return lost(recursive && !isRoot ? 'CRITICAL' : 'HIGH', rule, reason);
}

function gradeInside(touch: Touch, ctx: CommandContext): Grade {
  const { kind, path, recursive, wide, made, saved } = touch;
  const root = rootOf(path, ctx);
  if (kind === 'chmod') return kept('MEDIUM', 'mode-change', 'It changes who may do what with it.');
  if (made || saved)
    return kept(
      kind === 'delete' ? 'MEDIUM' : 'LOW',
      'workspace-write',
      'This line made or copied it itself.',
    );
  if (kind === 'write') return kept('LOW', 'workspace-write', 'It writes in a root.');
  if (isRebuilt(relative(root, path), ctx.catalogue.folders))
    return kept(kind === 'delete' ? 'MEDIUM' : 'LOW', 'rebuildable', `${path} can be built anew.`);
  const facts = ctx.facts(path);
  if (facts.type === 'missing') {
    if (kind === 'overwrite') return kept('LOW', 'workspace-write', 'It writes in a root.');
  } else if (isInGit(facts))
    return kept(kind === 'delete' ? 'MEDIUM' : 'LOW', 'in-git', 'Git has a copy of it.');
  if (kind === 'overwrite') {
    if (recursive && hasOnlyCopies(path, ctx))
      return kept('HIGH', 'overwrites-only-copy', `It may write over what has no other copy in ${path}.`);
    if (facts.type === 'file' && facts.size > 0)
      return kept('HIGH', 'overwrites-only-copy', `${basename(path)} has no other copy.`);
    return kept('LOW', 'workspace-write', 'It writes in a root.');
  }
  if (facts.type === 'symlink')
    return kept('MEDIUM', 'removes', 'It deletes a link, and not what it leads to.');
  if (recursive || wide || facts.type === 'directory')
    return kept('HIGH', 'removes-trees', 'It deletes whole folders, or all that is in one.');
  if (facts.type === 'file' && facts.size > 0)
    return kept('HIGH', 'deletes-only-copy', `${basename(path)} has no other copy.`);
  return kept('MEDIUM', 'removes', 'It deletes files.');
}

const kept = (
  level: Level,
  rule: string,
  reason: string,
  reversibility: Reversibility = 'reversible',
): Grade => ({ level, rule, reason, reversibility });
const lost = (level: Level, rule: string, reason: string): Grade => kept(level, rule, reason, 'irreversible');

export const asFactor = ({ level, rule, reason }: Grade, evidence: string): Factor => ({
  level,
  rule,
  reason,
  evidence,
});

/** Whether a folder holds files that git could not give back. */
function hasOnlyCopies(path: string, ctx: CommandContext): boolean {
  const { type, git } = ctx.facts(path);
  if (type !== 'directory' || ctx.below(path)?.length === 0) return false;
  return git === null || git.clean !== true || git.untracked !== false;
}

/** Whether git could give all of it back. */
const isInGit = ({ git }: PathFacts): boolean =>
  git !== null && git.tracked > 0 && git.clean === true && git.untracked === false && !git.holdsRepository;
