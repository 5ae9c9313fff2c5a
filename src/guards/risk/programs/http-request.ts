import type { EffectKind, Level } from '../../../core/risk.ts';
import type { HttpRule } from '../../../registry/http.ts';
import { type Value, isKnown, known } from '../shell/value.ts';
import type { Engine } from './engine.ts';

export interface RequestJudgement {
  readonly rule: string;
  readonly level: Level;
  readonly effect: EffectKind;
  readonly reason: string;
}

/** Reports what a request does to the other side; one to a container engine also as the command that asks the same. */
export function reportRequest(method: string, url: Value, body: Value | null, engine: Engine): void {
  const words = engineCommand(method, partsOf(url.text).path);
  if (words !== null) engine.command(words.map((word) => known(word)));
  const sent = body === null || !isKnown(body) ? null : body.text;
  const judged = judgeRequest(method, url.text, sent, engine.requests);
  if (judged === null) return;
  engine.found({
    kind: judged.effect,
    resource: `${method} ${url.text}`,
    level: judged.level,
    reason: judged.reason,
    reversibility: 'irreversible',
    rule: judged.rule,
  });
}

const ON_CONTAINER =
  /^\/+(?:v\d[\d.]*\/)?(?:libpod\/)?containers\/([^/?]+)(?:\/(stop|kill|restart|pause|update|rename|exec|archive))?\/?(?:\?|$)/i;

/** What a request asks of one container, as a line would: `docker stop NAME`. */
function engineCommand(method: string, path: string): string[] | null {
  const [, name, verb] = ON_CONTAINER.exec(path) ?? [];
  if (name === undefined || method.toUpperCase() === 'GET') return null;
  if (verb === undefined) return method.toUpperCase() === 'DELETE' ? ['docker', 'rm', name] : null;
  return verb === 'archive' ? ['docker', 'cp', '-', `${name}:/`] : ['docker', verb.toLowerCase(), name];
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
      (fits(one.body, body) || (one.unknown && body === null)),
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
