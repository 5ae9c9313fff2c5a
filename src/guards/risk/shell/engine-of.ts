import { dirname, resolve } from 'node:path';
import { isInside } from '../../../core/inside.ts';
import { rank } from '../../../core/risk.ts';
import type { Program } from '../../../registry/commands.ts';
import { ON_PATHS } from '../../../registry/on-paths.ts';
import type { Engine, Found, RunOptions, Stream } from '../programs/engine.ts';
import { isRebuilt } from '../grade.ts';
import { isAmong, openFiles } from './files.ts';
import { FROM, HOLE, isKnown, unknown } from './value.ts';
import type { Frame, Walk } from './walk.ts';

export interface ShellEngine extends Engine {
  /** Where what it has read comes from. */
  readFrom(): number;
  /** Lets what it has made be seen by what comes after. */
  end(isCode?: boolean): void;
}

/** What a program's rules and its handler may say, as this shell hears it. */
export function engineOf(frame: Frame, walk: Walk, source: string, entry: Program | null): ShellEngine {
  const { report } = walk;
  const files = openFiles(frame, walk, source);
  const links = new Map<string, string>();
  const wrote = new Set<string>();
  const changed = new Set<string>();
  let from = 0;

  const inner = (options: RunOptions): Frame => {
    const state = frame.state.copy();
    if (entry?.rules.some((rule) => rule.effect === 'privilege') === true) state.elevated = true;
    if (options.elsewhere === true) {
      state.elsewhere = true;
      state.folders = [];
    }
    if (options.cwd !== undefined) state.folders = files.paths(options.cwd)?.slice(0, 1) ?? [];
    if (options.args !== undefined) state.positional = options.args;
    if (options.zero !== undefined) state.zero = options.zero;
    if (options.clean === true) state.variables = new Map();
    for (const [name, value] of options.variables ?? []) state.set(name, value, true);
    return { ...frame, state, stdin: options.stdin === undefined ? frame.stdin : options.stdin };
  };

  return {
    requests: walk.ctx.catalogue.requests,
    elevated: frame.state.elevated,
    protectedServices: walk.ctx.protectedServices,
    sets: (name) => frame.state.variables.has(name),
    rebuilds: (name) => isRebuilt(name, walk.ctx.catalogue.folders),
    readFrom: () => from,
    end(isCode = false) {
      for (const [link, target] of links) walk.links.set(link, target);
      for (const path of changed) {
        const before = walk.written.get(path);
        // What a compiler writes is the project's; what code in the line writes is the line's.
        if ((isCode || before !== undefined) && !wrote.has(path))
          walk.written.set(path, unknown((before?.from ?? 0) | FROM.input));
      }
    },
    found(what) {
      if (what.path === undefined) return onResource(what);
      if (!ON_PATHS.has(what.kind)) return onResource({ ...what, resource: what.path.text });
      if (what.kind === 'read') {
        from |= files.read(what.path).from;
        if (what.recursive === true && !frame.state.elsewhere) files.tree(what.path);
      } else if (SINK.test(what.path.text) && what.kind !== 'delete' && what.kind !== 'chmod') return;
      else files.touch(what.kind as 'write', what.path, accessOf(what));
      if (what.kind === 'overwrite') for (const one of files.paths(what.path) ?? []) changed.add(one);
      if (what.instead !== undefined) report.instead.add(what.instead);
      return undefined;
    },
    remark(rule, level, reason, reversibility) {
      if (level === 'SAFE') return;
      report.factor(
        rule,
        level,
        reason,
        source,
        reversibility ?? (rank(level) > rank('LOW') ? 'irreversible' : 'reversible'),
      );
    },
    command: (argv, options = {}) => walk.run.program(argv, inner(options), walk, source),
    code: (language, text, options = {}): Stream =>
      walk.run.code(language, text, inner(options), walk, source),
    written: (path, alone) => files.written(path, alone),
    follow: (path, run, committed) => files.follow(path, run, { committed }),
    content: (path) => files.content(path),
    wrote(path, content, append = false) {
      files.keep(path, content, append);
      for (const one of files.paths(path) ?? []) wrote.add(one);
    },
    copied(path, places, how) {
      const at = places.flatMap((place) => files.paths(place) ?? []).filter(canHold);
      if (at.length > 0) for (const of of files.paths(path) ?? []) walk.copies.add({ of, at, ...how });
    },
    linked(link, to) {
      for (const one of files.paths(link) ?? []) {
        const target = isKnown(to) ? resolve(dirname(one), to.text) : null;
        if (target !== null) links.set(one, target);
      }
    },
    resolve: (path) => files.paths(path)?.[0] ?? null,
    inRoots: (path) => walk.ctx.workspace.roots.some((root) => isInside(path, root)),
  };

  /** Whether there is a folder for something to be put there. */
  function canHold(path: string): boolean {
    const folder = dirname(path);
    const { roots } = walk.ctx.workspace;
    const stands =
      walk.ctx.catalogue.folders.temporary.includes(folder) || roots.some((root) => isInside(root, folder));
    return (
      !NOTHING.test(path) &&
      (stands || isAmong(walk.made, folder) || walk.ctx.facts(folder).type !== 'missing')
    );
  }

  /** What is sent elsewhere while a secret is at hand takes the secret along. */
  function sends(): void {
    const carried = from | (frame.stdin?.from ?? 0);
    if ((carried & (FROM.secret | FROM.environment)) === 0) return;
    report.effect('exfiltration', 'a secret', source);
    report.factor('exfiltration', 'CRITICAL', 'It sends a secret to another machine.', source);
  }

  function onResource({
    kind,
    resource,
    level = 'MEDIUM',
    reason,
    reversibility,
    rule,
    instead,
  }: Found): void {
    const target = (resource ?? '').replaceAll(HOLE, '…');
    report.effect(kind, target, source);
    if (kind === 'network') sends();
    const production = level === 'HIGH' && /(^|[^a-z])(prod|production|live|master)([^a-z]|$)/i.test(target);
    // What is sent whole and unseen may be anything.
    const unseen = kind === 'exfiltration' && resource === HOLE && level === 'MEDIUM';
    const graded = unseen ? 'HIGH' : production && kind.endsWith('_loss') ? 'CRITICAL' : level;
    report.factor(
      rule ?? `${entry?.id ?? 'unknown'}-${kind.replaceAll('_', '-')}`,
      graded,
      reason ?? entry?.reason ?? 'It does so by its nature.',
      source,
      reversibility,
    );
    if (instead !== undefined) report.instead.add(instead);
  }
}

const NOTHING = /^\/(dev|proc|sys)\/(?!shm\/)/;
const SINK = /^\/dev\/(null|stdout|stderr|tty|full)$/;

const accessOf = ({
  recursive,
  level,
  reason,
}: Found): { recursive: boolean; level?: NonNullable<Found['level']>; reason?: string } => ({
  recursive: recursive ?? false,
  ...(level === undefined ? {} : { level }),
  ...(reason === undefined ? {} : { reason }),
});
