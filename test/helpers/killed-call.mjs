// Makes one tool call in a process that ends itself by SIGKILL at a step of the pipeline, the n-th time it comes there.
// Arguments: the built package's app.js, the step, n, the tool, its input as JSON.
const [, , module, step, nth, tool, input] = process.argv;
const { openApp } = await import(module);
let seen = 0;
const app = openApp({
  trace: (at) => {
    if (at === step && ++seen === Number(nth)) process.kill(process.pid, 'SIGKILL');
  },
});
const report = await app.gateway.call(tool, JSON.parse(input), {
  principal: { client: 'test', card: null, user: 'tester' },
  cwd: process.cwd(),
  announced: null,
  signal: new AbortController().signal,
});
process.stdout.write(JSON.stringify(report));
await app.gateway.close();
