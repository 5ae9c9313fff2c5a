import { isInside } from '../../../core/inside.ts';

/** What a line has copied or moved, so that whatever has no other copy left keeps the worth of where it came from. */
export class Copies {
  /** Where a copy stands, and of what it is one. */
  private readonly origins = new Map<string, string>();
  private readonly gone = new Set<string>();

  /** The content of a path stands in others as well, or in their place; none where they cannot be known. */
  add(from: string, to: readonly string[], moved: boolean): void {
    const origin = this.origins.get(from) ?? from;
    for (const place of to.length > 0 ? to : [`${from}\0elsewhere`]) this.origins.set(place, origin);
    if (moved) this.remove(from);
    if (moved) this.gone.add(from);
  }

  has(path: string): boolean {
    return [...this.origins.values()].includes(path);
  }

  /** Takes a path away, and returns the origins of what is lost with it. */
  remove(path: string): string[] {
    const lost = new Set<string>();
    for (const [place, origin] of this.origins) {
      if (isInside(origin, path)) this.gone.add(origin);
      const within = isInside(place, path);
      if (within) this.origins.delete(place);
      if (within && !this.has(origin)) lost.add(origin);
      else if (isInside(path, place)) lost.add(origin + path.slice(place.length));
    }
    return [...lost].filter((origin) => [...this.gone].some((gone) => isInside(origin, gone)));
  }
}
