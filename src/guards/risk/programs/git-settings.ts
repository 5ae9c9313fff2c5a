import { HOLE, known, type Value } from '../shell/value.ts';
import type { Engine } from './engine.ts';

/** Settings whose value git runs as a program. */
const PROGRAM = new RegExp(
  `^(${[
    'core\\.(sshcommand|editor|pager|askpass|gitproxy|alternaterefscommand|fsmonitor)',
    'sequence\\.editor',
    'diff\\.external',
    'diff\\..+\\.(command|textconv)',
    '(diff|merge)tool\\..+\\.(cmd|path)',
    'merge\\..+\\.driver',
    'filter\\..+\\.(clean|smudge|process)',
    'credential\\.(.+\\.)?helper',
    'gpg\\.(.+\\.)?program',
    'pager\\..+',
    'interactive\\.difffilter',
    '(browser|man)\\..+\\.(cmd|path)',
    'remote\\..+\\.(uploadpack|receivepack|vcs)',
    'uploadpack\\.packobjectshook',
    'trailer\\..+\\.(command|cmd)',
    'tar\\..+\\.command',
    'sendemail\\..*cmd',
  ].join('|')})$`,
  'i',
);

/** Settings that name where git finds what it runs, or let an address run something. */
const DOOR =
  /^(core\.hookspath|include\.path|includeif\..+\.path|init\.templatedir|protocol\.(ext\.)?allow|url\..+\.(push)?insteadof)$/i;

/** Settings that, switched off, have git trust whoever answers. */
const UNCHECKED = /^(https?\.(.+\.)?sslverify|(transfer|fetch|receive)\.fsckobjects)$/i;

/** Programs that settings name every day and that only show or edit what they are given. */
const EVERYDAY =
  /^!?(cat|less|more|most|head|delta|diff-so-fancy|bat|true|false|:|vi|vim|nvim|nano|emacs|code|ssh|gpg2?|kdiff3|meld|opendiff|vimdiff)( |$)/;

/** Built-in values: switches, and the helpers of credentials that git brings along. */
const BUILT_IN = /^(|true|false|yes|no|on|off|0|1|\/dev\/null|never|user|[\w-]+( --?[\w=-]+)*)$/;

const SSH = /^(core\.(sshcommand|gitproxy|askpass)|remote\.|credential\.)/i;
const NETWORK = new Set([
  'fetch',
  'pull',
  'push',
  'clone',
  'ls-remote',
  'remote',
  'submodule',
  'archive',
  'fetch-pack',
  'send-pack',
  'svn',
  'lfs',
]);

export interface Setting {
  readonly name: string;
  readonly value: Value;
}

/** `name=value`, as `-c` takes it; a name alone switches on. */
export function settingOf(given: Value): Setting {
  const at = given.text.indexOf('=');
  if (at < 0) return { name: given.text, value: known('true') };
  return { name: given.text.slice(0, at), value: { ...given, text: given.text.slice(at + 1) } };
}

/** Whether a setting for this one call has it run something; only some subcommands talk to other machines. */
export function isUsed({ name }: Setting, sub: string): boolean {
  return !SSH.test(name) || NETWORK.has(sub);
}

/** Judges what a setting has git run. `keeps` tells that it stays for later calls. */
export function judgeSetting({ name, value }: Setting, engine: Engine, keeps: boolean): void {
  if (UNCHECKED.test(name) && /^(false|no|off|0|)$/i.test(value.text))
    return engine.remark(
      'git-unchecked',
      keeps ? 'HIGH' : 'MEDIUM',
      'git no longer checks whom it talks to, or what it is given.',
      'compensable',
    );
  const alias = keeps && /^alias\./i.test(name) && value.text.startsWith('!');
  const program = PROGRAM.test(name) || alias;
  if (!program && !(DOOR.test(name) && !inertDoor(name, value.text))) return;
  if (program && isBuiltIn(name, value.text)) return;
  if (program) engine.code('shell', { ...value, text: value.text.replace(/^!/, '') });
  if (program && (EVERYDAY.test(value.text) || alias)) return;
  engine.found({
    kind: keeps ? 'persistence' : 'exec',
    resource: name,
    level: 'HIGH',
    reason: `git runs what the setting ${name} names.`,
    rule: 'git-setting',
  });
}

function inertDoor(name: string, value: string): boolean {
  if (/^protocol\./i.test(name)) return !/^(always|user)$/.test(value) && !value.includes(HOLE);
  return (
    value === '' || value === '/dev/null' || (/^url\./i.test(name) && /^url\.(https|git@|ssh):?/i.test(name))
  );
}

function isBuiltIn(name: string, value: string): boolean {
  if (/^credential\./i.test(name)) return BUILT_IN.test(value);
  return /^(|true|false|yes|no|on|off|0|1)$/.test(value);
}
