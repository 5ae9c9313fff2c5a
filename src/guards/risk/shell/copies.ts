import { isInside } from '../../../core/inside.ts';

interface Copy {
  readonly of: string;
  /** Where it may stand: in a place, or in a folder of that name. */
  readonly at: readonly string[];
  /** Whether the original went away by it. */
  readonly moved: boolean;
  /** Whether what lies below a folder was copied with it. */
  readonly deep: boolean;
}

/** What a line has copied and moved so far: what it then deletes is lost only with the last copy. */
export class Copies {
  private standing: Copy[] = [];
  private readonly removed = new Set<string>();

  add(copy: Copy): void {
    this.standing.push(copy);
  }

  /** Whether a copy of a path, or of what it lies in, stands somewhere else. */
  has(path: string, deep: boolean): boolean {
    return this.standing.some(
      (copy) => (copy.deep || !deep) && isInside(path, copy.of) && !copy.at.some((at) => isInside(at, path)),
    );
  }

  /** Whether a path stood there before, for something has been copied from it. */
  stood(path: string): boolean {
    return this.standing.some(({ of }) => of === path);
  }

  /** Notes that a path has gone; returns the originals whose last copy went with it. */
  remove(path: string): string[] {
    this.removed.add(path);
    const gone = this.standing.filter(({ at }) => at.some((one) => isInside(one, path)));
    this.standing = this.standing.filter((copy) => !gone.includes(copy));
    const last = gone.filter(
      ({ of, moved, deep }) => (moved || this.isRemoved(of)) && !isInside(of, path) && !this.has(of, deep),
    );
    const parts = this.standing.flatMap(({ of, at, moved }) => {
      const place = at.find((one) => isInside(path, one));
      return place !== undefined && (moved || this.isRemoved(of)) ? [of + path.slice(place.length)] : [];
    });
    return [...parts, ...last.flatMap(({ of }) => [of, ...this.remove(of)])];
  }

  private isRemoved(path: string): boolean {
    return [...this.removed].some((one) => isInside(path, one));
  }
}
