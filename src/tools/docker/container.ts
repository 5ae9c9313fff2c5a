import type { Config } from '../../core/config.ts';
import type { Inspected } from '../../core/engine.ts';
import { namesService } from '../../core/services.ts';

/** The engine writes a slash before the name. */
export const nameOf = ({ Name }: Inspected): string => Name.replace(/^\//, '');

/** The key that an action locks, and that the audit finds it by. */
export const resourceOf = (found: Inspected): string => `container:${nameOf(found)}`;

/** A container can say of itself that it is to be protected. */
const LABEL = 'homeostat.protected';

/** What rules may speak of: its name is in the line already, its image, its service and its label are not. */
export function circumstancesOf({ Config: { Image, Labels } }: Inspected, config: Config): string[] {
  const labels = Labels ?? {};
  const names = [Image, labels['com.docker.compose.service'] ?? ''];
  const isNamed = config.protected.services.some((service) =>
    names.some((name) => namesService(name, service)),
  );
  return isNamed || labels[LABEL] === 'true' ? ['protected_service'] : [];
}
