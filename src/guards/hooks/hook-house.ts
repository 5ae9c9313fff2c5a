import type { Config } from '../../core/config.ts';
import type { Configuration } from '../../core/records.ts';
import type { StopFile } from '../../store/stop-file.ts';
import type { Store } from '../../store/store.ts';
import type { Assessing } from '../house.ts';
import type { Secrets } from '../secrets/secrets.ts';

/** What a decision about a client's own tool needs of the house. */
export interface HookHouse extends Assessing {
  readonly config: Config;
  readonly configuration: Configuration;
  readonly configPath: string;
  /** Roots that the hook's own command line names. */
  readonly added: readonly string[];
  readonly store: Store;
  readonly stop: StopFile;
  readonly user: string;
  readonly secrets: Secrets;
  readonly existing: (path: string) => string | null;
}
