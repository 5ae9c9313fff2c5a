import { expect, test } from 'vitest';
import type { Step } from '../../../src/core/plan.ts';
import { type Flavour, Overlay, execute } from '../../helpers/overlay.ts';
import { scratch } from '../../helpers/scratch.ts';
import { expectSameTree } from '../../helpers/same-tree.ts';

const TREE = `mkdir -p a/b/c d/e/f gone/x empty
echo 1 >a/1; echo 2 >a/b/2; echo 3 >a/b/c/3; echo e >d/e/e; echo f >d/e/f/f; echo g >gone/x/g
echo one >h1; ln h1 h2; ln h1 d/h3; echo plain >plain; echo other >other; ln -s plain link; mkfifo pipe
truncate -s 1M sparse; echo end >>sparse
python3 -c "import os; os.setxattr('plain', 'user.mine', b'\\0\\xff'); open(b'\\xff\\xfe', 'w').write('x')"`;

/** What a step does, in a few words. */
function brief(step: Step): string {
  const path = step.path === '' ? '.' : step.path;
  if (step.do === 'put')
    return `put ${path} from ${step.from.slice(2)}${step.before === null ? '' : ' over'}`;
  if (step.do === 'link') return `link ${path} to ${step.to}`;
  return `${step.do} ${path}`;
}

/** Runs a line in an overlay and directly on a copy, does the steps, compares, and tells the steps. */
function steps(line: string, flavour: Flavour = 'trusted', tree = TREE): string[] {
  const overlay = new Overlay(scratch().base, flavour, tree);
  const started = overlay.now();
  overlay.run(line);
  const part = overlay.read(started);
  overlay.shell(line, overlay.copy);
  execute(part);
  expectSameTree(overlay, started);
  return part.steps.map(brief);
}

const LINES = [
  `chmod 600 plain`,
  `touch -d 2001-01-01 plain a`,
  `mv plain plain2`,
  `mv plain other`,
  `mv a/b b2; mv a b2/a`,
  `mv a/1 x; rm -rf a`,
  `mv a/b/c c2; mv a a2; mv c2 a2/new; rm a2/1; echo 9 >a2/b/2; echo 8 >a2/b/8`,
  `echo x >>h1`,
  `rm h2; echo y >>h1`,
  `chmod 600 h1`,
  `mv h1 h9; echo z >>h9`,
  `ln h1 a/h4; chmod 640 a/h4`,
  `mkdir new; ln plain new/p; ln h1 new/h; mv d new/d; echo q >new/d/q; rm new/d/e/e`,
  `ln plain p2; echo x >>plain`,
  `ln plain p2`,
  `echo 1 >n1; ln n1 n2; mkdir n; ln n1 n/n3`,
  `mv h1 d/h3; echo 5 >>d/h3`,
  `sed -i s/one/two/ h1`,
  `cp h1 t; mv t h1`,
  `rm -rf gone; mkdir gone; echo n >gone/n`,
  `rm -rf gone; echo file >gone`,
  `rm plain; mkdir plain; echo >plain/x`,
  `rm link; mkdir link`,
  `ln -sf else link`,
  `mv link l2; mv pipe p2; touch -h -d 2002-02-02 l2`,
  `chmod 600 pipe`,
  `chown 12:13 plain a; chown -h 12:13 link`,
  `mkdir -p n/a/b; echo 1 >n/a/b/c; chmod 700 n/a; touch -d 2003-03-03 n/a n`,
  `mv plain t; mv other plain; mv t other`,
  `mv a t; mv d a; mv t d; echo 1 >d/b/c/k`,
  `truncate -s 10M sparse; echo >>sparse`,
  `truncate -s 2 sparse`,
  `python3 -c "import os; os.setxattr('plain','user.new',b'x'); os.removexattr('plain','user.mine'); os.setxattr('a','user.d',b'x'); os.rename(b'\\xff\\xfe', b'\\x80'); os.mkdir(b'\\xfa'); open(b'\\xfa/\\xfb','w').write('z')"`,
  `chmod 700 .; touch -d 2004-04-04 .`,
  `rm -rf ./* `,
  `mv empty a/b/; mv a/b empty2`,
  `rm -rf d; mkdir d; mv a d/a; echo 1 > d/a/b/k`,
  `mkdir n; mv a n/a; mv n/a/b n/b; rm -rf n/a`,
  `ln link l3; ln pipe p3`,
  `mv a/1 a/one; chmod 600 a/one; mv a aa`,
  `mv a/b/c/3 t3; rm -rf a; mkdir -p a/b/c; mv t3 a/b/c/3`,
  `mv d/h3 x; rm -rf d; echo 1 >>x`,
  `echo 1>>h1; mv h1 d/; rm h2; mv d dd`,
  `mv h1 hh; ln h2 h1`,
  `rmdir empty; touch empty`,
  `mv empty plain2; mv gone empty`,
  `dd if=/dev/zero of=plain bs=1 count=1 seek=100 conv=notrunc`,
  `echo one>t; cat t >h1`,
  `touch h1`,
  `chmod 4755 plain; chmod 1777 a`,
  `setfacl -m u:5:r plain`,
  `mkfifo a/p; python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('so')"`,
];
for (const flavour of ['trusted', 'user'] as const)
  for (const line of LINES)
    if (flavour === 'user' || line.startsWith('ln plain p2'))
      test(`${flavour}: ${line}`, () => {
        console.log(line, JSON.stringify(steps(line, flavour)));
      });
