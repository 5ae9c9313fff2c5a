import type { Config } from '../../core/config.ts';
import type { ActionContext } from '../../core/context.ts';
import type { Inspected } from '../../core/engine.ts';
import {
  capabilityPower,
  devicePower,
  folderPower,
  namespacePower,
  runtimePower,
  securityPower,
} from '../../core/host-power.ts';
import { namesService, protectedServices } from '../../core/services.ts';

/** The engine writes a slash before the name. */
export const nameOf = ({ Name }: Inspected): string => Name.replace(/^\//, '');

/** The key that an action locks, and that the audit finds it by. */
export const resourceOf = (found: Inspected): string => `container:${nameOf(found)}`;

/** A container can say of itself that it is to be protected. */
export const PROTECTED_LABEL = 'homeostat.protected';

/** What rules may speak of: its name is in the line already, its image, its service and its label are not. */
export function circumstancesOf({ Config: { Image, Labels } }: Inspected, config: Config): string[] {
  const labels = Labels ?? {};
  const names = [Image, labels['com.docker.compose.service'] ?? ''];
  const isNamed = protectedServices(config).some((service) =>
    names.some((name) => namesService(name, service)),
  );
  return isNamed || labels[PROTECTED_LABEL] === 'true' ? ['protected_service'] : [];
}

/**
 * What rules may speak of where something else is to run in a container: whether that has power over the machine, or
 * over what is guarded on it.
 */
export function powersOf(
  { HostConfig, Mounts }: Inspected,
  { isGuarded, isOwn }: Pick<ActionContext, 'isGuarded' | 'isOwn'>,
): string[] {
  const { Privileged, CapAdd, SecurityOpt, Devices } = HostConfig;
  const namespaces = ['PidMode', 'IpcMode', 'UTSMode', 'UsernsMode', 'NetworkMode'];
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  const devices = (Devices ?? []) as { PathOnHost?: string }[];
  const isPowerful =
    Privileged === true ||
    namespaces.some((name) => namespacePower(text(HostConfig[name])) !== null) ||
    texts(CapAdd).some(capabilityPower) ||
    texts(SecurityOpt).some(securityPower) ||
    runtimePower(text(HostConfig['Runtime'])) !== null ||
    devices.some(({ PathOnHost = '' }) => devicePower(PathOnHost) !== null) ||
    Mounts.some(
      ({ Type, Source = '' }) =>
        Type === 'bind' && (folderPower(Source, false) !== null || isGuarded(Source)),
    );
  const hasOwn = Mounts.some(({ Type, Source = '' }) => Type === 'bind' && isOwn(Source));
  return [...(isPowerful ? ['powerful_container'] : []), ...(hasOwn ? ['mounts_own_state'] : [])];
}
