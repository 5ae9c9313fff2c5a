/** A part of a text that is a secret: UTF-16 units from `start` up to `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What stands for a secret wherever one was; never written into a file. */
export const MASK = '[redacted]';

/** Secrets as tools may deal with them. */
export interface SecretsView {
  /** Where a text holds secrets; sorted, apart from each other. */
  spans(text: string): Span[];
  /** The part of a text between two places, masked; what stands before and after it helps to tell what is a secret. */
  part(text: string, from: number, to: number): string;
  /** Learns the lines of private keys in a text of which parts will be shown. */
  notice(text: string): void;
  /** Tells two contents apart without being a digest that one could guess a short secret by. */
  fingerprint(content: Uint8Array): string;
}

/** A file that holds secrets, as it stands. */
export interface SecretText {
  readonly path: string;
  readonly text: string;
}
