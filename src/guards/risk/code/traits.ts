import type { Language } from './finding.ts';
import type { Syntax } from './lex.ts';
import { awk } from './syntax/awk.ts';
import { javascript } from './syntax/javascript.ts';
import { lua } from './syntax/lua.ts';
import { perl } from './syntax/perl.ts';
import { php } from './syntax/php.ts';
import { python } from './syntax/python.ts';
import { ruby } from './syntax/ruby.ts';

/** What the evaluation of a language's expressions needs to know beyond its words. */
export interface Traits {
  readonly syntax: Syntax;
  /** Words that name no value. */
  readonly keywords: ReadonlySet<string>;
  readonly member: ReadonlySet<string>;
  readonly concatenation: ReadonlySet<string>;
  /** True where arguments may stand after a name without parentheses. */
  readonly bareCalls: boolean;
  /** True where a text may be called as the function of that name. */
  readonly textCalls: boolean;
  /** True where two values can never stand side by side. */
  readonly strict: boolean;
  readonly firstIndex: 0 | 1;
  /** Names in front of which every global name may be put. */
  readonly globals: ReadonlySet<string>;
}

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

export type Expressive = Exclude<Language, 'powershell'>;

export const TRAITS: Readonly<Record<Expressive, Traits>> = {
  python: {
    syntax: python,
    keywords: set(
      'and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield match case type',
    ),
    member: set('.'),
    concatenation: set('+'),
    bareCalls: false,
    textCalls: false,
    strict: true,
    firstIndex: 0,
    globals: set('builtins __builtins__ __builtin__ globals() locals() vars()'),
  },
  javascript: {
    syntax: javascript,
    keywords: set(
      'abstract as async await break case catch class const continue debugger declare default delete do else enum export extends finally for from function get if implements import in instanceof interface is keyof let namespace new of private protected public readonly return satisfies set static switch throw try type typeof using var void while with yield',
    ),
    member: set('. ?.'),
    concatenation: set('+'),
    bareCalls: false,
    textCalls: false,
    strict: true,
    firstIndex: 0,
    globals: set('globalThis global window self this'),
  },
  ruby: {
    syntax: ruby,
    keywords: set(
      'alias and begin break case class def defined? do else elsif end ensure for if in module next not or redo rescue retry return then undef unless until when while yield BEGIN END',
    ),
    member: set('. :: &.'),
    concatenation: set('+'),
    bareCalls: true,
    textCalls: false,
    strict: false,
    firstIndex: 0,
    globals: set('Kernel Object self'),
  },
  perl: {
    syntax: perl,
    keywords: set(
      'and cmp continue do else elsif eq for foreach ge gt if last le lt my local ne next no not or our package redo require return state sub unless until use while x xor BEGIN END',
    ),
    member: set('->'),
    concatenation: set('.'),
    bareCalls: true,
    textCalls: true,
    strict: false,
    firstIndex: 0,
    globals: set('CORE GLOBAL POSIX main'),
  },
  php: {
    syntax: php,
    keywords: set(
      'abstract and as break case catch class clone const continue declare default do echo else elseif enddeclare endfor endforeach endif endswitch endwhile extends final finally fn for foreach function global goto if implements instanceof insteadof interface namespace new or print private protected public return static switch throw trait try use var while xor yield',
    ),
    member: set('-> ?-> ::'),
    concatenation: set('.'),
    bareCalls: true,
    textCalls: true,
    strict: true,
    firstIndex: 0,
    globals: set(''),
  },
  lua: {
    syntax: lua,
    keywords: set(
      'and break do else elseif end for function goto if in local not or repeat return then until while',
    ),
    member: set('. :'),
    concatenation: set('..'),
    bareCalls: true,
    textCalls: false,
    strict: false,
    firstIndex: 1,
    globals: set('_G _ENV'),
  },
  awk: {
    syntax: awk,
    keywords: set(
      'BEGIN END BEGINFILE ENDFILE break case continue default delete do else exit for func function getline if in next nextfile print printf return switch while',
    ),
    member: set(''),
    concatenation: set(''),
    bareCalls: false,
    textCalls: false,
    strict: false,
    firstIndex: 0,
    globals: set(''),
  },
};

/** After these, what is assigned may be assigned or not. */
export const CONTROL = set(
  'if elif elsif elseif else while for foreach unless until try except catch rescue case when switch def sub func function do repeat && || and or ?',
);
