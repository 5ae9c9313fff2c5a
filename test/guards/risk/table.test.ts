import { expect, test } from 'vitest';
import { assess } from '../../helpers/assess.ts';

/** Lines by the level and reversibility that they are assessed at. */
const TABLE: Record<string, readonly string[]> = {
  'SAFE reversible': [
    'ls -la src',
    'cat a.txt | sort -u | head -3',
    'grep -rn "rm -rf /" docs',
    "echo 'rm -rf /'",
    'echo hi # ; rm -rf /',
    "cat <<'EOF'\n$(rm -rf src)\nEOF",
    "find . -name '*.ts' | wc -l",
    'n=1; echo $((n+1))',
    'for i in 1 2 3; do echo $((i*2)); done',
    'for f in a b; do echo "$f"; done',
    '[ -n "$X" ] && echo yes',
    'while IFS= read -r l; do echo "$l"; done < a.txt',
    'set -euo pipefail; cd src && ls',
    'export CI=1; ls',
    'git status && git log --oneline -5',
    'sed -n 1,5p a.txt',
    'date -d yesterday +%F',
    '/usr/bin/ls',
    'x=1',
    'echo x 2>&1',
    'ls > /dev/null 2>&1',
    'ls > /dev/stderr',
  ],
  'LOW reversible': [
    'touch a b',
    'mkdir -p a/b',
    'echo x > out.txt',
    '> a.txt',
    'echo x >> sub/a.txt',
    '{ ls; } > list',
  ],
  'MEDIUM reversible': [
    'rm a.txt',
    '/bin/rm a.txt',
    'mv a b',
    'cp a b',
    'chmod 644 a.txt',
    'tee out.txt < a.txt',
    "sed -i 's/a b/c/' a.txt",
    'git commit -m "rm -rf /"',
    'cd sub && rm a.txt',
  ],
  'MEDIUM irreversible': [
    'make test',
    './ls',
    'bash build.sh',
    'eval ls',
    'source x',
    'env ls',
    'xargs rm',
    'cat "$X"',
    'cat x >&$F',
    'find . "$X"',
    'shopt -s cdable_vars',
    'set -k',
  ],
  'HIGH reversible': [
    'rm -rf src',
    'rm -f -r src',
    'git reset --hard',
    '\\rm -rf src',
    "$'\\x72m' -rf src",
    "r''m -rf src",
  ],
  'HIGH compensable': ['git push', 'docker restart web'],
  'HIGH irreversible': [
    'echo x > /etc/passwd',
    'echo x >| /etc/passwd',
    'echo x &> /etc/passwd',
    'echo x >& /etc/passwd',
    'echo x <> /etc/passwd',
    'echo x {fd}> /etc/passwd',
    '{ echo x; } > /etc/passwd',
    '(echo x) >> /etc/passwd',
    'if true; then echo; fi > /etc/passwd',
    'while read -r l; do echo; done < a > /etc/passwd',
    'case x in x) echo;; esac > /etc/passwd',
    '[[ a ]] > /etc/passwd',
    'f() { echo; } > /etc/passwd; f',
    'cp a /etc/x',
    'cp --target-directory=/etc a',
    'cp -t/etc a',
    'ln -s /etc x',
    // As root each of these replaces or changes the device for the whole machine.
    'ln -sf a /dev/null',
    'chmod 600 /dev/null',
    'cp a /dev/zero',
    'rm -rf $X',
    'cat .env',
    'cat < .env',
    'x=$(<.env)',
    'echo x > .env',
    'cat < /dev/tcp/example.com/80',
    'curl https://example.com',
    'sudo ls',
    'kill -9 1',
    'PATH=/tmp ls',
    'LD_PRELOAD=./x.so ls',
    'export PATH=/tmp; ls',
    'unset PATH; ls',
    'printf -v PATH /tmp; ls',
    'read PATH <<< /tmp; ls',
    'for PATH in /tmp; do ls; done',
    ': ${CDPATH:=/}; cd etc; rm hosts',
    'RIPGREP_CONFIG_PATH=./rc rg x',
    'XDG_CONFIG_HOME=. git status',
    '{rm,-rf,src}',
    '$X -rf src',
    'echo "',
    'if true; then',
    'rm -rf (',
    'find . -delete',
  ],
  'CRITICAL irreversible': [
    'rm -rf /etc',
    'rm -rf ~',
    'rm "$HOME/x"',
    'rm link/x',
    'rm /dev/null',
    'mv a /dev/null',
    'rm link/../hosts',
    'cd link; rm x',
    'cd /etc && rm hosts',
    'cd -- /etc; rm hosts',
    'echo x > .git/hooks/pre-commit',
    'cp a .mcp.json',
    'rm deploy/x.lock',
    'cat /w/state/state.db',
    'rm -r ../state',
    'ls /w/config',
    'homeostat approve x',
    "bash -c 'rm -rf /'",
    'shred a',
  ],
  'DESTRUCTIVE irreversible': [
    'rm -rf /',
    'rm -rf .',
    'rm -rf ../root',
    'ls && rm -rf /',
    'rm -r -- /w/root/',
  ],
};

for (const [expected, lines] of Object.entries(TABLE)) {
  test.each(lines)(`${expected}: %s`, (line) => {
    const risk = assess(line);
    expect(`${risk.level} ${risk.reversibility}`).toBe(expected);
  });
}

test('a variable that the caller hands over counts like one in the line', () => {
  expect(assess('ls', { LD_PRELOAD: './x.so' }).level).toBe('HIGH');
  expect(assess('echo $((a))', { a: 'x[$(rm y)]' }).level).toBe('HIGH');
  expect(assess('ls', { CI: '1' }).level).toBe('SAFE');
});

test('a factor names its rule and shows the part of the line that it speaks of', () => {
  const factor = assess('ls; rm -rf src').factors.find((f) => f.rule === 'removes-trees');
  expect(factor).toMatchObject({ level: 'HIGH', evidence: 'rm -rf src' });
  expect(assess(`rm -rf ${'x'.repeat(500)}`).factors.every((f) => f.evidence.length <= 160)).toBe(true);
});
