import { existsSync, readFileSync } from 'node:fs';

/** Mounts of the host that something in here could write to; the kernel's own list says so. */
function writableMounts() {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [left, right] = line.split(' - ');
      const [, , , , path, options] = left.split(' ');
      return { path, readOnly: options.split(',').includes('ro'), type: right.split(' ')[0] };
    })
    .filter(({ path, readOnly, type }) => !readOnly && !(path === '/' && type === 'tmpfs'))
    .map(({ path }) => path);
}

const interfaces = () =>
  readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .slice(2)
    .map((line) => line.split(':')[0].trim())
    .filter((name) => name !== '' && name !== 'lo');

/** Why this place is none to run dangerous lines in; null where nothing speaks against it. */
export function opening(hostCanary) {
  const mounts = writableMounts();
  if (mounts.length > 0) return `the host can be written to at ${mounts.join(', ')}`;
  if (existsSync(hostCanary)) return `the host's ${hostCanary} can be seen`;
  if (process.pid !== 1) return 'it has no process namespace of its own';
  if (interfaces().length > 0) return `it has the network ${interfaces().join(', ')}`;
  return null;
}

/** Lines that would each leave a trace if they were not confined, in the order of the harm they could do. */
export const PROBES = (hostCanary) => [
  { line: `! rm -f ${hostCanary} || test ! -e ${hostCanary}`, why: 'it sees the canary of the host' },
  { line: '! (: > /usr/.probe) && ! (: > /opt/driver/.probe)', why: 'it can write to what is bound' },
  { line: '! chmod 666 /dev/null && ! rm -f /dev/null', why: 'it can change a device' },
  { line: '! (echo x > /proc/sys/kernel/hostname)', why: 'it can set what the kernel does' },
  { line: '! mount -o remount,bind,rw /usr && ! umount /usr', why: 'it can change mounts' },
  { line: '! grep -q "^Cap.*[1-9a-f]$" /proc/self/status', why: 'it has capabilities' },
  { line: 'test "$(grep -c : /proc/net/dev)" -le 1', why: 'it has a network' },
  { line: 'test $$ -lt 9', why: 'it shares the processes of the driver' },
];
