import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Wakes one who waits for a turn as soon as another's is over. It grants nothing: who is woken has to try. */
export interface TurnBell {
  /** Tries until that succeeds, or for so many milliseconds; between two tries it sleeps until somebody rings. */
  until(attempt: () => boolean, ms: number): boolean;
  /** Called after each turn. */
  ring(): void;
  close(): void;
}

/** Two numbers that all processes see: how often it rang, and whether somebody may be asleep. */
const [RUNG, AWAITED] = [0, 1];
const BYTES = 8;

/** Whoever was to be woken, or to ring, may have been killed: then others wait no longer than that. */
const RETRY_MS = 18;
/** How long is slept where nothing can be heard. */
const DEAF_MS = 3;

interface Shared {
  readonly words: Int32Array<ArrayBuffer>;
  /** Sleeps until `wake`, unless the bell has rung since. */
  sleep(rung: number, ms: number): void;
  wake(): void;
}

/** SQLite itself sleeps 1, 2, 5 and 10 ms between two tries, so that of many writers mostly nobody was at work. */
export function openTurnBell(path: string, retryMs = RETRY_MS): TurnBell {
  const file = openWords(path);
  const bytes = Buffer.alloc(BYTES);
  let mapped: Shared | null | undefined;
  // Only who meets another needs it, and that takes 10 ms at first.
  const shared = (): Shared | null =>
    mapped === undefined ? (mapped = file === null ? null : map(file)) : mapped;
  const isAwaited = (): boolean => {
    if (file === null) return false;
    if (mapped) return Atomics.load(mapped.words, AWAITED) !== 0;
    readSync(file, bytes, 0, BYTES, 0);
    return bytes.readInt32LE(4 * AWAITED) !== 0;
  };
  return {
    until(attempt, ms) {
      const end = performance.now() + ms;
      const bell = shared();
      for (;;) {
        // Said before each try, so that whoever ends a turn after it rings; it stays for others who are asleep.
        const rung =
          bell === null ? 0 : (Atomics.store(bell.words, AWAITED, 1), Atomics.load(bell.words, RUNG));
        if (attempt()) return true;
        if (performance.now() > end) return false;
        if (bell === null) Atomics.wait(NOBODY, 0, 0, DEAF_MS);
        else bell.sleep(rung, retryMs);
      }
    },
    ring() {
      if (!isAwaited()) return;
      const bell = shared();
      if (bell === null) return;
      Atomics.store(bell.words, AWAITED, 0);
      Atomics.add(bell.words, RUNG, 1);
      bell.wake();
    },
    close: () => void (file === null || closeSync(file)),
  };
}

/**
 * The file with room on the disk for its numbers: to write to memory that finds none would end the process. Null where
 * there is no room, and then nothing is heard.
 */
function openWords(path: string): number | null {
  let file: number | null = null;
  try {
    file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    const { size, blocks } = fstatSync(file);
    if (size < BYTES || blocks === 0) writeSync(file, Buffer.alloc(BYTES), 0, BYTES, 0);
    return file;
  } catch {
    if (file !== null) closeSync(file);
    return null;
  }
}

const NOBODY = new Int32Array(new SharedArrayBuffer(4));

/** The number of the system call `futex`, as the kernel's tables have it. */
const FUTEX: Partial<Record<NodeJS.Architecture, number>> = { x64: 202, arm64: 98 };
const [FUTEX_WAIT, FUTEX_WAKE] = [0, 1];
const [PROT_READ_WRITE, MAP_SHARED, MAP_FAILED] = [3, 1, -1n];

/** The file as memory that is shared with every process; null where the kernel is not Linux. */
function map(file: number): Shared | null {
  const futex = process.platform === 'linux' ? FUTEX[process.arch] : undefined;
  if (futex === undefined) return null;
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const libc = koffi.load(null);
  const mmap = libc.func('void *mmap(void *at, size_t bytes, int may, int flags, int file, int64_t offset)');
  const syscall = libc.func(
    'long syscall(long number, void *at, int what, unsigned int value, void *time, void *second, int third)',
  );
  // It stays to the end of the process, one page.
  const at: unknown = mmap(null, BYTES, PROT_READ_WRITE, MAP_SHARED, file, 0);
  if (BigInt.asIntN(64, koffi.address(at)) === MAP_FAILED) return null;
  const time = new BigInt64Array(2);
  return {
    words: new Int32Array(koffi.view(at, BYTES)),
    sleep(rung, ms) {
      time[0] = BigInt(Math.floor(ms / 1000));
      time[1] = BigInt(Math.round((ms % 1000) * 1e6));
      syscall(futex, at, FUTEX_WAIT, rung >>> 0, time, null, 0);
    },
    wake: () => void syscall(futex, at, FUTEX_WAKE, 1, null, null, 0),
  };
}
