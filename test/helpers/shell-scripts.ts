import { fc } from './seeded.ts';

/** Two names that are not UTF-8, one with a line break, one with a space, and links that lead to some of them. */
const NAMES = ['a', 'b', 'c', `'d e'`, '"$BYTES"', '"$BREAK"'];
const PRELUDE = String.raw`P=; BYTES=$(printf 'n\377\376'); BREAK=$(printf 'x\ny')
guard() { [ ! -p "$1" ] && [ ! -d "$1" ]; }
python() { python3 -ISc "import os, struct, sys; path = os.fsencode(sys.argv[1]); $1" "$2" "$3"; }
xattr() { python 'os.setxattr(path, "user.x", os.fsencode(sys.argv[2]))' "$@"; }
unxattr() { python 'os.removexattr(path, "user.x")' "$@"; }
acl() { python 'any = 0xffffffff; os.setxattr(path, "system.posix_acl_" + sys.argv[2], struct.pack("<I", 2) +
  b"".join(struct.pack("<HHI", *e) for e in [(1, 6, any), (2, 5, 7), (4, 4, any), (16, 4, any), (32, 0, any)]))' "$@"; }
swap() { mv -T "$1" "$P"t.swap && mv -T "$2" "$1"; mv -T "$P"t.swap "$2"; }
exec 2>/dev/null
`;

const name = fc.constantFrom(...NAMES);
const path = fc
  .oneof(
    { weight: 3, arbitrary: fc.array(name, { minLength: 1, maxLength: 1 }) },
    { weight: 3, arbitrary: fc.array(name, { minLength: 2, maxLength: 2 }) },
    { weight: 1, arbitrary: fc.array(name, { minLength: 3, maxLength: 3 }) },
  )
  .map((names) => `"$P"${names.join('/')}`);
const text = fc.constantFrom('one', 'two', 'three words here');
const mode = fc.constantFrom('600', '644', '755', '4711', '1777');
const owner = fc.constantFrom('0:0', '12:34', '5:0');
const date = fc.constantFrom('2001-01-01 01:02:03.123456789', '1969-07-20 20:17:40.5', '2030-12-31');

type Words = readonly [weight: number, line: fc.Arbitrary<string>];
const line = (...[weight, arbitrary]: Words): { weight: number; arbitrary: fc.Arbitrary<string> } => ({
  weight,
  arbitrary,
});
const one = (weight: number, make: (p: string) => string): ReturnType<typeof line> =>
  line(weight, path.map(make));
const two = (weight: number, make: (p: string, q: string) => string): ReturnType<typeof line> =>
  line(
    weight,
    fc.tuple(path, path).map(([p, q]) => make(p, q)),
  );
const withValue = (
  weight: number,
  value: fc.Arbitrary<string>,
  make: (p: string, value: string) => string,
): ReturnType<typeof line> =>
  line(
    weight,
    fc.tuple(path, value).map(([p, v]) => make(p, v)),
  );

interface Kinds {
  readonly hardLinks: boolean;
  /** Lists of access that name somebody else, whom a user's own namespace does not know. */
  readonly lists: boolean;
}

/** Lines that make and change everything that a tree can hold; those that cannot be done fail and are passed over. */
const statement = ({ hardLinks, lists }: Kinds): fc.Arbitrary<string> =>
  fc.oneof(
    withValue(6, text, (p, v) => `guard ${p} && echo ${v} >${p}`),
    withValue(4, text, (p, v) => `guard ${p} && echo ${v} >>${p}`),
    withValue(2, text, (p, v) => `guard ${p} && echo ${v} >"$P"t.new && mv -fT "$P"t.new ${p}`),
    withValue(1, fc.constantFrom('0', '3', '300000'), (p, v) => `guard ${p} && truncate -s ${v} ${p}`),
    one(1, (p) => `guard ${p} && printf x | dd of=${p} bs=1 seek=200000 conv=notrunc`),
    one(6, (p) => `mkdir -p ${p}`),
    one(2, (p) => `rm -f ${p}; mkdir ${p}`),
    one(3, (p) => `rm -rf ${p}`),
    one(2, (p) => `rm -rf ${p}; mkdir -p ${p}/c`),
    two(5, (p, q) => `mv -fT ${p} ${q}`),
    two(4, (p, q) => `mv -f ${p} ${q}/`),
    two(3, (p, q) => `swap ${p} ${q}`),
    two(hardLinks ? 4 : 0, (p, q) => `ln -PT ${p} ${q}`),
    two(1, (p, q) => `ln -sfT ${p} ${q}`),
    // A folder copied into itself has in it what cp happens to see.
    two(1, (p, q) => (q.startsWith(`${p}/`) ? 'true' : `cp -aT ${p} ${q}`)),
    withValue(3, mode, (p, v) => `chmod ${v} ${p}`),
    withValue(2, owner, (p, v) => `chown -h ${v} ${p}`),
    withValue(2, date, (p, v) => `touch -h -d '${v}' ${p}`),
    withValue(1, text, (p, v) => `xattr ${p} '${v}'`),
    one(1, (p) => `unxattr ${p}`),
    withValue(lists ? 1 : 0, fc.constantFrom('access', 'default'), (p, v) => `acl ${p} ${v}`),
    one(1, (p) => `mkfifo ${p}`),
    one(1, (p) => `guard ${p} && sed -i s/one/ONE/ ${p}`),
  );

/** A shell script of at most so many lines. */
export const shellScript = (most: number, kinds: Partial<Kinds> = {}): fc.Arbitrary<string> =>
  fc
    .array(statement({ hardLinks: true, lists: true, ...kinds }), { minLength: 1, maxLength: most })
    .map((lines) => PRELUDE + lines.join('\n'));

/** The same script on other paths: each begins with the prefix, and those of no two prefixes meet. */
export const under = (prefix: string, script: string): string => script.replace('P=;', `P='${prefix}';`);
