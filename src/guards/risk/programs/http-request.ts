import type { EffectKind, Level } from '../../../core/risk.ts';
import type { HttpRule } from '../../../registry/http.ts';

export interface RequestJudgement {
  readonly rule: string;
  readonly level: Level;
  readonly effect: EffectKind;
  readonly reason: string;
}

/** What a request asks of the other side; null where it only reads. */
export function judgeRequest(
  method: string,
  url: string,
  body: string | null,
  rules: readonly HttpRule[],
): RequestJudgement | null {
  const verb = method.toUpperCase();
  const { host, path } = partsOf(url);
  const rule = rules.find(
    (one) =>
      one.methods?.includes(verb) !== false &&
      fits(one.host, host) &&
      fits(one.path, path) &&
      fits(one.body, body),
  );
  if (rule === undefined || rule.level === 'SAFE') return null;
  return { rule: rule.id, level: rule.level, effect: rule.effect, reason: rule.reason };
}

const compiled = new Map<string, RegExp>();

function fits(source: string | undefined, text: string | null): boolean {
  if (source === undefined) return true;
  if (text === null) return false;
  let pattern = compiled.get(source);
  if (pattern === undefined) compiled.set(source, (pattern = new RegExp(source, 'is')));
  return pattern.test(text);
}

const URL_PARTS = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/?#@]*@)?([^/?#]*)([^#]*)/is;

/** Host and port, and the path with its query; also of a URL as people type it, without a scheme or (`:9200/a`) a host. */
function partsOf(url: string): { host: string; path: string } {
  const [, host = '', rest = ''] = URL_PARTS.exec(url.trim()) ?? [];
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  return { host, path: decoded(path) };
}

function decoded(path: string): string {
  return path.replaceAll(/%([2-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
