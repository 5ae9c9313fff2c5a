import { expect, test } from 'vitest';
import type { Step } from '../../../src/core/plan.ts';
import { type Flavour, Overlay, execute } from '../../helpers/overlay.ts';
import { expectFilled, expectSameTree } from '../../helpers/same-tree.ts';
import { scratch } from '../../helpers/scratch.ts';

const TREE = `mkdir -p a/b/c d/e/f gone/x empty
echo 1 >a/1; echo 2 >a/b/2; echo 3 >a/b/c/3; echo e >d/e/e; echo f >d/e/f/f; echo g >gone/x/g
echo one >h1; ln h1 h2; ln h1 d/h3; echo plain >plain; echo other >other; ln -s plain link; mkfifo pipe
truncate -s 1M sparse; echo end >>sparse
python3 -c "import os; os.setxattr('plain', 'user.mine', b'\\0\\xff'); open(b'\\xff\\xfe', 'w').write('x')"`;

/** What a step does, in a few words. */
function brief(step: Step): string {
  const path = step.path === '' ? '.' : step.path;
  if (step.do === 'put') return `put ${path} < ${step.from.slice(4)}${step.before === null ? '' : ' over'}`;
  if (step.do === 'link') return `link ${path} = ${step.to}`;
  return `${step.do} ${path}`;
}

/** Runs a line in an overlay and directly on a copy, does the steps, compares, and tells the steps. */
function stepsOf(line: string, flavour: Flavour, isSame = true): string[] {
  const overlay = new Overlay(scratch().base, flavour, TREE);
  const started = overlay.now();
  overlay.run(line);
  const part = overlay.read(started);
  overlay.shell(line, overlay.copy);
  execute(part);
  if (isSame) expectSameTree(overlay, started);
  expectFilled(part);
  return part.steps.map(brief);
}

const PYTHON = (code: string): string => `python3 -c "import os, socket; ${code}"`;
const ACL = String.raw`b'\\x02\\0\\0\\0\\x01\\0\\x06\\0\\xff\\xff\\xff\\xff\\x02\\0\\x04\\0\\x05\\0\\0\\0\\x04\\0\\x04\\0\\xff\\xff\\xff\\xff\\x10\\0\\x04\\0\\xff\\xff\\xff\\xff\\x20\\0\\x04\\0\\xff\\xff\\xff\\xff'`;

