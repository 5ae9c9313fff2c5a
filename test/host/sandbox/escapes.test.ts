import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type Server, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import koffi from 'koffi';
import { expect, test } from 'vitest';
import { type TestBox, describeSandbox, testBox } from '../../helpers/box.ts';
import { isRoot } from '../../helpers/needs.ts';
import { processesWith } from '../../helpers/processes.ts';

const ARM = process.arch === 'arm64';

/** A box with a secret outside its root, in the state and in the person's home. */
function guarded(): TestBox & { readonly outside: string } {
  const box = testBox();
  const outside = join(box.base, 'outside');
  for (const folder of [outside, join(box.home, '.ssh')]) mkdirSync(folder);
  writeFileSync(join(outside, 'file'), 'OUTSIDE\n');
  for (const file of [
    join(box.state, 'state.db'),
    join(box.home, '.ssh', 'id'),
    join(box.home, '.bash_history'),
  ])
    writeFileSync(file, 'SECRET\n');
  return { ...box, outside };
}

const listening = (address: string | { port: number; host: string }): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.end('REACHED\n'));
    server.on('error', reject);
    if (typeof address === 'string') server.listen(address, () => resolve(server));
    else server.listen(address, () => resolve(server));
  });

const connect = (address: string): string =>
  `${process.execPath} -e "require('net').connect(${address}).on('data',d=>console.log(String(d))).on('error',e=>console.log(e.code))"`;

