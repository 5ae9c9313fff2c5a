/** Folders of tests that leave nothing behind in their process: one process, with all that it has loaded, serves many files. */
export const SHARING: readonly string[] = [
  'attacks',
  'cli',
  'contract',
  'core',
  'docker',
  'e2e',
  'golden',
  'guards',
  'http',
  'registry',
  'runner',
  'tools',
];
