#!/usr/bin/env node
// Only what every start needs is imported here: a client waits for the handshake.
const [, , first] = process.argv;
const speaksMcp = first === undefined && !process.stdin.isTTY;

if (speaksMcp || first === 'serve') {
  const { serve } = await import('./cli/serve.ts');
  await serve(process.argv.slice(speaksMcp ? 2 : 3));
} else if (first === 'hook') {
  const { hook } = await import('./cli/hook.ts');
  await hook(process.argv.slice(3));
} else if (first === 'assess') {
  const { assessMain } = await import('./cli/assess-main.ts');
  await assessMain(process.argv);
} else if (first === 'inference') {
  const { serveInference } = await import('./runner/inference.ts');
  serveInference();
} else {
  const { main } = await import('./cli/program.ts');
  await main(process.argv);
}
