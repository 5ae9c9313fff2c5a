import { keptOfStart, startOfEnd } from '../core/cut.ts';

/** Keeps the first and the last bytes of a stream and counts what was left out between. */
export class CappedOutput {
  private readonly half: number;
  private readonly head: Buffer[] = [];
  private headBytes = 0;
  private tail: Buffer[] = [];
  private tailBytes = 0;
  private total = 0;

  constructor(limitBytes: number) {
    this.half = Math.max(1, Math.floor(limitBytes / 2));
  }

  write(chunk: Buffer): void {
    this.total += chunk.length;
    const room = this.half - this.headBytes;
    if (room > 0) {
      const part = chunk.subarray(0, room);
      this.head.push(Buffer.from(part));
      this.headBytes += part.length;
    }
    const rest = chunk.subarray(Math.max(0, room));
    if (rest.length === 0) return;
    this.tail.push(Buffer.from(rest));
    this.tailBytes += rest.length;
    while (this.tail.length > 1 && this.tailBytes - (this.tail[0]?.length ?? 0) >= this.half) {
      this.tailBytes -= this.tail.shift()?.length ?? 0;
    }
    const only = this.tail[0];
    if (this.tail.length === 1 && only !== undefined && only.length > this.half) {
      this.tail = [Buffer.from(only.subarray(only.length - this.half))];
      this.tailBytes = this.half;
    }
  }

  get omittedBytes(): number {
    const { head, tail } = this.kept();
    return this.total - head.length - tail.length;
  }

  toString(): string {
    const { head, tail } = this.kept();
    const omitted = this.total - head.length - tail.length;
    if (omitted === 0) return Buffer.concat([head, tail]).toString('utf8');
    return `${head.toString('utf8')}\n[… ${omitted} bytes left out here …]\n${tail.toString('utf8')}`;
  }

  private kept(): { head: Buffer; tail: Buffer } {
    const head = Buffer.concat(this.head);
    const all = Buffer.concat(this.tail);
    const tail = all.subarray(Math.max(0, all.length - this.half));
    if (this.total === head.length + tail.length) return { head, tail };
    return { head: head.subarray(0, keptOfStart(head)), tail: tail.subarray(startOfEnd(tail)) };
  }
}
