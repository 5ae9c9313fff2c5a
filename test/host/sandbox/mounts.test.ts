import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testBox } from '../../helpers/box.ts';
import { needSandbox } from '../../helpers/needs.ts';
import { describeWithMounts } from '../../helpers/small-disk.ts';

// An ordinary user cannot mount what a root could have in it.
describeWithMounts('file systems in a root', import.meta.filename, () => {
  test('another file system in a root is shown and read-only; it can be a root of its own', async () => {
    needSandbox('run_command', {}, {});
    const box = testBox();
    const point = join(box.root, 'a b', 'disk');
    mkdirSync(point, { recursive: true });
    expect(spawnSync('mount', ['-t', 'tmpfs', 'homeostat-test', point]).status).toBe(0);
    try {
      writeFileSync(join(point, 'there'), 'there\n');
      const result = await box.run(`cat "a b/disk/there"; echo x >"a b/disk/new"; echo y >"a b/beside"`);
      expect(result.stdout).toBe('there\n');
      expect(result.stderr).toContain('Read-only file system');
      expect(readFileSync(box.upper('a b/beside'), 'utf8')).toBe('y\n');
      const folder = join(point, '.store', 'x');
      const layers = [
        { root: box.root, folder: join(box.base, 'store', 'o') },
        { root: point, folder },
      ];
      const both = await box.run(
        `cat "a b/disk/there"; echo x >"a b/disk/new"; ls -A "a b/disk" "a b/disk/.store"`,
        { layers },
      );
      expect(both).toMatchObject({
        stdout: 'there\na b/disk:\n.store\nnew\nthere\n\na b/disk/.store:\n',
        stderr: '',
      });
      expect(readFileSync(join(folder, 'upper', 'new'), 'utf8')).toBe('x\n');
      expect(existsSync(join(point, 'new'))).toBe(false);
    } finally {
      spawnSync('umount', ['-l', point]);
    }
  });
});
