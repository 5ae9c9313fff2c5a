/** Numbers of system calls on [x86-64, ARM 64], from the kernel's tables (asm/unistd.h). */
const REFUSED: Readonly<Record<string, readonly [number, number]>> = {
  // The kernel's keyrings belong to the person's session, whatever namespace one is in.
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // Namespaces and mounts of one's own give the kernel's less tested parts to whoever asks.
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  setns: [308, 268],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  // Opens what no path leads to.
  open_by_handle_at: [304, 265],
  // The whole machine's.
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  acct: [163, 89],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  syslog: [103, 116],
  vhangup: [153, 58],
  fanotify_init: [300, 262],
};

const ARCHITECTURES: Readonly<Record<string, { audit: number; column: 0 | 1 }>> = {
  x64: { audit: 0xc0_00_00_3e, column: 0 },
  arm64: { audit: 0xc0_00_00_b7, column: 1 },
};

const CLONE = [56, 220] as const;
const UNSHARE = [272, 97] as const;
const CLONE3 = [435, 435] as const;
const IOCTL = [16, 29] as const;
const SOCKET = [41, 198] as const;
const CLONE_NEWUSER = 0x10_00_00_00;
/** Both put what a person seems to have typed into a terminal. */
const TERMINAL_INPUT = [0x54_12, 0x54_1c];
/** Sockets to the machine that hosts this one are in no network namespace. */
const AF_VSOCK = 40;

// Classic BPF: see linux/bpf_common.h, linux/seccomp.h.
const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_AT_LEAST = 0x35;
const IF_ANY_BIT = 0x45;
const RETURN = 0x06;
const ALLOW = 0x7f_ff_00_00;
const fail = (errno: number): number => 0x00_05_00_00 | errno;
const EPERM = 1;
const ENOSYS = 38;
const NUMBER_AT = 0;
const ARCHITECTURE_AT = 4;
const argumentAt = (index: number): number => 16 + 8 * index;

type Instruction = readonly [code: number, onTrue: number, onFalse: number, value: number];

/**
 * A filter of system calls for `bwrap --seccomp`: what no_new_privs, namespaces and capabilities leave open. Null on a
 * processor whose numbers are not known here.
 */
export function systemCallFilter(architecture: string = process.arch): Buffer | null {
  const known = ARCHITECTURES[architecture];
  if (known === undefined) return null;
  const { audit, column } = known;
  const refuse = (number: number, errno: number): Instruction[] => [
    [IF_EQUAL, 0, 1, number],
    [RETURN, 0, 0, fail(errno)],
  ];
  /** Loads one argument, compares it, and loads the number of the call again for what follows. */
  const refuseIf = (number: number, index: number, test: number, value: number): Instruction[] => [
    [IF_EQUAL, 0, 4, number],
    [LOAD, 0, 0, argumentAt(index)],
    [test, 0, 1, value],
    [RETURN, 0, 0, fail(EPERM)],
    [LOAD, 0, 0, NUMBER_AT],
  ];
  const program: Instruction[] = [
    [LOAD, 0, 0, ARCHITECTURE_AT],
    [IF_EQUAL, 1, 0, audit],
    // The same calls have other numbers for 32-bit programs.
    [RETURN, 0, 0, fail(ENOSYS)],
    [LOAD, 0, 0, NUMBER_AT],
    [IF_AT_LEAST, 0, 1, 0x40_00_00_00],
    [RETURN, 0, 0, fail(ENOSYS)],
    ...Object.values(REFUSED).flatMap((numbers) => refuse(numbers[column], EPERM)),
    // Its flags lie in memory, where a filter cannot look; the C library then uses the older call.
    ...refuse(CLONE3[column], ENOSYS),
    ...refuseIf(CLONE[column], 0, IF_ANY_BIT, CLONE_NEWUSER),
    ...refuseIf(UNSHARE[column], 0, IF_ANY_BIT, CLONE_NEWUSER),
    ...refuseIf(SOCKET[column], 0, IF_EQUAL, AF_VSOCK),
    ...TERMINAL_INPUT.flatMap((request) => refuseIf(IOCTL[column], 1, IF_EQUAL, request)),
    [RETURN, 0, 0, ALLOW],
  ];
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, onTrue, onFalse, value]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(onTrue, index * 8 + 2);
    bytes.writeUInt8(onFalse, index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  }
  return bytes;
}
