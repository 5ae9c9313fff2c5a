import type { Expressive } from '../traits.ts';

/** How the home folder is written, whose path only the caller knows. */
export const HOME = '~';

/** What these names hold; `ARGS` stands for the script's arguments. */
export const PLACES: Readonly<Partial<Record<Expressive, Readonly<Record<string, string>>>>> = {
  python: {
    'os.sep': '/',
    'os.path.sep': '/',
    'os.curdir': '.',
    'os.linesep': '\n',
    'sys.argv': 'ARGS',
    'os.devnull': '/dev/null',
  },
  javascript: {
    'process.argv': 'ARGS',
    'path.sep': '/',
    'os.EOL': '\n',
    'process.env.HOME': HOME,
    __dirname: '.',
    'Bun.argv': 'ARGS',
    'os.devNull': '/dev/null',
  },
  ruby: { ARGV: 'ARGS', 'File.SEPARATOR': '/', 'File.NULL': '/dev/null', 'Dir.home': HOME, 'Dir.pwd': '.' },
  perl: { $ARGV: 'ARGS' },
  php: { $argv: 'ARGS', directory_separator: '/', php_eol: '\n', __dir__: '.' },
  lua: { arg: 'ARGS' },
};
