import type { Command } from 'commander';
import { adder } from './adder.ts';
import { accept, audit, exportLines, report, tail, verify } from './audit.ts';
import type { GlobalOptions } from './session.ts';

const options = (command: Command): GlobalOptions => command.optsWithGlobals();

/** The commands below `homeostat audit`; it alone lists records. */
export function addAudit(parent: Command, count: (value: string) => number): void {
  parent
    .option('--limit <n>', 'how many', count)
    .option('--action <tool>', 'only this tool')
    .option('--by-agent <agent>', 'only this agent, as the record names it')
    .option('--id <action>', 'only the action with this id')
    .option('--text <text>', 'only records in which all these words stand')
    .option('--since <time>', 'only later ones: ISO 8601, UTC, as 2026-01-31T00:00:00Z')
    .option('--until <time>', 'only earlier ones')
    .option('--risk <level>', 'only this level')
    .option('--result <outcome>', 'only this outcome')
    .option('--event <event>', 'only this kind of record')
    .option('--resource <resource>', 'only what acts on it; a path: also below it')
    .option('--before <n>', 'only records before this one: the next page', count)
    .action(async (_: unknown, c: Command) => audit(options(c)));
  const add = adder(parent);
  add('verify', 'check the chain, signed heads and sealed days')
    .option('--anchor <file>', 'also against signed heads that were kept elsewhere')
    .action(async (_: unknown, c: Command) => verify(options(c)));
  add('accept', 'say that an older record was put in place on purpose; needs the passphrase')
    .option('--anchor <file>', 'also for signed heads that were kept elsewhere')
    .option('--passphrase-stdin', 'read the passphrase from standard input')
    .action(async (_: unknown, c: Command) => accept(options(c)));
  add('report', 'what happened, counted, and what deserves a look, as Markdown')
    .option('--day [date]', 'of one day, by default today')
    .option('--week [date]', 'of the seven days that end with it')
    .action(async (_: unknown, c: Command) => report(options(c)));
  add('export', 'every record as it was hashed, one a line')
    .option('--since <time>', 'only later ones')
    .option('--until <time>', 'only earlier ones')
    .action(async (_: unknown, c: Command) => exportLines(options(c)));
  add('tail', 'the newest records, the newest last')
    .option('--limit <n>', 'how many', count)
    .option('-f, --follow', 'go on with each new one')
    .action(async (_: unknown, c: Command) => tail(options(c)));
}
