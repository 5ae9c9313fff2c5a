import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';

test.each(['grep -r KEY .', 'grep -rn KEY', 'egrep -R . conf', 'rg --hidden KEY', 'diff -r conf empty'])(
  '%s asks where it would show a secret, and not where it would not',
  async (command) => {
    const t = await testApp();
    for (const folder of ['conf', 'empty']) mkdirSync(join(t.root, folder));
    writeFileSync(join(t.root, 'conf', 'app.ini'), 'x=1\n');
    const level = async (): Promise<string> => {
      const { result } = await t.ask('assess_action', { tool: 'run_command', input: { command } });
      return (result as { risk: { level: string } }).risk.level;
    };
    expect(await level()).toBe('SAFE');
    writeFileSync(join(t.root, 'conf', '.env'), 'KEY=hidden\n');
    expect(await level()).toBe('HIGH');
    await t.close();
  },
);
