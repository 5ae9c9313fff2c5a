import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toolSchemas } from '../../src/core/json-schema.ts';
import { TOOLS } from '../../src/tools/index.ts';
import { GOLDEN, golden } from './golden.ts';

/** A sentence ends at a full stop before a blank or the end, so that `a.txt` does not end one. */
const firstSentence = (text: string): string => /^.*?\.(?=\s|$)/s.exec(text)?.[0] ?? text;

describe.each(TOOLS.map((tool) => ({ name: tool.name, tool })))('$name', ({ name, tool }) => {
  test('is as it was published', () => {
    const { title, description, toolset, annotations } = tool;
    const { input, output } = toolSchemas(tool);
    const shape = { name, title, description, toolset, annotations, input, output };
    const { now, published } = golden(`tools/${name}`, shape);
    expect(now).toBe(published);
  });

  test('is named verb_noun and has a title', () => {
    // `rollback` and `prune` are verbs without a noun; the issue names the tool so.
    expect(name).toMatch(/^([a-z]+(_[a-z]+)+|rollback|prune)$/);
    expect(tool.title).toMatch(/^[A-Z].{2,40}$/);
  });

  test('has a description whose first sentence stands alone', () => {
    const sentence = firstSentence(tool.description);
    expect(sentence).toMatch(/^[A-Z][^\n]*\.$/);
    expect(sentence.length).toBeLessThanOrEqual(100);
    expect(sentence).not.toMatch(/^(It|This|They|These|Also|Then)\b/);
  });

  test('sets all four annotations', () => {
    const hints = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const;
    for (const hint of hints) expect(typeof tool.annotations[hint], hint).toBe('boolean');
    const { readOnlyHint, destructiveHint } = tool.annotations;
    expect(readOnlyHint && (destructiveHint || tool.kind === 'action')).toBe(false);
  });
});

test('no golden file is left of a tool that is gone, and no name stands for two', () => {
  const names = TOOLS.map((tool) => tool.name);
  expect(new Set(names).size).toBe(names.length);
  expect(readdirSync(join(GOLDEN, 'tools')).toSorted()).toEqual(
    names.map((name) => `${name}.json`).toSorted(),
  );
});
