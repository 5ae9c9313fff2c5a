import { basename, dirname, join, resolve } from 'node:path';
import { isInside } from '../../../core/inside.ts';
import type { Level } from '../../../core/risk.ts';
import type { Stream } from '../programs/engine.ts';
import { type Grade, type Touch, gradeTouch } from '../grade.ts';
import { isOwn, pathRules } from '../paths.ts';
import { through } from './links.ts';
import { FROM, HOLE, type Value, known, unknown } from './value.ts';
import type { Frame, Walk } from './walk.ts';

/** What is asked of a path, and by what right it is worse than where it lies says. */
export interface Access {
  readonly recursive?: boolean;
  readonly level?: Level;
  readonly reason?: string;
}

/** The files as a command in this place meets them. */
export interface ShellFiles {
  touch(kind: Touch['kind'], path: Value, access?: Access): void;
  /** Every file below a folder is read. */
  tree(path: Value): void;
  /** What a file or an end of a pipe gives to read. */
  read(path: Value): Stream;
  /** A redirection's target. */
  write(path: Value, append: boolean): void;
  /** Remembers what was written into a file. */
  keep(path: Value, content: Stream, append: boolean): void;
  /** What the line has put into a file; with a whole folder that it fetched, unless only the file itself counts. */
  written(path: Value, alone?: boolean): Stream | null;
  /** Runs a script as it stands on disk; null where there is none, or git holds it as it is. */
  follow(path: Value, run: (text: Value) => Stream, how?: Following): Stream | null;
  /** What a file holds, without being read by anybody. */
  content(path: Value): Stream;
  /** The absolute paths a value may stand for; null where they cannot be known. */
  paths(path: Value): string[] | null;
}

interface Following {
  /** Whether what it does to the shell stays. */
  readonly lasting?: boolean;
  /** Whether it is run although git holds it as it is, so that it is the project's own. */
  readonly committed?: boolean | undefined;
}

/** Devices that swallow or show what is redirected into them; moved onto or removed, they are files like any other. */
const SINK = /^\/dev\/(null|stdout|stderr|tty|zero|full|fd\/\d+)$/;
const ENDLESS = /^\/dev\/(zero|full|u?random)$/;
const SOCKET = /^\/dev\/(tcp|udp)(\/|$)/;

/** Below the folder, nothing decides what a name that nobody knows would mean. */
const isOutside = ({ rule }: Grade): boolean => rule === 'outside-roots' || rule === 'system-path';

