import { expect, test } from 'vitest';
import { riskOf } from '../../../../src/core/risk.ts';
import { assessCommand } from '../../../../src/guards/risk/assess-command.ts';
import { CONTEXT, ROOT } from '../../../helpers/assess.ts';

test.each([
  'for f in data/*.csv; do rm "$f"; done',
  'x=(data/*.csv); rm "${x[@]}"',
  'f() { rm "$1"; }; f data/*.csv',
])('what a pattern stood for is what a variable holds: %s', (line) => {
  const { factors, effects, reversibility } = assessCommand(
    line,
    ROOT,
    {},
    {
      ...CONTEXT,
      facts: (path) => ({ type: path.endsWith('q1.csv') ? 'file' : 'missing', size: 9, git: null }),
      expand: (folder) => [`${folder}/data/q1.csv`],
    },
  );
  expect(riskOf(factors, [], reversibility).level).toBe('HIGH');
  expect(effects.map(({ target }) => target)).toContain(`${ROOT}/data/q1.csv`);
});
