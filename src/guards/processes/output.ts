import { HomeostatError } from '../../core/errors.ts';
import type { OutputPage, OutputQuery } from '../../core/processes.ts';
import type { OutputStream } from '../../core/sandbox.ts';
import type { House } from '../house.ts';
import { processRow } from './list.ts';

/** Before and after a page, as far as a secret that it begins or ends in may reach. */
const AROUND_BYTES = 16_384;
const NEWLINE = 10;

/** A page of what a process has said, of whole lines where it can be, so that no secret is shown in two halves. */
export function processOutput(
  id: string,
  stream: OutputStream,
  { since, tail_lines }: OutputQuery,
  agent: string,
  house: House,
): OutputPage {
  const row = processRow(id, house);
  if (row.agent !== agent)
    throw new HomeostatError('not_yours', `process ${id} was started by ${row.agent}`, {
      next: 'Only the agent that started it is shown what it says.',
    });
  const most = house.config.limits.output_bytes;
  const { logs } = house.machine;
  const page = logs.read(id, stream, since ?? null, most);
  const back = logs.read(
    id,
    stream,
    Math.max(page.first, page.start - AROUND_BYTES),
    most + 2 * AROUND_BYTES,
  );
  const all = back.bytes.subarray(0, page.start - back.start + page.bytes.length);
  const from = beginning(all, page.start - back.start);
  const to = ending(all, from, page.start + page.bytes.length < page.end || row.ended_ms === null);
  const [before, within] = [all.toString('utf8', 0, from), all.toString('utf8', from, to)];
  const whole = before + within + back.bytes.toString('utf8', to);
  const text = house.secrets.part(whole, before.length, before.length + within.length);
  const shown = tail_lines === undefined ? text : lastLines(text, tail_lines);
  const start = back.start + from;
  return {
    text: shown,
    omitted_bytes: Math.max(0, start - (since ?? 0)) + Buffer.byteLength(text) - Buffer.byteLength(shown),
    next: back.start + to,
  };
}

/** Where the line begins that a place lies in, or the private key. */
function beginning(bytes: Buffer, at: number): number {
  if (at === 0) return 0;
  const line = bytes.lastIndexOf(NEWLINE, at - 1) + 1;
  const before = bytes.toString('latin1', 0, line);
  const key = before.lastIndexOf('-----BEGIN ');
  return key > before.lastIndexOf('-----END ') ? before.lastIndexOf('\n', key) + 1 : line;
}

/** Past the last line that has an end, where more may come after it. */
function ending(bytes: Buffer, from: number, more: boolean): number {
  const line = bytes.lastIndexOf(NEWLINE) + 1;
  return more && line > from ? line : bytes.length;
}

function lastLines(text: string, count: number): string {
  const lines = text.split('\n');
  const end = lines.at(-1) === '' ? 1 : 0;
  return lines.slice(-count - end).join('\n');
}