export function openFiles(frame: Frame, walk: Walk, evidence: string): ShellFiles {
  const { state } = frame;
  const { report, ctx } = walk;

  const paths = (path: Value): string[] | null => pathsOf(path, true, frame, walk);

  function unknownPath(kind: Touch['kind'], path: Value, access: Access): void {
    report.effect(kind, shown(path), evidence);
    if (kind === 'read') {
      if (path.text === HOLE || path.splits || (path.from & FROM.input) !== 0)
        report.factor('unknown-operand', 'MEDIUM', 'Which file it reads cannot be known before.', evidence);
      return;
    }
    const severe = kind === 'delete' || (kind === 'chmod' && access.recursive === true);
    report.factor(
      'unknown-target',
      severe ? 'HIGH' : 'MEDIUM',
      'What it changes cannot be known before.',
      evidence,
    );
    // Whatever its name, it lies below the folder that is known.
    const folder = /^(\/.*)\//.exec(path.text.split(HOLE)[0] ?? '')?.[1];
    const grade =
      folder === undefined ? null : gradeTouch({ kind, path: join(folder, '…'), ...NOTHING_MADE }, ctx);
    if (grade !== null && isOutside(grade)) report.factor(grade.rule, grade.level, grade.reason, evidence);
    if (access.level !== undefined)
      report.factor('least', access.level, access.reason ?? 'It does so by its nature.', evidence);
  }

  function touch(kind: Touch['kind'], path: Value, access: Access = {}): void {
    if (path.text === '') return;
    if (state.elsewhere) return touchElsewhere(kind, path, access);
    if (kind !== 'read' && isPipeEnd(path.text)) return;
    const all = pathsOf(path, kind !== 'delete', frame, walk);
    if (all === null) {
      // By its name it is a secret wherever it lies.
      const named =
        kind === 'read' && !path.text.includes(HOLE)
          ? gradeTouch({ kind, path: `/${path.text}`, ...NOTHING_MADE }, ctx)
          : null;
      if (named !== null) report.factor(named.rule, named.level, named.reason, evidence, named.reversibility);
      return unknownPath(kind, path, access);
    }
    const wide = path.glob && /(^|\/)\.?\*+$/.test(path.text) && !/^\/?[^*]*\/[^*/]+\.\w+$/.test(path.text);
    let worst: Grade | null = null;
    const recursive = access.recursive ?? false;
    const grades = all.flatMap((one) => {
      walk.effort.spend(20);
      const made = isAmong(walk.made, one) && through(walk.links, one, kind !== 'delete') === null;
      const saved = walk.copies.has(one, recursive || wide);
      const lost = kind === 'delete' ? walk.copies.remove(one) : [];
      return [
        gradeTouch({ kind, path: one, recursive, wide, made, saved }, ctx),
        ...lost.map((original) =>
          gradeTouch(
            {
              kind,
              path: original,
              recursive,
              wide: false,
              made: isAmong(walk.made, original),
              saved: false,
            },
            ctx,
          ),
        ),
      ];
    });
    for (const grade of grades) {
      if (grade !== null && (worst === null || worse(grade, worst))) worst = grade;
    }
    if (kind === 'write' || kind === 'overwrite')
      for (const one of all)
        if (ctx.facts(one).type === 'missing' && !walk.copies.stood(one)) walk.made.add(one);
    if (kind !== 'read' || worst !== null)
      report.effect(
        worst !== null && kind === 'read' && worst.level !== 'MEDIUM' ? 'secret_read' : kind,
        all[0] ?? shown(path),
        evidence,
      );
    if (worst !== null) report.factor(worst.rule, worst.level, worst.reason, evidence, worst.reversibility);
    if (access.level !== undefined)
      report.factor('least', access.level, access.reason ?? 'It does so by its nature.', evidence);
  }

  function touchElsewhere(kind: Touch['kind'], path: Value, { recursive }: Access): void {
    if (kind === 'read') return;
    report.effect(kind, shown(path), evidence);
    const level = kind === 'delete' ? 'HIGH' : recursive === true ? 'HIGH' : 'MEDIUM';
    report.factor(
      'elsewhere',
      level,
      'It changes another machine or a container, where nothing is kept.',
      evidence,
    );
  }

  function written(path: Value, alone = false): Stream | null {
    if (/^\/(dev|proc\/[\w-]+)\/(stdin|fd\/0)$/.test(path.text)) return frame.stdin;
    const descriptor = /^\/(?:dev|proc\/[\w-]+)\/fd\/(\w+)$/.exec(path.text)?.[1];
    if (descriptor !== undefined)
      return state.descriptors.get(descriptor) ?? walk.written.get(path.text) ?? null;
    for (const one of paths(path) ?? []) {
      const content = walk.written.get(one);
      if (content !== undefined) return content;
      const origin = ctx.origins.get(one);
      if (origin !== undefined) return unknown(origin | FROM.input);
      if (!alone && isFetched(one)) return unknown(FROM.network | FROM.input);
    }
    return null;
  }

  /** Whether it came with a whole folder that was fetched: a clone, or an archive that was unpacked. */
  function isFetched(path: string): boolean {
    for (let at = dirname(path); at !== dirname(at); at = dirname(at)) {
      const from = (walk.written.get(at)?.from ?? 0) | (ctx.origins.get(at) ?? 0);
      // What stood there before is not what was fetched.
      if ((from & FROM.network) !== 0) return ctx.facts(path).type !== 'file';
    }
    return false;
  }

  /** A script that stands on disk. What the repository holds as it is counts as the project's own. */
  function follow(
    path: Value,
    run: (text: Value) => Stream,
    { lasting = false, committed = false }: Following = {},
  ): Stream | null {
    if (state.elsewhere || path.text.includes(HOLE)) return null;
    for (const one of paths(path) ?? []) {
      const { git } = ctx.facts(one);
      if (!committed && git !== null && git.tracked > 0 && git.clean === true) continue;
      const content = ctx.text(one);
      if (content === null) continue;
      const text = known(content, FROM.input);
      if (isShown(one)) return run(text);
      const { problem } = walk;
      const printed = report.unshown(evidence, lasting, () => run(text));
      // What a parser complains of may name a word of it.
      if (walk.problem !== problem) walk.problem = 'a file that it runs cannot be followed';
      return printed;
    }
    return null;
  }

  /** Whether the caller may read it by any tool: of what lies outside the roots, or is a secret, nothing is quoted. */
  function isShown(path: string): boolean {
    const real = ctx.real(path);
    return (
      ctx.workspace.roots.some((root) => isInside(real, root)) &&
      [path, real].every((one) => !isOwn(one, ctx) && !pathRules(one, ctx).some((rule) => rule.secret))
    );
  }

  return {
    touch,
    follow,
    tree(path) {
      for (const one of paths(path) ?? []) {
        const below = ctx.below(one);
        if (below === null)
          report.factor(
            'unknown-operand',
            'MEDIUM',
            'Which files it reads cannot be known before.',
            evidence,
          );
        const secret = below
          ?.map((file) => gradeTouch({ kind: 'read', path: file, ...NOTHING_MADE }, ctx))
          .find((grade) => grade?.level === 'HIGH');
        if (secret == null) continue;
        report.effect('secret_read', one, evidence);
        report.factor(secret.rule, secret.level, secret.reason, evidence);
      }
    },
    paths,
    written,
    read(path) {
      if (SOCKET.test(path.text) || path.text.startsWith(`/dev/${HOLE}`)) {
        network(path);
        return unknown(FROM.network);
      }
      if (path.text === '/dev/null') return known('');
      if (ENDLESS.test(path.text)) return unknown(FROM.input | FROM.endless);
      const content = written(path);
      if (content !== null) {
        if ((content.from & FROM.secret) !== 0) {
          report.effect('secret_read', shown(path), evidence);
          report.factor('secrets', 'HIGH', 'It holds a secret that this line has read.', evidence);
        }
        return content;
      }
      // A pattern that fits nothing yet may fit a secret later.
      if (path.glob) touch('read', { ...path, text: path.text.replaceAll(/[*?]/g, ''), glob: false });
      const before = report.effects.size;
      touch('read', path);
      const secret = [...report.effects.values()]
        .slice(before)
        .some((effect) => effect.kind === 'secret_read');
      return unknown(FROM.input | path.from | (secret || isSecret(path) ? FROM.secret : 0));
    },
    content: (path) =>
      written(path) ??
      unknown((ENDLESS.test(path.text) ? FROM.endless : 0) | FROM.input | (isSecret(path) ? FROM.secret : 0)),
    write(path, append) {
      if (SOCKET.test(path.text)) return network(path);
      if (SINK.test(path.text) || isPipeEnd(path.text)) return;
      touch(append ? 'write' : 'overwrite', path);
      if (!append) for (const one of paths(path) ?? []) walk.copies.remove(one);
      if (!/^\/(var\/)?tmp\//.test(path.text)) report.instead.add('write_file');
    },
    keep(path, content, append) {
      if (SOCKET.test(path.text) && (content.from & FROM.secret) !== 0) {
        report.effect('exfiltration', path.text, evidence);
        report.factor('exfiltration', 'CRITICAL', 'It sends a secret to another machine.', evidence);
      }
      if ((content.from & FROM.endless) !== 0 && !SINK.test(path.text))
        report.factor('fills-disk', 'HIGH', 'It writes without end, until the disk is full.', evidence);
      for (const one of paths(path) ?? []) {
        const before = append ? walk.written.get(one) : undefined;
        const all =
          before === undefined
            ? content
            : { ...content, text: before.text + content.text, from: before.from | content.from };
        walk.written.set(one, all);
        if (!append && ctx.facts(one).type !== 'file') walk.made.add(one);
      }
    },
  };

  function isSecret(path: Value): boolean {
    return (paths(path) ?? []).some(
      (one) => gradeTouch({ kind: 'read', path: one, ...NOTHING_MADE }, ctx)?.level === 'HIGH',
    );
  }

  function network(path: Value): void {
    report.effect('network', path.text, evidence);
    report.factor('network-device', 'HIGH', 'Bash opens a connection for it.', evidence);
  }
}

const NOTHING_MADE = { recursive: false, wide: false, made: false, saved: false };

const isPipeEnd = (path: string): boolean => /^\/dev\/fd\/[pc]\d+$/.test(path);

const worse = (a: Grade, b: Grade): boolean => LEVEL_ORDER.indexOf(a.level) > LEVEL_ORDER.indexOf(b.level);
const LEVEL_ORDER: readonly Level[] = ['SAFE', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL', 'DESTRUCTIVE'];

const shown = (path: Value): string => path.text.replaceAll(HOLE, '…');

/** A path that the line has made, or that lies in a folder that it has made. */
export function isAmong(made: ReadonlySet<string>, path: string): boolean {
  if (made.size === 0) return false;
  for (let at = path; at !== dirname(at); at = dirname(at)) if (made.has(at)) return true;
  return false;
}

function pathsOf(
  path: Value,
  follows: boolean,
  { state }: Frame,
  { ctx, written, links, effort }: Walk,
): string[] | null {
  let { text } = path;
  if (text.length > LONGEST) return null;
  if (text.includes(HOLE)) {
    // What comes after a known beginning may be anything below it, or beside it.
    if (!/^\/(tmp|var\/tmp)\/[^\uFFFC/]+/.test(text) || text.includes('/..')) return null;
    text = text.slice(0, text.indexOf(HOLE)).replace(/\/$/, '');
  }
  const absolute = text.startsWith('/');
  if (!absolute && state.folders.length === 0) return null;
  const folders = absolute ? ['/'] : state.folders;
  const found = new Set<string>();
  for (const folder of folders) {
    const plain = resolve(folder, text);
    if (path.glob) {
      const fits = ctx.expand(folder, text);
      if (fits === null) return null;
      for (const fit of fits) found.add(resolve(fit)).add(walked(folder, fit, ctx.real));
      for (const one of written.keys()) if (one.startsWith('/') && fitsRoughly(plain, one)) found.add(one);
    } else {
      found.add(plain);
      if (text.includes('..')) found.add(walked(folder, text, ctx.real));
    }
    const led = through(links, plain, follows || text.endsWith('/'));
    if (led !== null) found.add(led);
  }
  effort.spend(10 * found.size);
  // What is deleted is the link, and not what it leads to, unless the path goes on behind it.
  const behind = follows || /\/\.{0,2}$/.test(text);
  const real = (one: string): string =>
    behind ? ctx.real(one) : join(ctx.real(dirname(one)), basename(one));
  const named = [...found];
  return [...new Set([...named, ...named.map(real)])];
}

/** A longer path names nothing. */
const LONGEST = 4096;

/** Whether a pattern may stand for a path that the line itself has made. */
function fitsRoughly(pattern: string, path: string): boolean {
  const parts = pattern.split('/').map((part) =>
    part
      .replaceAll(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')
      .replaceAll('[!', '[^'),
  );
  try {
    return new RegExp(`^${parts.join('/')}$`).test(path);
  } catch {
    return true;
  }
}

/** Where the kernel goes for a path with `..` in it: up from what a link leads to, not from the link. */
function walked(cwd: string, path: string, real: (path: string) => string): string {
  return path
    .split('/')
    .reduce(
      (at, part) => (part === '..' ? dirname(real(at)) : join(at, part)),
      path.startsWith('/') ? '/' : cwd,
    );
}
