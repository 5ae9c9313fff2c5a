/** About a microsecond each. */
const MOST = 20_000;

/** Ends an assessment that takes too long, wherever it stands. */
export class TooMuch extends Error {
  constructor() {
    super('it takes too much to follow');
  }
}

/** The work that an assessment has done: bounded, so that no line can hold up whoever waits for it. */
export class Effort {
  private done = 0;

  spend(work: number): void {
    this.done += work;
    if (this.done > MOST) throw new TooMuch();
  }
}
