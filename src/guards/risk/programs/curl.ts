import { FROM, HOLE, type Value, joined, known, unknown } from '../shell/value.ts';
import type { Handler, Invocation } from './engine.ts';
import { reportRequest } from './http-request.ts';

/** What a program asks of other machines. */
interface Request {
  readonly method: string;
  readonly urls: readonly Value[];
  /** What it sends along, where it is written in the line; null where nothing is. */
  readonly body: Value | null;
  /** Files whose content it sends. */
  readonly files: readonly Value[];
  /** Whether it sends what is piped in. */
  readonly sendsInput: boolean;
  /** Files that it writes. */
  readonly outputs: readonly Value[];
  /** Whether it prints what it fetches. */
  readonly prints: boolean;
}

/** curl, wget, httpie: what is asked of whom, what is sent along, and where the answer goes. */
export const curl: Handler = (call, engine) => {
  const { name } = call;
  const request = /^(http|https|httpie|xh|xhs)$/.test(name)
    ? httpie(call)
    : name.startsWith('wget')
      ? wget(call)
      : curlRequest(call);
  for (const file of request.files) engine.found({ kind: 'read', path: file });
  const sends = request.body !== null || request.files.length > 0 || request.sendsInput;
  const [first] = request.urls;
  if (first !== undefined || sends) {
    const from =
      joined([...(request.body === null ? [] : [request.body]), ...request.urls]).from |
      (request.sendsInput ? (call.stdin?.from ?? 0) : 0);
    if ((from & (FROM.secret | FROM.environment)) !== 0)
      engine.found({
        kind: 'exfiltration',
        resource: first?.text ?? '',
        level: 'CRITICAL',
        reason: 'It sends a secret to another machine.',
        reversibility: 'irreversible',
        rule: 'exfiltration',
      });
    engine.found({
      kind: 'network',
      resource: first?.text ?? '',
      level: 'MEDIUM',
      reason: sends ? 'It sends something to another machine.' : 'It fetches from another machine.',
      reversibility: 'irreversible',
      rule: 'talks-to-network',
    });
  }
  // What stands in a file is not known.
  const body = request.files.length > 0 ? unknown() : request.body;
  for (const url of request.urls) reportRequest(request.method, url, body, engine);
  for (const output of request.outputs) {
    engine.found({ kind: 'overwrite', path: output });
    engine.wrote(output, unknown(FROM.network));
  }
  return request.prints ? unknown(FROM.network) : known('');
};

const given = ({ parsed }: Invocation, ...names: string[]): Value[] =>
  names.flatMap((name) => parsed.options.get(name) ?? []).filter((value) => value !== null);

function curlRequest(call: Invocation): Request {
  const { parsed } = call;
  const data = given(
    call,
    '-d',
    '--data',
    '--data-ascii',
    '--data-binary',
    '--data-raw',
    '--data-urlencode',
    '--json',
  );
  const forms = given(call, '-F', '--form', '--form-string');
  const uploads = given(call, '-T', '--upload-file');
  const raw = new Set(given(call, '--data-raw', '--form-string'));
  const named = [...data, ...forms]
    .filter((value) => !raw.has(value))
    .flatMap((value) => filesIn(value, forms.includes(value)));
  const files = [
    ...named,
    ...uploads.filter((value) => value.text !== '-'),
    ...given(call, '-K', '--config', '--netrc-file'),
  ];
  const urls = [...given(call, '--url'), ...parsed.operands];
  const outputs = given(
    call,
    '-o',
    '--output',
    '-D',
    '--dump-header',
    '-c',
    '--cookie-jar',
    '--trace',
    '--trace-ascii',
    '--stderr',
  ).filter((value) => value.text !== '-');
  const own =
    parsed.options.has('-O') ||
    parsed.options.has('--remote-name') ||
    parsed.options.has('-J') ||
    parsed.options.has('--remote-name-all');
  const body = data.length + forms.length > 0 ? joined([...data, ...forms], '&') : null;
  const asGet = parsed.options.has('-G') || parsed.options.has('--get');
  const [method] = given(call, '-X', '--request');
  return {
    method:
      method?.text ??
      (body !== null && !asGet
        ? 'POST'
        : uploads.length > 0
          ? 'PUT'
          : parsed.options.has('-I') || parsed.options.has('--head')
            ? 'HEAD'
            : 'GET'),
    urls,
    body,
    files,
    sendsInput: [...data, ...forms, ...uploads].some(
      (value) => /(^|=)[@<]?-(;|$)/.test(value.text) && /[@<]|^-$/.test(value.text),
    ),
    outputs: [...outputs, ...(own ? urls.map(lastPart) : [])],
    prints:
      !(own || given(call, '-o', '--output').length > 0) ||
      given(call, '-o', '--output').some((value) => value.text === '-'),
  };
}

/** `@file`, `name=@file`, `name=<file`, several with commas. */
function filesIn(value: Value, form: boolean): Value[] {
  const match = form ? /^[^=]*=[@<](.*)$/s.exec(value.text) : /^(?:[\w-]*@)(.*)$/s.exec(value.text);
  const [names = ''] = (match?.[1] ?? '').split(';');
  return names
    .split(',')
    .map((name) => name.replaceAll('"', ''))
    .filter((name) => name !== '' && name !== '-')
    .map((text) => ({ ...value, text }));
}

function lastPart(url: Value): Value {
  const name =
    url.text
      .replace(/[?#].*/s, '')
      .replace(/^\w+:\/\//, '')
      .split('/')
      .slice(1)
      .at(-1) ?? '';
  return known(name === '' ? 'index.html' : name);
}

function wget(call: Invocation): Request {
  const { parsed } = call;
  const data = given(call, '--post-data', '--body-data');
  const files = given(call, '--post-file', '--body-file', '-i', '--input-file', '--config');
  const [output] = given(call, '-O', '--output-document');
  const [method] = given(call, '--method');
  const sends = data.length > 0 || given(call, '--post-file', '--body-file').length > 0;
  const spider = parsed.options.has('--spider');
  const fetched =
    output !== undefined
      ? output.text === '-'
        ? []
        : [output]
      : spider
        ? []
        : parsed.operands.map(lastPart);
  return {
    method: method?.text ?? (sends ? 'POST' : 'GET'),
    urls: parsed.operands,
    body: data.length > 0 ? joined(data, '&') : null,
    files,
    sendsInput: files.some((file) => file.text === '-'),
    outputs: [...fetched, ...given(call, '-o', '--output-file', '-a', '--append-output')],
    prints: output?.text === '-' || output?.text === '/dev/stdout',
  };
}

const METHODS = /^[A-Z]{3,10}$/;

/** `http POST host/path name=value file@path`. */
function httpie(call: Invocation): Request {
  const { parsed, stdin } = call;
  const [first, ...rest] = parsed.operands;
  const named = first !== undefined && METHODS.test(first.text);
  const [url, ...items] = named ? rest : parsed.operands;
  const data = items.filter((item) => /[^:]=|:=/.test(item.text) && !/==/.test(item.text));
  const files = items.flatMap((item) => {
    const path = /(?:@|=@|:=@)(.+)$/s.exec(item.text)?.[1];
    return path === undefined || path === HOLE ? [] : [{ ...item, text: path }];
  });
  const outputs = given(call, '-o', '--output');
  return {
    method: named ? first.text : data.length > 0 || files.length > 0 || stdin !== null ? 'POST' : 'GET',
    urls: url === undefined ? [] : [url],
    body: data.length > 0 ? joined(data, '&') : null,
    files,
    sendsInput: stdin !== null,
    outputs,
    prints: outputs.length === 0,
  };
}
