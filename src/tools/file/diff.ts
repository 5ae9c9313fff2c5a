import type { ChangeSet, Described, FileState, Side } from '../../core/effects.ts';
import type { ActionContext } from '../../core/context.ts';
import { keptOfStart, startOfEnd } from '../../core/cut.ts';
import type { SecretsView } from '../../core/secrets.ts';
import { visibleLine } from '../../core/visible.ts';
import { shownPath } from './shown-path.ts';

const MAX_FILE = 262_144;
const MAX_DIFF = 16_384;
const MAX_FILES = 100;
/** The search for the smallest diff takes time in the square of this; everything waits for it. */
const MAX_EDITS = 1000;

/** A unified diff of the text files in a change set, one line for each other path; capped, secrets by digest only. */
export async function renderDiff(set: ChangeSet, ctx: ActionContext): Promise<string> {
  async function* described(): AsyncGenerator<Described> {
    for (const { path, before, after } of set.changes) {
      const change = { path, change: 'modify' as const, bytes: 0, was: 0 };
      yield { change, before: await sideOf(before, path, ctx), after: await sideOf(after, path, ctx) };
    }
  }
  return renderDescribed(described(), set.changes.length, ctx.workspace.cwd, ctx.secrets);
}

/** The same of changes that are described already, of which there are `total`. */
export async function renderDescribed(
  list: AsyncIterable<Described> | Iterable<Described>,
  total: number,
  cwd: string,
  secrets: SecretsView,
): Promise<string> {
  const parts: string[] = [];
  let length = 0;
  let index = 0;
  for await (const { change, before, after } of list) {
    if (index >= MAX_FILES || length > MAX_DIFF) {
      parts.push(`[… ${total - index} more paths left out here …]\n`);
      break;
    }
    for (const side of [before, after]) if (side?.text != null) secrets.notice(side.text);
    const name = visibleLine(shownPath(change.path, cwd));
    const part = await partOf(name, change.from && visibleLine(shownPath(change.from, cwd)), before, after);
    parts.push(part);
    length += part.length;
    index += 1;
  }
  return cutMiddle(parts.join(''));
}

async function partOf(
  name: string,
  from: string | undefined,
  before: Side | null,
  after: Side | null,
): Promise<string> {
  const [old, now] = [before === null ? '' : before.text, after === null ? '' : after.text];
  if (old !== null && now !== null && old !== now)
    return patchOf(before ? `a/${from ?? name}` : '/dev/null', after ? `b/${name}` : '/dev/null', old, now);
  const [was, is] = [before?.summary ?? 'nothing', after?.summary ?? 'nothing'];
  return from === undefined ? `${name}: ${was} → ${is}\n` : `${from} → ${name}: ${was} → ${is}\n`;
}

/** A unified diff; where too much differs for the smallest one to be sought, all old lines and then all new ones. */
async function patchOf(oldName: string, newName: string, before: string, after: string): Promise<string> {
  const { createTwoFilesPatch, formatPatch } = await import('diff');
  const options = { context: 3, maxEditLength: MAX_EDITS };
  const smallest = createTwoFilesPatch(oldName, newName, before, after, '', '', options);
  if (smallest !== undefined) return smallest.replace(/^=+\n/, '');
  const [removed, added] = [linesOf(before, '-'), linesOf(after, '+')];
  const hunk = {
    oldStart: 1,
    oldLines: removed.count,
    newStart: 1,
    newLines: added.count,
    lines: [...removed.lines, ...added.lines],
  };
  return formatPatch({
    oldFileName: oldName,
    newFileName: newName,
    oldHeader: '',
    newHeader: '',
    hunks: [hunk],
  }).replace(/^=+\n/, '');
}

function linesOf(text: string, sign: string): { count: number; lines: string[] } {
  const all = text.split('\n');
  const ended = all.at(-1) === '';
  if (ended) all.pop();
  const lines = all.map((line) => sign + line);
  return { count: all.length, lines: ended ? lines : [...lines, '\\ No newline at end of file'] };
}

function cutMiddle(diff: string): string {
  if (diff.length <= MAX_DIFF) return diff;
  const head = diff.slice(0, keptOfStart(diff.slice(0, MAX_DIFF / 2)));
  const end = diff.slice(-MAX_DIFF / 2);
  const tail = end.slice(startOfEnd(end));
  const left = diff.length - head.length - tail.length;
  return `${head}\n[… ${left} characters left out here …]\n${tail}`;
}

async function sideOf(state: FileState | null, path: string, ctx: ActionContext): Promise<Side | null> {
  return state === null ? null : { text: await textOf(state, path, ctx), summary: summary(state, path, ctx) };
}

/** The text of a state; null where it is not text, too long or not to be shown. */
async function textOf(state: FileState, path: string, ctx: ActionContext): Promise<string | null> {
  if (state.type !== 'file' || state.digest === undefined || state.size > MAX_FILE || ctx.isSecret(path))
    return null;
  const content = await ctx.files.objects.get(state.digest).catch(() => null);
  if (content === null || content.includes(0)) return null;
  return content.toString('utf8');
}

function summary(state: FileState, path: string, ctx: ActionContext): string {
  const mode = state.mode.toString(8).padStart(4, '0');
  if (state.type === 'symlink') return `link to ${state.target ?? '?'}`;
  if (state.type === 'directory') return `folder ${mode}`;
  // A short secret could be guessed by a digest that anybody can reckon.
  const print = ctx.secrets.fingerprint(Buffer.from(state.digest ?? ''));
  const content = ctx.isSecret(path) ? `fingerprint ${print}` : `sha256 ${state.digest?.slice(0, 12) ?? '?'}`;
  return `file ${mode}, ${state.size} bytes, ${content}`;
}
