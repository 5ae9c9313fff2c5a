import { createTwoFilesPatch } from 'diff';
import { stringify } from 'yaml';
import type { ContainerChange, Kept } from './container-change.ts';

/** A container before and after, as people read it, without the heading that names it once more. */
export function containerDiff({ name, before, after }: ContainerChange): string {
  const title = `container ${name}`;
  const patch = createTwoFilesPatch(title, title, textOf(before), textOf(after), '', '');
  return patch.slice(patch.indexOf('---'));
}

/** Without what is empty, which is most of it. */
function textOf(kept: Kept | null): string {
  if (kept === null) return '';
  const { spec, goal, image } = kept;
  return stringify(withoutEmpty({ state: goal, image, ...spec }));
}

export function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutEmpty(inner)] as const);
  const isEmpty = (inner: unknown): boolean =>
    inner === null ||
    inner === '' ||
    inner === 0 ||
    inner === false ||
    (typeof inner === 'object' && Object.keys(inner).length === 0);
  return Object.fromEntries(entries.filter(([, inner]) => !isEmpty(inner)));
}
