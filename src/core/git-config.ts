/** Sections of a repository's configuration with the keys in them that make git run nothing (git-config(1)). */
const PLAIN: Readonly<Record<string, readonly string[]>> = {
  core: [
    'repositoryformatversion',
    'filemode',
    'bare',
    'logallrefupdates',
    'ignorecase',
    'precomposeunicode',
    'symlinks',
  ],
  remote: ['url', 'fetch', 'tagopt', 'mirror', 'promisor', 'partialclonefilter'],
  branch: ['remote', 'merge', 'rebase'],
  extensions: ['objectformat', 'partialclone'],
};

/**
 * Whether a repository's configuration is such as `git init` and `git clone` write: known keys alone, none of which
 * names a program, and no address with a helper of its own.
 */
export function isPlainGitConfig(text: string): boolean {
  let keys: readonly string[] | undefined;
  return text.split('\n').every((line) => {
    const bare = line.trim();
    if (bare === '' || /^[#;]/.test(bare)) return true;
    const section = /^\[([a-z]+)(?: "[^"\\]*")?\]$/i.exec(bare)?.[1];
    if (section !== undefined) {
      keys = PLAIN[section.toLowerCase()];
      return keys !== undefined;
    }
    const [, key = '', value = ''] = /^([a-z]+) = ([^\\"]*)$/i.exec(bare) ?? [];
    return keys?.includes(key.toLowerCase()) === true && !/::|^\s*-|^\s*ext/.test(value);
  });
}
