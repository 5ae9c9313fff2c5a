import { type Path, type Value, valueAt } from '../document/value.ts';
import type { Primitive } from '../edit/primitive.ts';

/** Takes out a path, and with it the collections around it that would be empty then; never a service or its section. */
export function lifted(root: Value, path: Path): Primitive[] {
  let end = path.length;
  const keeps = path[0] === 'services' ? 2 : 0;
  while (end - 1 > keeps) {
    const parent = valueAt(root, path.slice(0, end - 1));
    const count =
      parent?.kind === 'map' ? parent.entries.size : parent?.kind === 'list' ? parent.items.length : 0;
    if (count !== 1) break;
    end -= 1;
  }
  return [{ do: 'remove', path: path.slice(0, end) }];
}
