import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import { toolSchemas } from '../src/core/json-schema.ts';
import type { Tool } from '../src/core/tool.ts';
import { TOOLS } from '../src/tools/index.ts';
import { testApp } from './helpers/app.ts';

/** What a client puts before the model for one tool. */
const shownToModels = (tool: Tool): string =>
  JSON.stringify({
    name: tool.name,
    description: tool.description,
    inputSchema: { type: 'object', ...toolSchemas(tool).input },
  });

const tokens = (tools: readonly Tool[]): number =>
  tools.reduce((sum, tool) => sum + encode(shownToModels(tool)).length, 0);

test('the core toolset costs a model at most 3,500 tokens', () => {
  expect(tokens(TOOLS.filter((tool) => tool.toolset === 'core'))).toBeLessThanOrEqual(3500);
});

test('any further toolset has at most 10 tools', () => {
  const further = TOOLS.map((tool) => tool.toolset).filter((toolset) => toolset !== 'core');
  for (const toolset of new Set(further)) {
    expect(further.filter((one) => one === toolset).length, toolset).toBeLessThanOrEqual(10);
  }
});

test('what a client gets without options is at most 24 tools and 6,000 tokens', async () => {
  const t = await testApp();
  const offered = t.app.gateway.tools();
  expect(offered.length).toBeGreaterThan(0);
  expect(offered.length).toBeLessThanOrEqual(24);
  expect(tokens(offered)).toBeLessThanOrEqual(6000);
  await t.close();
});

test('a card costs a model of 16,384 tokens less than a quarter: its prompt at most 1,000, its tools at most 3,000', async () => {
  const t = await testApp();
  for (const card of t.app.cards().values()) {
    const prompt = encode(t.app.prompts.card(card, 'web is slow')).length;
    expect(prompt, card.name).toBeLessThanOrEqual(1000);
    const named = TOOLS.filter(({ name }) => card.tools.includes(name));
    expect(tokens(named), card.name).toBeLessThanOrEqual(3000);
  }
  await t.close();
});
