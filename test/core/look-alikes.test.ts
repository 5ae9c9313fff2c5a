import { expect, test } from 'vitest';
import { visible } from '../../src/core/visible.ts';

test.each([
  ['rm -rf /hоme', 'rm -rf /h\\u{43e}me'],
  ['сурl', '\\u{441}\\u{443}\\u{440}l'],
  ['sсript.sh', 's\\u{441}ript.sh'],
  ['ΡΑΤΗ=/tmp', '\\u{3a1}\\u{391}\\u{3a4}\\u{397}=/tmp'],
  ['rm ‐rf', 'rm \\u{2010}rf'],
  ['rm −rf x', 'rm \\u{2212}rf x'],
  ['https://example.com∕evil.org', 'https://example.com\\u{2215}evil.org'],
  ['ｒｍ', '\\u{ff52}\\u{ff4d}'],
  ['𝐫𝐦', '\\u{1d42b}\\u{1d426}'],
  ['a；b', 'a\\u{ff1b}b'],
])('%s is shown as what it is', (text, shown) => {
  expect(visible(text)).toBe(shown);
});

test.each([
  'Привет, мир',
  'Καλημέρα κόσμε',
  'naïve café – “quoted” … 100 €',
  'größer',
  '日本語のテキスト',
  '🙂 done',
])('%s is left as it is', (text) => {
  expect(visible(text)).toBe(text);
});
