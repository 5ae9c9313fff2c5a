#!/usr/bin/env node
// Only what every start needs is imported here: a client waits for the handshake.
const args = process.argv.slice(2);
const [first] = args;
/** Options that may stand before the command, and take a value. */
const VALUED = /^--(config|root|agent|run-id|toolsets)$/;
const command = args.findIndex((arg, at) => !arg.startsWith('-') && !VALUED.test(args[at - 1] ?? ''));

if ((first === undefined && !process.stdin.isTTY) || args[command] === 'serve') {
  const { serve } = await import('./cli/serve.ts');
  await serve(args.filter((_, at) => at !== command));
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
