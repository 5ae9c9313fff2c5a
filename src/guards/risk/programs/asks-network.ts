import type { Handler } from './engine.ts';

const COMPUTED_NAME = /(\$\([^]*\)|`[^`]*`)\.[\w-]+(\.[\w-]+)*/;

/** dig, host, ping: a name that is computed from something reaches whoever serves the domain behind it. */
export const asksNetwork: Handler = ({ source, program }, engine) => {
  const name = COMPUTED_NAME.exec(source)?.[0];
  if (name !== undefined)
    engine.found({
      kind: 'exfiltration',
      resource: name,
      level: 'HIGH',
      reason: 'What it computes is sent away as part of a name.',
      rule: `${program.id}-name`,
      reversibility: 'irreversible',
    });
};
