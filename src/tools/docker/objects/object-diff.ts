import { createTwoFilesPatch } from 'diff';
import { stringify } from 'yaml';
import { containerDiff, withoutEmpty } from '../container-diff.ts';
import { type ObjectChange, type ObjectChanges, titleOf } from './changes.ts';

/** Each object before and after, as people read it; of those that only go, what they are in a line. */
export function objectDiff({ changes }: ObjectChanges, brief: boolean): string {
  if (brief)
    return ['--- what goes', '+++ nothing', ...changes.map((one) => `-${lineOf(one)}`), ''].join('\n');
  return changes.map(diffOf).join('');
}

function diffOf(change: ObjectChange): string {
  if (change.kind === 'container') return containerDiff(change);
  const title = titleOf(change);
  if (change.kind === 'build_cache') return `--- ${title}\n+++ nothing\n-${change.description}\n`;
  const [before, after] = [change.before, change.after].map((side) => textOf(side));
  const patch = createTwoFilesPatch(title, title, before ?? '', after ?? '', '', '');
  return patch.slice(patch.indexOf('---'));
}

const textOf = (side: unknown): string =>
  side === null ? '' : typeof side === 'string' ? `${side}\n` : stringify(withoutEmpty(side));

function lineOf(change: ObjectChange): string {
  const title = titleOf(change);
  if (change.kind === 'volume') {
    const { extent, spec } = change.before ?? {};
    const held = extent?.entries === null ? '' : `${extent?.entries ?? 0} entries, `;
    return `${title} (${spec?.Driver ?? ''}; ${held}${extent?.bytes ?? 0} bytes)`;
  }
  if (change.kind === 'container') return `${title} (${change.before?.spec.config.Image ?? ''})`;
  if (change.kind === 'image') return `${title} (${change.before ?? ''})`;
  if (change.kind === 'build_cache') return `${title} (${change.bytes} bytes) ${change.description}`;
  return title;
}
