import { fc } from '../../../helpers/seeded.ts';
import { describe, expect, it } from 'vitest';
import { LANGUAGES } from '../../../../src/guards/risk/code/finding.ts';
import { calls, scanCode } from './helpers.ts';
import { cpuMs } from '../../../helpers/cpu.ts';

const anyLanguage = fc.constantFrom(...LANGUAGES);
const examples = [...calls.values()].flatMap((entries) =>
  entries.flatMap((entry) => [...entry.match, ...entry.not_match]),
);

const PIECES =
  '( ) [ ] { } " \' ` ${ #{ f" f\' """ \'\'\' q( qq{ %w[ %x( <<EOF <<~A <<<X / // /* */ # -- [[ ]] => -> :: ?. lambda: for in if else def function async await x y 1 0x = + . , ; : | \n \\ \\x4 $x @y ~'.split(
    ' ',
  );
const pieces = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 60 })
  .map((words) => words.join(' ').replaceAll('  ', '\n'));
const mutated = fc
  .tuple(fc.constantFrom(...examples), fc.nat(), fc.nat({ max: 4 }), fc.string({ maxLength: 4 }))
  .map(([code, at, cut, put]) => {
    const place = at % (code.length + 1);
    return code.slice(0, place) + put + code.slice(place + cut);
  });

describe('any text', () => {
  it.each([
    ['random', fc.string({ unit: 'binary', maxLength: 200 })],
    ['made of pieces', pieces],
    ['code with a flaw', mutated],
  ])('that is %s is read without an error', (_, code) => {
    fc.assert(
      fc.property(anyLanguage, code, (name, source) => {
        const scan = scanCode(name, source);
        expect(scan.findings.length).toBeLessThanOrEqual(64);
      }),
      { numRuns: 3000 },
    );
  });

  const REPEATED = [
    '(',
    '[',
    '{',
    '"',
    "'",
    '`${',
    '#{',
    '/',
    '<',
    '<<',
    '<<A\n',
    '\\',
    '-',
    'a.',
    'a(',
    'a,',
    'a=',
    'f"{',
    'lambda:',
    '()=>',
    'x=>',
    'if ',
    'a b ',
    '%w(',
    'q(',
    '"a"+',
    'def f():\n ',
    'for x in y ',
    '[[',
    '--[[',
    '/*',
    '<?',
    'a ? b : ',
    '!',
    '*',
    'x|',
    '$',
    '@{',
    's{',
    'a[1:',
    'e\n',
    "r'\\",
    'x="a"+x;',
    'function a(){',
    'import a,',
    '\n\n ',
  ];
  it.each(REPEATED)('that repeats %j is read in no time', (piece) => {
    const source = piece.repeat(Math.floor(60_000 / piece.length));
    for (const name of LANGUAGES)
      expect(
        cpuMs(() => scanCode(name, source)),
        name,
      ).toBeLessThan(10_000);
  });

  it.each(Object.getOwnPropertyNames(Object.prototype))('that names %s is read without an error', (name) => {
    for (const language of LANGUAGES) {
      const code = `${name}.${name}(${name}["${name}"]); ${name} -${name} $${name}("${name}" ${name} x) ${name} = ${name}`;
      expect(() => scanCode(language, code)).not.toThrow();
    }
  });

  it('that is too long is hidden', () => {
    expect(scanCode('python', 'x'.repeat(70_000)).hidden).toBe('the code is too long');
  });
});
