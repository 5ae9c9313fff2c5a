import { rank } from '../../../core/risk.ts';
import type { Program } from '../../../registry/commands.ts';
import { ON_PATHS } from '../../../registry/on-paths.ts';
import type { Engine, Found, RunOptions, Stream } from '../programs/engine.ts';
import { isRebuilt } from '../grade.ts';
import { openFiles } from './files.ts';
import { FROM, HOLE } from './value.ts';
import type { Frame, Walk } from './walk.ts';

export interface ShellEngine extends Engine {
  /** Where what it has read comes from. */
  readFrom(): number;
}

/** What a program's rules and its handler may say, as this shell hears it. */
export function engineOf(frame: Frame, walk: Walk, source: string, entry: Program | null): ShellEngine {
  const { report } = walk;
  const files = openFiles(frame, walk, source);
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
    if (options.clean === true) state.variables = new Map();
    for (const [name, value] of options.variables ?? []) state.set(name, value, true);
    return { ...frame, state, stdin: options.stdin === undefined ? frame.stdin : options.stdin };
  };

  return {
    requests: walk.ctx.catalogue.requests,
    elevated: frame.state.elevated,
    sets: (name) => frame.state.variables.has(name),
    rebuilds: (name) => isRebuilt(name, walk.ctx.catalogue.folders),
    readFrom: () => from,
    found(what) {
      if (what.path === undefined) return onResource(what);
      if (!ON_PATHS.has(what.kind)) return onResource({ ...what, resource: what.path.text });
      if (what.kind === 'read') {
        from |= files.read(what.path).from;
        if (what.recursive === true && !frame.state.elsewhere) files.tree(what.path);
      }
      else if (SINK.test(what.path.text) && what.kind !== 'delete' && what.kind !== 'chmod') return;
      else files.touch(what.kind as 'write', what.path, accessOf(what));
      if (what.instead !== undefined) report.instead.add(what.instead);
      return undefined;
    },
    remark(rule, level, reason, reversibility) {
      if (level === 'SAFE') return;
      report.factor(rule, level, reason, source, reversibility ?? (rank(level) > rank('LOW') ? 'irreversible' : 'reversible'));
    },
    command: (argv, options = {}) => walk.run.program(argv, inner(options), walk, source),
    code: (language, text, options = {}): Stream => walk.run.code(language, text, inner(options), walk, source),
    written: (path) => files.written(path),
    script: (path) => files.script(path),
    content: (path) => files.content(path),
    wrote: (path, content, append = false) => files.keep(path, content, append),
    copied(path, to, moved) {
      const base = path.text.split('/').at(-1) ?? '';
      const places = (files.paths(to) ?? []).flatMap((place) => {
        const { type } = walk.made.has(place) ? { type: 'unknown' } : walk.ctx.facts(place);
        const inside = `${place}/${base}`;
        if (type === 'directory' || /\/\.?$/.test(to.text)) return [inside];
        return type === 'unknown' ? [place, inside] : [place];
      });
      for (const one of files.paths(path) ?? []) walk.copies.add(one, places, moved);
    },
    resolve: (path) => files.paths(path)?.[0] ?? null,
  };

  /** What is sent elsewhere while a secret is at hand takes the secret along. */
  function sends(): void {
    const carried = from | (frame.stdin?.from ?? 0);
    if ((carried & (FROM.secret | FROM.environment)) === 0) return;
    report.effect('exfiltration', 'a secret', source);
    report.factor('exfiltration', 'CRITICAL', 'It sends a secret to another machine.', source);
  }

  function onResource({ kind, resource, level = 'MEDIUM', reason, reversibility, rule, instead }: Found): void {
    const target = (resource ?? '').replaceAll(HOLE, '…');
    report.effect(kind, target, source);
    if (kind === 'network') sends();
    const production = level === 'HIGH' && /(^|[^a-z])(prod|production|live|master)([^a-z]|$)/i.test(target);
    // What is sent whole and unseen may be anything.
    const unseen = kind === 'exfiltration' && resource === HOLE && level === 'MEDIUM';
    const graded = unseen ? 'HIGH' : production && kind.endsWith('_loss') ? 'CRITICAL' : level;
    report.factor(rule ?? `${entry?.id ?? 'unknown'}-${kind.replaceAll('_', '-')}`, graded, reason ?? entry?.reason ?? 'It does so by its nature.', source, reversibility);
    if (instead !== undefined) report.instead.add(instead);
  }
}

const SINK = /^\/dev\/(null|stdout|stderr|tty|full)$/;

const accessOf = ({ recursive, level, reason }: Found): { recursive: boolean; level?: NonNullable<Found['level']>; reason?: string } => ({
  recursive: recursive ?? false,
  ...(level === undefined ? {} : { level }),
  ...(reason === undefined ? {} : { reason }),
});

