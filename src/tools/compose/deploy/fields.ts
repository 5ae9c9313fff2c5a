/** What makes a container, by key, each as one text that both the file and the engine can be brought to. */
export type Fields = ReadonlyMap<string, string>;

/** What a file says of a service's containers. */
export interface Said {
  /** Null where the file leaves nothing of what the image gives. */
  readonly fields: ReadonlyMap<string, string | null>;
  /** Whether a file that does not speak of it leaves it to the engine, or to something that is not compared. */
  readonly isOpen: (key: string) => boolean;
  /** What of the file is not compared, as the file calls it. */
  readonly unread: readonly string[];
}

/** What an engine tells of a container. */
export interface Runs {
  readonly fields: Fields;
  /** What it has where nobody asks for anything else: its image gives it. */
  readonly given: Fields;
}

export const NOTHING: Runs = { fields: new Map(), given: new Map() };

export interface Difference {
  readonly key: string;
  /** Null where the file does not have it. */
  readonly file: string | null;
  /** Null where what runs does not have it. */
  readonly runs: string | null;
}

/** An engine on a kernel that cannot do these leaves them out. */
const DROPPED = /^(oom_kill_disable|limits\.(memory_reservation|swap|swappiness|cpu_\w+|cpuset))$/;

/** Where what runs is not what the file says, and what nothing can be said of. */
export function compared(said: Said, runs: Runs): { differences: Difference[]; unread: string[] } {
  const differences: Difference[] = [];
  const unread = new Set(said.unread);
  for (const key of new Set([...said.fields.keys(), ...runs.fields.keys()])) {
    const found = runs.fields.get(key) ?? null;
    const isSilent = !said.fields.has(key);
    const wanted = (isSilent ? runs.given.get(key) : said.fields.get(key)) ?? null;
    if (wanted === found) continue;
    const isUnread = isSilent ? said.isOpen(key) : found === null && runs !== NOTHING && DROPPED.test(key);
    if (isUnread) unread.add(key);
    else differences.push({ key, file: isSilent ? null : wanted, runs: found });
  }
  return { differences, unread: [...unread] };
}
