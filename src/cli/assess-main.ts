import { addAssess, assess } from './assess.ts';
import { reported } from './reported.ts';

/** `homeostat assess …` without the rest of the CLI, which takes longer to load than an assessment. */
export const assessMain = async (argv: string[]): Promise<void> =>
  reported(argv, async () => {
    const [only, ...more] = argv.slice(3);
    // Most calls need no reader of options either.
    if (only !== undefined && more.length === 0) {
      if (only === '--jsonl') return assess(null, { jsonl: true });
      if (!only.startsWith('-')) return assess(only, {});
    }
    const { Command } = await import('commander');
    const cli = new Command('homeostat').exitOverride().enablePositionalOptions();
    addAssess(cli);
    return void (await cli.parseAsync(argv));
  });