describeSandbox('escapes from the sandbox', import.meta.filename, () => {
  test('writing outside through links, /proc, hard links and open files', async () => {
    const { outside, run, root, base } = guarded();
    symlinkSync(outside, join(root, 'link'));
    const lines = [
      `echo x >${outside}/file; echo x >${outside}/new; rm -f ${outside}/file; mv ${outside}/file ${outside}/moved; chmod 777 ${outside}/file`,
      `echo x >link/new; ln -sfn ${outside} mine; echo x >mine/new; echo x >../outside/new`,
      `for p in /proc/1 /proc/self /proc/[0-9]*; do for w in root${outside} cwd/../outside cwd/outside; do echo x >$p/$w/new; done; done`,
      `for p in /proc/*/fd/*; do echo x >>$p/new; echo x >>$p/../outside/new; done`,
      `ln ${outside}/file hard && echo x >>hard; exec 5<${outside}/file; echo x >>/proc/self/fd/5`,
      `echo x >/etc/new; echo x >/usr/bin/new; echo x >/new; echo x >${base}/new; echo x >/boot/new; echo x >/var/new; touch /sys/new /proc/new /dev/new /run/new`,
    ];
    for (const line of lines) await run(line, { cwd: root });
    expect(readdirSync(outside)).toEqual(['file']);
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('OUTSIDE\n');
    for (const path of [
      '/etc/new',
      '/usr/bin/new',
      '/new',
      join(base, 'new'),
      '/boot/new',
      '/var/new',
      '/dev/new',
      '/run/new',
    ])
      expect(existsSync(path)).toBe(false);
  });

  test('mounting, other namespaces, changing the root', async () => {
    const { outside, run } = guarded();
    const { stdout } = await run(
      [
        `mount --bind /tmp ${outside} && echo MOUNTED`,
        `mount -o remount,rw / && echo REMOUNTED`,
        `mount -o remount,bind,rw / && echo REMOUNTED`,
        `umount -l /run && echo UNMOUNTED; umount /tmp && echo UNMOUNTED; umount /proc && echo UNMOUNTED`,
        `unshare -m true && echo UNSHARED; unshare -U true && echo UNSHARED; unshare -Urm true && echo UNSHARED; unshare -n true && echo UNSHARED`,
        `nsenter -t 1 -m true && echo ENTERED; nsenter -t 1 -a true && echo ENTERED`,
        `chroot /proc/1/root true && echo CHANGED`,
        `bwrap --ro-bind / / true && echo BOXED`,
        `mkdir -p n l u w; mount -t overlay -o lowerdir=l,upperdir=u,workdir=w o n && echo OVERLAID`,
      ].join('\n'),
    );
    expect(stdout).toBe('');
  });

  test('devices, the kernel’s settings, control groups', async () => {
    const { run } = guarded();
    const { stdout } = await run(
      [
        `ls /dev | grep -E '^(sd|vd|nvme|xvd|dm-|loop|mem|kmsg|kvm|fuse|mapper|disk|vsock|net)'`,
        `read -r major minor < <(awk '$4 ~ /^[svn]/ { print $1, $2; exit }' /proc/partitions)`,
        `mknod disk b \${major:-254} \${minor:-0} && head -c 1 disk | wc -c; mknod mem c 1 1 && head -c 1 mem | wc -c; mknod /tmp/null c 1 3 && echo x >/tmp/null && echo WRITTEN`,
        `for f in kernel/core_pattern kernel/modprobe kernel/sysrq vm/drop_caches fs/binfmt_misc/register kernel/hostname kernel/ns_last_pid net/ipv4/ip_forward; do test -e /proc/sys/$f && (echo 1 >/proc/sys/$f) && echo $f; done`,
        `for f in /proc/sysrq-trigger /proc/kcore /sys/power/state; do (echo x >$f) && echo $f; done`,
        `ls -A /sys/kernel; find /sys/fs/cgroup -name release_agent -o -name cgroup.procs -o -name tasks -o -name notify_on_release | while read -r f; do (echo 0 >$f) && echo $f; done; mkdir /sys/fs/cgroup/x /sys/fs/cgroup/*/x && echo CGROUP`,
      ].join('\n'),
    );
    expect(stdout).toBe('');
  });

  test('no new privileges, no capability beyond what files need', async () => {
    const { run } = guarded();
    const { stdout } = await run(
      `grep -E 'NoNewPrivs|CapEff|CapPrm|CapAmb|Seccomp:' /proc/self/status; cp /usr/bin/id i; chmod 6755 i; ./i -u; grep -v nosuid /proc/self/mountinfo | grep -v -e ' /dev/' -e /overlay2/ -e ' nsfs ' -e ' homeostat-test '`,
    );
    // A Docker engine's mounts and other tests' disks lie where an ordinary user cannot come to change them.
    // CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, NET_BIND_SERVICE.
    const capabilities = isRoot ? '00000000000004fb' : '0000000000000000';
    expect(stdout.replaceAll('\t', ' ')).toBe(
      `CapPrm: ${capabilities}\nCapEff: ${capabilities}\nCapAmb: ${capabilities}\nNoNewPrivs: 1\nSeccomp: 2\n${process.getuid?.()}\n`,
    );
  });

  test('processes outside are not seen, traced or ended', async () => {
    const mark = `outside${process.pid}`;
    const sleeper = spawn('sleep', ['1000'], { env: { MARK: mark }, stdio: 'ignore' });
    try {
      const { stdout } = await guarded().run(
        `kill -9 ${sleeper.pid} ${process.pid}; kill -9 -1; ls /proc | grep -c '^[0-9]'; cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep ${mark}; echo $$`,
      );
      const [count, shell] = stdout.trim().split('\n').map(Number);
      expect(count).toBeLessThan(8);
      expect(shell).toBeLessThan(10);
      expect(sleeper.exitCode ?? sleeper.signalCode).toBe(null);
    } finally {
      sleeper.kill('SIGKILL');
    }
  });

  test('state, store and credentials are not there, by whatever path', async () => {
    const { state, home, base, run } = guarded();
    writeFileSync(join(home, '.netrc'), 'SECRET\n');
    mkdirSync(join(home, '.config', 'gcloud'), { recursive: true });
    writeFileSync(join(home, '.config', 'gcloud', 'x'), 'SECRET\n');
    mkdirSync(join(base, 'elsewhere'));
    writeFileSync(join(base, 'elsewhere', 'key'), 'SECRET\n');
    symlinkSync(join(base, 'elsewhere'), join(home, '.gnupg'));
    writeFileSync(join(home, 'plain'), 'VISIBLE\n');
    const { stdout } = await run(
      `cat ${home}/plain; ls -A ${state} ${join(base, 'store')} ${home}/.ssh ${home}/.config/gcloud ${home}/.gnupg/ ${base}/elsewhere | grep -v ':$' | grep .; grep -r SECRET ${base} /proc/1/root${base} /proc/self/cwd/..; wc -c <${home}/.netrc`,
    );
    expect(stdout).toBe('VISIBLE\n0\n');
    const shadow = await run('cat /etc/shadow /etc/gshadow /etc/ssh/*_key /root/.ssh/* /root/.bash_history');
    expect(shadow.stdout).toBe('');
    const written = await run(
      `echo x >${home}/.ssh/authorized_keys; echo x >${state}/x; echo x >${home}/.netrc; rm -rf ${home}/.ssh`,
    );
    expect(written.exitCode).not.toBe(0);
    expect(readdirSync(state)).not.toContain('x');
  });

  test('a socket is not reached, wherever it lies; nor an abstract one or the machine’s loopback', async () => {
    const { outside, home, root, run } = guarded();
    mkdirSync(join(home, '.docker', 'run'), { recursive: true });
    const paths = [
      join(outside, 's'),
      join(home, '.docker', 'run', 'docker.sock'),
      join(root, 's'),
      ...(isRoot ? [`/run/homeostat-test-${process.pid}.sock`] : []),
    ];
    const name = `homeostat-${process.pid}`;
    const servers = await Promise.all([...paths, `\0${name}`, { port: 0, host: '127.0.0.1' }].map(listening));
    for (const path of paths) chmodSync(path, 0o777);
    const [port] = servers.flatMap((server) => {
      const address = server.address();
      return address !== null && typeof address === 'object' ? [address.port] : [];
    });
    try {
      const local = [connect(`'\\\\0${name}'`), connect(`${port},'127.0.0.1'`)];
      for (const network of [false, true]) {
        const reached = await run(paths.map((path) => connect(`'${path}'`)).join('\n'), { network });
        expect(reached.stdout).not.toContain('REACHED');
        expect(reached.stdout.trim().split('\n')).toHaveLength(paths.length);
      }
      expect((await run(local.join('\n'))).stdout).toBe('ECONNREFUSED\nECONNREFUSED\n');
      // What comes with the network when it is asked for: told here so that a change of it is seen.
      expect((await run(local.join('\n'), { network: true })).stdout).toBe('REACHED\n\nREACHED\n\n');
    } finally {
      for (const server of servers) server.close();
    }
  });

  test('no daemon outlives the command', async () => {
    const { run } = guarded();
    const mark = `daemon${process.pid}`;
    const keep = `sleep 1000`;
    await run(
      `setsid ${keep} & nohup ${keep} >/dev/null 2>&1 & (setsid sh -c '(${keep} >/dev/null 2>&1 </dev/null &)' &) ; perl -e 'exit if fork; setpgrp; exit if fork; sleep 1000' ; disown -a`,
      { env: { MARK: mark } },
    );
    expect(processesWith(mark)).toEqual([]);
    const { stdout } = await run('(sleep 0.3; echo late >late) & echo now');
    expect(stdout).toBe('now\n');
  });

  test('nothing of the server’s environment, and nothing of the agent’s to what builds the box', async () => {
    const box = testBox({
      env: {
        TOKEN: 'SECRET',
        SSH_AUTH_SOCK: '/x',
        DBUS_SESSION_BUS_ADDRESS: 'unix:path=/x',
        XDG_RUNTIME_DIR: '/x',
      },
    });
    writeFileSync(join(box.root, 'rc'), `echo ran >>${box.base}/ran\n`);
    const env = { LD_PRELOAD: join(box.root, 'none.so'), ENV: join(box.root, 'rc'), PATH: box.root };
    const { stdout, stderr } = await box.run(':', { env });
    expect(stdout).toBe('');
    // One complaint for the shell, none for what started it.
    expect(stderr.match(/cannot be preloaded/g)).toHaveLength(1);
    expect((await box.run('export; cat /proc/1/environ')).stdout).not.toMatch(
      /SECRET|SSH_AUTH|DBUS|XDG_RUNTIME/,
    );
    expect(existsSync(join(box.base, 'ran'))).toBe(false);
  });

  test('a descriptor of the server’s that stays open across exec', async () => {
    const box = guarded();
    const opened = openSync(join(box.state, 'state.db'), 'r');
    // Node opens all of its own to be closed; those that it was started with, and a library's, need not be.
    const fd = (koffi.load(null).func('int dup(int)') as (fd: number) => number)(opened);
    try {
      const { stdout } = await box.run(
        `cat <&${fd}; ls /proc/self/fd; for f in /proc/self/fd/*; do readlink $f; done`,
      );
      expect(stdout.split('\n')).toContain('2');
      expect(stdout.split('\n')).not.toContain(String(fd));
      expect(stdout).not.toMatch(/SECRET|state\.db/);
    } finally {
      for (const each of [opened, fd]) closeSync(each);
    }
  });

  test('the terminal, the keyrings, sockets to the hypervisor, and other calls a container has no need of', async () => {
    const call = (x64: number, arm64: number, ...args: (number | string)[]): string =>
      `$! = 0; syscall(${ARM ? arm64 : x64}, ${args.join(', ')}) >= 0 ? print "OPEN ${x64}\\n" : print 0+$!, " ";`;
    const { stdout } = await guarded().run(
      `cat >p.pl <<'E'
my ($a, $b) = ("user", "x");
${[call(250, 219, 0, -3, 0), call(248, 217, '$a', '$b', '$b', 1, -3), call(425, 425, 1, 0), call(321, 280, 0, 0, 0), call(298, 241, 0, 0, 0, 0, 0), call(323, 282, 0), call(272, 97, 0x10_00_00_00), call(41, 198, 40, 1, 0), call(435, 435, 0, 0), call(304, 265, 0, 0, 0)].join('\n')}
my $x = "x"; $! = 0; ioctl(STDIN, 0x5412, $x) and print "OPEN\\n"; print 0+$!, " ";
E
perl p.pl; echo; test "$(ps -o sid= -p $$ | tr -d ' ')" -ne ${process.pid} && tty`,
    );
    expect(stdout).toBe('1 1 1 1 1 1 1 1 38 1 1 \nnot a tty\n');
  });

  test('a link laid into the private /tmp where a root’s place will be', async () => {
    const folder = `/tmp/homeostat-escape-${process.pid}`;
    const box = guarded();
    const root = join(folder, 'a', 'root');
    mkdirSync(root, { recursive: true });
    try {
      const first = folder.slice('/tmp/'.length);
      const away = join('/oldroot', box.outside);
      // Without the root in /tmp its place is the agent's to take.
      await box.run(`ln -s ${away} /tmp/${first}`);
      const layers = [{ root, folder: join(box.base, 'store', 'x1') }];
      await expect(box.run('true', { cwd: root, layers })).rejects.toMatchObject({ code: 'unsafe_root' });
      await box.run(`rm /tmp/${first}; mkdir /tmp/${first}; ln -s ${away} /tmp/${first}/a`);
      const result = await box.run(
        `echo x >made; mv /tmp/${first} /tmp/x; mv ${dirname(root)} ${folder}/b; ln -s / ${folder}/c`,
        { cwd: root, layers: [{ root, folder: join(box.base, 'store', 'x2') }] },
      );
      expect(result.exitCode).not.toBe(0);
      expect(readdirSync(box.outside)).toEqual(['file']);
      expect(existsSync(join(box.base, 'store', 'x2', 'upper', 'made'))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