/** What the kernel leaves of each line in root's overlay, and what is made of it; the tree is compared as well. */
const AS_ROOT: readonly (readonly [line: string, ...steps: string[]])[] = [
  [`true`],
  [`chmod 600 plain`, 'attributes plain'],
  [`touch -d 2001-01-01 plain a`, 'attributes plain', 'attributes a'],
  [`touch h1`, 'attributes h1'],
  [`mv plain plain2`, 'remove plain', 'put plain2 < pre/0', 'attributes .'],
  [`mv plain other`, 'remove other', 'remove plain', 'put other < pre/1', 'attributes .'],
  [
    `mv plain t; mv other plain; mv t other`,
    'remove other',
    'remove plain',
    'put other < pre/1',
    'put plain < pre/0',
    'attributes .',
  ],
  [
    `mv a t; mv d a; mv t d; echo 1 >d/b/c/k`,
    'remove a',
    'remove d',
    'put a < pre/1',
    'put d < pre/0',
    'put d/b/c/k < upper/d/b/c/k',
    'attributes d/b/c',
    'attributes .',
  ],
  [
    `mv a/b b2; mv a b2/a`,
    'remove a/b',
    'remove a',
    'put b2 < pre/0',
    'put b2/a < pre/1',
    'attributes b2/a',
    'attributes b2',
    'attributes .',
  ],
  [`mv a/1 x; rm -rf a`, 'remove a/1', 'remove a', 'put x < pre/0', 'attributes .'],
  [
    `mv a/b/c c2; mv a a2; mv c2 a2/new; rm a2/1; echo 9 >a2/b/2; echo 8 >a2/b/8`,
    'remove a/b/2',
    'remove a/b/c',
    'remove a/1',
    'remove a',
    'put a2 < pre/3',
    'put a2/b/2 < upper/a2/b/2',
    'put a2/b/8 < upper/a2/b/8',
    'put a2/new < pre/1',
    'attributes a2/b',
    'attributes a2',
    'attributes .',
  ],
  [
    `mv empty a/b/; mv a/b empty2`,
    'remove a/b',
    'remove empty',
    'put empty2 < pre/0',
    'put empty2/empty < pre/1',
    'attributes a',
    'attributes empty2',
    'attributes .',
  ],
  [
    `rm -rf d; mkdir d; mv a d/a; echo 1 >d/a/b/k`,
    'remove a',
    'remove d',
    'put d < upper/d',
    'put d/a < pre/0',
    'put d/a/b/k < moved/0/b/k',
    'attributes d/a/b',
    'attributes d',
    'attributes .',
  ],
  [
    `mkdir n; mv a n/a; mv n/a/b n/b; rm -rf n/a`,
    'remove a/b',
    'remove a',
    'put n < upper/n',
    'put n/b < pre/0',
    'attributes n',
    'attributes .',
  ],
  [
    `mv a/b/c/3 t3; rm -rf a; mkdir -p a/b/c; mv t3 a/b/c/3`,
    'remove a/b/c/3',
    'remove a',
    'put a < upper/a',
    'put a/b/c/3 < pre/0',
    'attributes a/b/c',
    'attributes .',
  ],
  [
    `mv a/1 a/one; chmod 600 a/one; mv a aa`,
    'remove a/1',
    'remove a',
    'put aa < pre/1',
    'put aa/one < pre/0',
    'attributes aa/one',
    'attributes aa',
    'attributes .',
  ],
  [
    `mkdir new; ln plain new/p; ln h1 new/h; mv d new/d; echo q >new/d/q; rm new/d/e/e`,
    'remove d/e/e',
    'remove d',
    'put new < upper/new',
    'put new/d < pre/1',
    'put new/d/q < moved/0/q',
    'link new/h = h1',
    'link new/p = plain',
    'attributes new/d/e',
    'attributes new/d',
    'attributes new',
    'attributes .',
  ],
  [
    `mkdir new; echo x >>h1; ln h1 new/h; rm h1 h2 d/h3`,
    'remove d/h3',
    'remove h1',
    'remove h2',
    'put new < upper/new',
    'put new/h < pre/0',
    'write new/h',
    'attributes d',
    'attributes new',
    'attributes .',
  ],
  [`echo x >>h1`, 'write h1'],
  [`rm h2; echo y >>h1`, 'remove h2', 'write h1', 'attributes .'],
  [`chmod 600 h1`, 'attributes h1'],
  [`mv h1 h9; echo z >>h9`, 'remove h1', 'put h9 < pre/0', 'write h9', 'attributes .'],
  [`mv d/h3 x; rm -rf d; echo 1 >>x`, 'remove d/h3', 'remove d', 'put x < pre/0', 'write x', 'attributes .'],
  [`ln h1 a/h4; chmod 640 a/h4`, 'link a/h4 = h1', 'attributes h1', 'attributes a'],
  [`mv h1 hh; ln h2 h1`, 'link hh = h1', 'attributes .'],
  [`sed -i s/one/two/ h1`, 'put h1 < upper/h1 over', 'attributes .'],
  [`cp h1 t; mv t h1`, 'put h1 < upper/h1 over', 'attributes .'],
  [`ln plain p2`, 'link p2 = plain', 'attributes .'],
  [`ln plain p2; echo x >>plain`, 'put p2 < upper/p2', 'put plain < upper/plain over', 'attributes .'],
  [
    `echo 1 >n1; ln n1 n2; mkdir n; ln n1 n/n3`,
    'put n < upper/n',
    'put n1 < upper/n1',
    'put n2 < upper/n2',
    'attributes .',
  ],
  [`ln link l3; ln pipe p3`, 'link l3 = link', 'link p3 = pipe', 'attributes .'],
  [`rm -rf gone; mkdir gone; echo n >gone/n`, 'remove gone', 'put gone < upper/gone', 'attributes .'],
  [`rm -rf gone; echo file >gone`, 'remove gone', 'put gone < upper/gone', 'attributes .'],
  [`rm plain; mkdir plain; echo >plain/x`, 'remove plain', 'put plain < upper/plain', 'attributes .'],
  [`rm link; mkdir link`, 'remove link', 'put link < upper/link', 'attributes .'],
  [`ln -sf else link`, 'put link < upper/link over', 'attributes .'],
  [
    `mv link l2; mv pipe p2; touch -h -d 2002-02-02 l2`,
    'remove link',
    'remove pipe',
    'put l2 < pre/0',
    'put p2 < pre/1',
    'attributes l2',
    'attributes .',
  ],
  [`chown 12:13 plain a; chown -h 12:13 link`, 'attributes link', 'attributes plain', 'attributes a'],
  [`chmod 4755 plain; chmod 1777 a`, 'attributes plain', 'attributes a'],
  [
    `mkdir -p n/a/b; echo 1 >n/a/b/c; chmod 700 n/a; touch -d 2003-03-03 n/a n`,
    'put n < upper/n',
    'attributes .',
  ],
  [`truncate -s 10M sparse; echo >>sparse`, 'put sparse < upper/sparse over', 'attributes .'],
  [`chmod 700 .; touch -d 2004-04-04 .`, 'attributes .'],
  [
    `rm -rf ./*`,
    'remove a',
    'remove d',
    'remove empty',
    'remove gone',
    'remove h1',
    'remove h2',
    'remove link',
    'remove other',
    'remove pipe',
    'remove plain',
    'remove sparse',
    'remove \xff\xfe',
    'attributes .',
  ],
  [
    `mkfifo a/p; ${PYTHON(String.raw`socket.socket(socket.AF_UNIX).bind('so')`)}`,
    'put a/p < upper/a/p',
    'put so < upper/so',
    'attributes a',
    'attributes .',
  ],
  [
    PYTHON(
      String.raw`os.setxattr('plain', 'user.new', b'x'); os.removexattr('plain', 'user.mine'); os.setxattr('a', 'user.d', b'')`,
    ),
    'attributes plain',
    'attributes a',
  ],
  [
    PYTHON(
      String.raw`os.setxattr('other', 'system.posix_acl_access', ${ACL}); os.setxattr('a', 'system.posix_acl_default', ${ACL})`,
    ),
    'attributes other',
    'attributes a',
  ],
  [
    PYTHON(
      String.raw`os.rename(b'\\xff\\xfe', b'\\x80'); os.mkdir(b'\\xfa'); open(b'\\xfa/\\xfb', 'w').write('z')`,
    ),
    'remove \xff\xfe',
    'put \x80 < pre/0',
    'put \xfa < upper/\xfa',
    'attributes .',
  ],
];

