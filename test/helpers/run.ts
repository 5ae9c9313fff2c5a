import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { runClient } from '../../src/core/principal.ts';
import { newMark } from '../../src/runner/fence.ts';
import { type Hands, openHands } from '../../src/runner/hands.ts';
import { beginJournal, resumeJournal } from '../../src/runner/journal.ts';
import { type Limits, type Sampling, limitsOf, samplingOf } from '../../src/runner/limits.ts';
import { type Ended, work } from '../../src/runner/loop.ts';
import { type Model, type Reply, type Turn, callId } from '../../src/runner/model.ts';
import { firstTurns } from '../../src/runner/prompt.ts';
import { type RunReport, reportOf } from '../../src/runner/report.ts';
import { type Run, type RunEvent, type Said, agentOf, cardDigest } from '../../src/runner/run.ts';
import { type TestApp, testApp } from './app.ts';
import { BIN } from './client.ts';
import type { Scratch } from './scratch.ts';

/** What the model does at one step: says something, calls tools, or fails; told what it was told last. */
export type Move =
  | string
  | Error
  | { readonly fault: string }
  | readonly { readonly tool: string; readonly input: Record<string, unknown> | null }[]
  | ((turns: readonly Turn[]) => Move | Promise<Move>);

/** A model that plays moves, the last one again and again. */
export function player(moves: readonly Move[]): Model & { readonly heard: (readonly Turn[])[] } {
  const heard: (readonly Turn[])[] = [];
  return {
    heard,
    name: 'player',
    context: 32_768,
    count: async (text) => Math.ceil(text.length / 4),
    told: () => '',
    async reply(turns): Promise<Reply> {
      heard.push([...turns]);
      const steps = turns.filter(({ role }) => role === 'model').length;
      let move = moves[steps] ?? moves.at(-1) ?? '';
      while (typeof move === 'function') move = await move(turns);
      if (move instanceof Error) throw move;
      const blank: Reply = { text: '', calls: [], fault: null, evaluated: 10, generated: 5 };
      if (typeof move === 'string') return { ...blank, text: move };
      if ('fault' in move) return { ...blank, fault: move.fault };
      return { ...blank, calls: move.map((call, place) => ({ id: callId(turns.length, place), ...call })) };
    },
    close: async () => undefined,
  };
}

export interface PlayOptions {
  readonly card?: string;
  readonly on?: TestApp;
  readonly limits?: Partial<Limits>;
  readonly sampling?: Partial<Sampling>;
  /** Of the run; a random one unless told. */
  readonly id?: string;
  readonly mark?: string;
  readonly dryRun?: boolean;
  readonly person?: (actionId: string) => Promise<Said>;
  readonly resume?: string;
  readonly news?: Run['news'];
  readonly goal?: string;
  readonly signal?: AbortSignal;
  /** A server that several runs share; it is not closed. */
  readonly hands?: Hands;
  readonly model?: Model;
  readonly tell?: (event: RunEvent) => void;
}

export interface Played {
  readonly place: TestApp;
  readonly model: ReturnType<typeof player>;
  readonly ended: Ended;
  readonly report: RunReport;
  readonly events: readonly RunEvent[];
  readonly id: string;
  /** What the model was told of its last calls. */
  readonly answers: readonly string[];
}

/** The real server at the other end of a pipe, under a card. */
export const handsOf = async (place: Scratch, card: string, run: string): Promise<Hands> => {
  const env = place.env as Record<string, string>;
  const args = [BIN, 'serve', '--stdio', '--agent', card, '--run-id', run];
  return openHands({ command: process.execPath, args, cwd: place.root, env }, runClient(run), '1');
};

/** A run in this process with the real server at the other end of a pipe, and the real record. */
export async function play(moves: readonly Move[], options: PlayOptions = {}): Promise<Played> {
  const { card: name = 'bug-hunter', limits, dryRun = false, person, resume, goal = 'do it' } = options;
  const place = options.on ?? (await testApp());
  const card = place.app.cards().get(name);
  if (card === undefined) throw new Error(name);
  const prompts = place.app.prompts;
  const folder = join(place.home, 'runs');
  const id = resume ?? options.id ?? randomBytes(5).toString('hex');
  const begin = {
    kind: 'run' as const,
    id,
    card: name,
    goal: 'do it',
    mark: options.mark ?? newMark(),
    time: '',
    cwd: place.root,
    card_digest: cardDigest(card),
  };
  const journal =
    resume === undefined ? beginJournal(folder, { ...begin, dry_run: dryRun }) : resumeJournal(folder, id);
  if (resume === undefined)
    for (const turn of firstTurns(card, prompts, goal, begin.mark, dryRun))
      journal.add({ kind: 'turn', turn });
  const hands = options.hands ?? (await handsOf(place, name, id));
  const events: RunEvent[] = [];
  const model = player(moves);
  const run: Run = {
    id,
    agent: agentOf(id, name, 'root'),
    card,
    journal,
    model: options.model ?? model,
    hands,
    limits: { ...limitsOf(card, {}), ...limits },
    sampling: { ...samplingOf(card, {}), ...options.sampling },
    person: person ?? null,
    ask: async (tool, input) => place.ask(tool, input),
    news: options.news,
    signal: options.signal ?? new AbortController().signal,
    tell(event) {
      events.push(event);
      options.tell?.(event);
    },
  };
  try {
    const ended = await work(run);
    if (options.hands === undefined) await hands.close();
    const report = await reportOf(run, ended);
    const answers = journal.lines.flatMap((line) =>
      line.kind === 'turn' && line.turn.role === 'tool' ? [line.turn.text] : [],
    );
    return { place, model, ended, report, events, id, answers };
  } finally {
    if (options.hands === undefined) await hands.close();
    journal.close();
  }
}
