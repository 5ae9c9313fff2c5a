import {
  type Mapping,
  type Path,
  type Place,
  type Value,
  entriesOf,
  itemsOf,
  textOf,
  valueAt,
  isHidden,
} from '../document/value.ts';
import { mountOf } from '../document/volumes.ts';
import { type Finding, finding } from '../resolve/problem.ts';
import { servicesOf } from '../resolve/project.ts';
import { textsOf } from '../resolve/reading.ts';

/** Names that lead nowhere: networks, volumes, secrets, configs and services that nothing defines. `all` has the services, too, that the chosen profiles leave out. */
export function checkReferences(root: Mapping, all: Mapping = root): Finding[] {
  const found: Finding[] = [];
  const names = new Set(servicesOf(root).map(([name]) => name));
  const left = new Map(
    servicesOf(all).map(([name, { value }]) => [name, textsOf(valueAt(value, ['profiles']))]),
  );
  for (const [service, { value }] of servicesOf(root)) {
    for (const { section, name, place } of usedBy(value)) {
      const isDefault = section === 'networks' && name === 'default';
      if (isDefault || valueAt(root, [section, name]) !== undefined) continue;
      found.push(
        finding(
          'undefined_name',
          'error',
          place,
          `${service} uses ${name}, which ${section} does not define: Compose refuses to start.`,
          [{ op: 'define', section, name }],
        ),
      );
    }
    for (const { name, place, listed } of dependenciesOf(value)) {
      if (names.has(name)) continue;
      const mend = listed ? [{ op: 'remove_depends_on' as const, service, name }] : [];
      const profiles = left.get(name);
      if (profiles !== undefined) {
        const why = `${service} needs ${name}, which starts only with the profile ${profiles.join(' or ')}: Compose refuses to start.`;
        found.push(finding('inactive_service', 'error', place, why, mend));
        continue;
      }
      found.push(
        finding(
          'undefined_service',
          'error',
          place,
          `${service} needs ${name}, which is no service here.`,
          mend,
        ),
      );
    }
  }
  return [...found, ...cycles(root)];
}

type Section = 'networks' | 'volumes' | 'secrets' | 'configs';

function usedBy(service: Value): { section: Section; name: string; place: Place }[] {
  const volumes = itemsOf(valueAt(service, ['volumes'])).flatMap((item) => {
    const mount = mountOf(item);
    const isNamed = mount?.type === 'volume' && mount.source !== '' && !isHidden(item);
    return isNamed ? [{ section: 'volumes' as const, name: mount.source, place: item.place }] : [];
  });
  const networks = namesAt(service, ['networks']).map((one) => ({ ...one, section: 'networks' as const }));
  const granted = (['secrets', 'configs'] as const).flatMap((section) =>
    itemsOf(valueAt(service, [section])).flatMap((item) => {
      const name = textOf(item) ?? textOf(valueAt(item, ['source']));
      return name === undefined ? [] : [{ section, name, place: item.place }];
    }),
  );
  return [...volumes, ...networks, ...granted];
}

const namesAt = (service: Value, path: Path): { name: string; place: Place }[] => [
  ...entriesOf(valueAt(service, path)).map(([name, { place }]) => ({ name, place })),
  ...itemsOf(valueAt(service, path)).flatMap((item) => {
    const name = textOf(item);
    return name === undefined ? [] : [{ name, place: item.place }];
  }),
];

/** What has to run before or beside a service. */
function dependenciesOf(service: Value): { name: string; place: Place; listed: boolean }[] {
  const own = namesAt(service, ['depends_on'])
    .filter(({ name }) => textOf(valueAt(service, ['depends_on', name, 'required'])) !== 'false')
    .map((one) => ({ ...one, listed: true }));
  const links = namesAt(service, ['links']).map((one) => ({
    ...one,
    name: one.name.split(':')[0] ?? '',
    listed: false,
  }));
  const shared = ['network_mode', 'pid', 'ipc'].flatMap((key) => {
    const at = valueAt(service, [key]);
    const name = /^service:(.+)$/.exec(textOf(at) ?? '')?.[1];
    return at === undefined || name === undefined ? [] : [{ name, place: at.place, listed: false }];
  });
  return [...own, ...links, ...shared];
}

/** Services that depend on each other in a circle. */
export function cycles(root: Mapping): Finding[] {
  const services = new Map(servicesOf(root));
  const found: Finding[] = [];
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (done.has(name)) return;
    for (const { name: next, place, listed } of dependenciesOf(services.get(name)?.value ?? root)) {
      const from = [...path, name].indexOf(next);
      if (from >= 0) {
        const circle = [...[...path, name].slice(from), next].join(' → ');
        const mend = listed ? [{ op: 'remove_depends_on' as const, service: name, name: next }] : [];
        found.push(
          finding('dependency_cycle', 'error', place, `${circle}: none of them can start first.`, mend),
        );
      } else if (services.has(next)) visit(next, [...path, name]);
    }
    done.add(name);
  };
  for (const name of services.keys()) visit(name, []);
  return found;
}
