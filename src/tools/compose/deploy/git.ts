import { dirname } from 'node:path';
import type { ActionContext } from '../../../core/context.ts';
import { isInside } from '../../../core/inside.ts';
import { type StackStage, editsOf } from './stage.ts';

/** Branches on which nobody commits who is not a person. */
const PROTECTED = 'main|master|trunk|stable|prod|production|release|release[-/]*';

/**
 * Git's own plumbing alone, on an index of its own: nothing that a repository may name is run, be it hooks, filters, a
 * monitor of files or a program that signs. What somebody has put into the index stays there.
 */
const SCRIPT = `
leave() { echo "left as they are: $1"; exit 0; }
g() { git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.alternateRefsCommand= -c gc.auto=0 -c maintenance.auto=false "$@"; }
top=$(g rev-parse --show-toplevel 2>/dev/null) || leave 'in no repository'
own=$(g rev-parse --absolute-git-dir)
branch=$(g symbolic-ref -q HEAD) || leave 'no branch is checked out'
head=$(g rev-parse -q --verify HEAD) || leave 'the branch has no commit yet'
case "\${branch#refs/heads/}" in ${PROTECTED}) leave "\${branch#refs/heads/} is a protected branch";; esac
inside=
for root in "\${ROOTS[@]}"; do case "$top/" in "$root"/*) case "$own/" in "$root"/*) inside=1;; esac;; esac; done
[ -n "$inside" ] || leave 'the repository lies outside the roots'
for state in MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD rebase-merge rebase-apply; do [ ! -e "$own/$state" ] || leave 'git is in the middle of something'; done
index="$own/homeostat-$ACTION"
trap 'rm -f "$index" "$index.lock"' EXIT
GIT_INDEX_FILE="$index" g read-tree "$head" || leave 'git cannot read its own commit'
put=()
for at in "\${!FILES[@]}"; do
  file="\${FILES[$at]}"
  case "$file" in "$top"/*) ;; *) continue;; esac
  g check-ignore -q -- "$file" && continue
  blob=$(g hash-object -w --no-filters -- "$file") || leave 'git cannot keep a file'
  [ "$(g cat-file blob "$blob" | sha256sum | cut -d' ' -f1)" = "\${DIGESTS[$at]}" ] || leave 'a file has changed meanwhile'
  mode=$(g ls-files -s --format='%(objectmode)' -- "$file" 2>/dev/null)
  put+=("\${mode:-100644},$blob,\${file#"$top"/}")
done
for one in "\${put[@]}"; do (cd "$top" && GIT_INDEX_FILE="$index" g update-index --add --cacheinfo "$one") || leave 'git refuses a file'; done
tree=$(GIT_INDEX_FILE="$index" g write-tree) || leave 'git cannot write a tree'
[ "$tree" != "$(g rev-parse "$head^{tree}")" ] || leave 'committed already'
commit=$(g commit-tree "$tree" -p "$head" -m "$MESSAGE") || leave 'git cannot make a commit'
g update-ref -m 'homeostat: deploy' "$branch" "$commit" "$head" || leave 'the branch has moved'
for one in "\${put[@]}"; do (cd "$top" && g update-index --add --cacheinfo "$one"); done
echo "$commit on \${branch#refs/heads/}"
`;

const IDENTITY = ['AUTHOR', 'COMMITTER'].flatMap((who) => [
  [`GIT_${who}_NAME`, 'homeostat'],
  [`GIT_${who}_EMAIL`, 'homeostat@localhost'],
]);

const GIT_MS = 20_000;

/** Commits the Compose files of a deploy that is healthy, and nothing else; says what it did, or why not. */
export async function commitFiles(
  { project, sources, files, edits }: StackStage,
  ctx: ActionContext,
): Promise<string> {
  const own = sources.filter(
    (path) => !ctx.isSecret(path) && ctx.workspace.roots.some((root) => isInside(path, root)),
  );
  const [first] = own;
  if (first === undefined) return 'left as they are: no file that may be committed';
  const digests = {
    ...files,
    ...Object.fromEntries(editsOf({ edits }).map(({ path, after }) => [path, after?.digest])),
  };
  const list = (texts: readonly string[]): string => texts.map(quoted).join(' ');
  const lists = [
    `ROOTS=(${list(ctx.workspace.roots)})`,
    `FILES=(${list(own)})`,
    `DIGESTS=(${list(own.map((path) => digests[path] ?? ''))})`,
  ];
  const ran = await ctx.commands.run({
    line: `${lists.join('\n')}\n${SCRIPT}`,
    cwd: dirname(first),
    env: {
      ...Object.fromEntries(IDENTITY),
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      HOME: '/nonexistent',
      ACTION: ctx.actionId,
      MESSAGE: `Deploy ${project}\n\n${ctx.reason}\n\nHomeostat-Action: ${ctx.actionId}\n`,
    },
    timeoutMs: GIT_MS,
    outputBytes: 2000,
    actionId: ctx.actionId,
    signal: ctx.signal,
  });
  return ran.stdout.trim() || `left as they are: ${ran.stderr.trim().slice(0, 200)}`;
}

/** One word of a shell line. */
const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
