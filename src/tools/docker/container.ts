import type { Config } from '../../core/config.ts';
import type { ActionContext } from '../../core/context.ts';
import type { Inspected } from '../../core/engine.ts';
import { ENGINE_SOCKET, MACHINE_FOLDER, POWERFUL_CAPABILITY } from '../../core/host-power.ts';
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

/** Devices that every container has. */
const EVERYWHERE = /^\/dev\/(null|zero|full|u?random|tty)$/;

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
  const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  const devices = (Devices ?? []) as { PathOnHost?: string }[];
  const isPowerful =
    Privileged === true ||
    namespaces.some((name) => HostConfig[name] === 'host') ||
    texts(CapAdd).some((name) => POWERFUL_CAPABILITY.test(name)) ||
    texts(SecurityOpt).some((option) => /unconfined|disable/.test(option)) ||
    devices.some(({ PathOnHost = '' }) => !EVERYWHERE.test(PathOnHost)) ||
    Mounts.some(
      ({ Type, Source = '' }) =>
        Type === 'bind' && (MACHINE_FOLDER.test(Source) || ENGINE_SOCKET.test(Source) || isGuarded(Source)),
    );
  const hasOwn = Mounts.some(({ Type, Source = '' }) => Type === 'bind' && isOwn(Source));
  return [...(isPowerful ? ['powerful_container'] : []), ...(hasOwn ? ['mounts_own_state'] : [])];
}
