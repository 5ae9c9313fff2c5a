// Runs a line in the sandbox of the built package and waits, so that a test can kill this process in the midst of it.
// Arguments: the package's folder, a folder with root, state, store and session in it, the line; `stay` to go on then.
const [, , folder, base, line, then] = process.argv;
const { openSandbox } = await import(`${folder}/dist/host/sandbox/open-sandbox.js`);
const { readSandbox } = await import(`${folder}/dist/registry/sandbox.js`);
const data = readSandbox(`${folder}/registry`);
const sandbox = openSandbox({
  stateFolder: `${base}/state`,
  ownFolders: [],
  data,
  env: process.env,
  home: `${base}/home`,
});
await sandbox.probe();
process.stdout.write('ready\n');
await sandbox.run({
  line,
  cwd: `${base}/root`,
  env: {},
  timeoutMs: 60_000,
  outputBytes: 1000,
  actionId: 'killed',
  signal: new AbortController().signal,
  layers: [{ root: `${base}/root`, folder: `${base}/store/killed${process.pid}` }],
  network: false,
  session: `${base}/session`,
  limits: { processes: 100, memoryBytes: 1e9, cpuSeconds: 60, writtenBytes: 1e9 },
});
sandbox.ahead();
process.stdout.write('ran\n');
if (then === 'stay') setInterval(() => undefined, 1000);