test.each(AS_ROOT)('root: %s', (line, ...steps) => {
  expect(stepsOf(line, 'trusted')).toEqual(steps);
});

/** Where an ordinary user's overlay leaves something else. */
const AS_USER: readonly (readonly [line: string, ...steps: string[]])[] = [
  [`mv plain plain2`, 'remove plain', 'put plain2 < upper/plain2', 'attributes .'],
  [`mv a aa; chmod 600 aa/1`, 'remove a', 'put aa < upper/aa', 'attributes .'],
  [`ln plain p2`, 'link p2 = plain', 'attributes .'],
  [`touch h1; touch -h -d 2001-01-01 link`, 'attributes h1', 'attributes link'],
  [
    `rm -rf gone; mkdir gone; echo n >gone/n; mkdir dark; echo 1 >dark/x; chmod 000 dark`,
    'remove gone',
    'put dark < upper/dark',
    'put gone < upper/gone',
    'attributes .',
  ],
  [
    `echo 1 >secret; chmod 000 secret plain; mv plain secret2`,
    'remove plain',
    'put secret < upper/secret',
    'put secret2 < upper/secret2',
    'attributes .',
  ],
  [`mkdir -p n/a/b; chmod 555 n/a; chmod 000 a/b`, 'put n < upper/n', 'attributes a/b', 'attributes .'],
  [
    `echo x >>other; mv other a/1`,
    'remove other',
    'put a/1 < upper/a/1 over',
    'attributes a',
    'attributes .',
  ],
];

test.each(AS_USER)('user: %s', (line, ...steps) => {
  expect(stepsOf(line, 'user')).toEqual(steps);
});

test('an ordinary user’s overlay splits hard links, and so do the steps', () => {
  expect(stepsOf('echo x >>h1', 'user', false)).toEqual(['put h1 < upper/h1 over', 'attributes .']);
  expect(stepsOf('chmod 600 h1', 'user')).toEqual(['attributes h1']);
});

test('what its owner may not read is replaced, and not removed with what nobody has seen', () => {
  const closed = (line: string): (() => string[]) => {
    const overlay = new Overlay(scratch().base, 'user', 'echo 1 >f; chmod 000 f; mkdir d; chmod 000 d');
    overlay.run(line);
    return () => overlay.read().steps.map(brief);
  };
  expect(closed('chmod 600 f')()).toEqual(['put f < upper/f over', 'attributes .']);
  expect(closed('rmdir d')).toThrow(expect.objectContaining({ code: 'wrong_type' }));
});

test('without an index two names of one inode, of which only the attributes were copied, keep it', () => {
  const overlay = new Overlay(scratch().base, 'trusted', 'echo 1 >h1; ln h1 h2');
  overlay.run('chmod 600 h1; chmod 640 h2', 'redirect_dir=on,index=off,metacopy=on,volatile');
  expect(overlay.read().steps.map(brief)).toEqual(['attributes h1', 'attributes h2']);
});

test('tells what a new folder holds, unless something is put into it that lay elsewhere', () => {
  const filled = (line: string): string[] => {
    const overlay = new Overlay(scratch().base, 'trusted', TREE);
    overlay.run(line);
    const part = overlay.read();
    execute(part);
    return expectFilled(part);
  };
  const socket = PYTHON(`socket.socket(socket.AF_UNIX).bind('n/s')`);
  const mixed = `mkdir -p n/a/b n/z 'n/ä\n'; echo 1 >n/1; ln n/1 n/a/2; ln -s ../äö n/l; mkfifo n/f; ${socket}`;
  expect(filled(`${mixed}; echo 22 >n/a/b/3; chmod 4711 n/1; chmod 1777 n/z; chown 5:6 n/a`)).toEqual(['n']);
  expect(filled('mkdir n m; mv plain n/; echo 1 >m/1')).toEqual(['m']);
  expect(filled('mkdir -p n/a m; mv d/e n/a/; ln h1 m/; echo 1 >n/1')).toEqual([]);
  expect(filled('rm -rf gone; mkdir gone; echo 1 >gone/1')).toEqual(['gone']);
});
