import { type Config, configSchema, tightened } from '../core/config.ts';
import { HomeostatError } from '../core/errors.ts';
import type { ConfigFile } from '../registry/config-file.ts';
import { BLANK } from '../store/audit.ts';
import { sha256 } from '../store/objects.ts';
import type { Store } from '../store/store.ts';
import type { House } from './house.ts';

const TRUSTED = 'trusted_config';
/** What was trusted, so that a file that is changed or removed afterwards loosens nothing. */
const TRUSTED_TEXT = 'trusted_config_text';
const SEEN = 'seen_config';
const NONE = 'none';

type Found = Pick<ConfigFile, 'source' | 'cards'>;

/** Of the configuration and, where there are any, of the cards beside it. */
function digestOf({ source, cards }: Found): string {
  if (cards.length > 0)
    return sha256(JSON.stringify([source, ...cards.map(({ file, text }) => [file, text])]));
  return source === null ? NONE : sha256(source);
}

/** Whether a person has trusted the configuration as it stands; its absence counts only while there never was one. */
export function isTrusted(file: ConfigFile, store: Store): boolean {
  return (store.setting(TRUSTED) ?? NONE) === digestOf(file);
}

/** The last configuration that a person has trusted; the defaults where there was none. */
function lastTrusted(store: Store): Config {
  return configSchema.parse(JSON.parse(store.setting(TRUSTED_TEXT) ?? '{}'));
}

/** The configuration as far as a person has trusted it; a change of it is put on record once. */
export function believed(file: ConfigFile, user: string, store: Store): Config {
  const digest = digestOf(file);
  if ((store.setting(SEEN) ?? NONE) !== digest) {
    try {
      store.write(() => {
        store.setSetting(SEEN, digest);
        store.audit.append({
          ...BLANK,
          agent: `person/${user}`,
          event: 'config.changed',
          action: 'configuration',
          detail: `${digest.slice(0, 16)} ${isTrusted(file, store) ? 'trusted' : 'not trusted'}`,
        });
      });
    } catch (error) {
      // With a broken chain nothing is executed, and a person must still be able to look at it.
      if (!(error instanceof HomeostatError) || error.code !== 'state_corrupt') throw error;
    }
  }
  return isTrusted(file, store) ? file.config : tightened(file.config, lastTrusted(store));
}

/** Records that a person trusts a configuration of this text, and these cards. */
export function trust(found: Found, config: Config, house: House): void {
  house.store.write(() => {
    house.store.setSetting(TRUSTED_TEXT, JSON.stringify(config));
    house.store.setSetting(TRUSTED, digestOf(found));
    house.store.setSetting(SEEN, digestOf(found));
    house.store.audit.append({
      ...BLANK,
      agent: `person/${house.machine.user}`,
      event: 'config.trusted',
      action: 'trust',
      detail: digestOf(found).slice(0, 16),
    });
  });
}
