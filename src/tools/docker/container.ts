import type { Inspected } from '../../core/engine.ts';

/** The engine writes a slash before the name. */
export const nameOf = ({ Name }: Inspected): string => Name.replace(/^\//, '');

/** The key that an action locks, and that the audit finds it by. */
export const resourceOf = (found: Inspected): string => `container:${nameOf(found)}`;
