// Every benchmark, one after the other, in one table. It tells and does not judge: the exit code is 0.
import { assess } from './assess.mjs';
import { coldStart } from './cold-start.mjs';
import { compose } from './compose.mjs';
import { commandSnapshot } from './command-snapshot.mjs';
import { guardedTrue } from './guarded-true.mjs';
import { containers } from './docker.mjs';
import { hook } from './hook.mjs';
import { print } from './harness.mjs';
import { overlay } from './overlay.mjs';
import { roundTrip } from './round-trip.mjs';
import { transactions } from './transactions.mjs';

const figures = [];
for (const measure of [
  roundTrip,
  coldStart,
  guardedTrue,
  commandSnapshot,
  transactions,
  overlay,
  assess,
  hook,
  containers,
  compose,
])
  figures.push(...(await measure()));
print(figures);
