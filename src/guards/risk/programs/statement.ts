import { joined, known } from '../shell/value.ts';
import type { Handler } from './engine.ts';

/** A statement of SQL that was typed where a program belongs. */
export const handle: Handler = ({ name, args }, engine) =>
  engine.code('sql', joined([known(name), ...args], ' '));
