#!/usr/bin/env node
import { doctor, doctorUsage } from './doctor/command.ts';
import { trace, traceUsage } from './trace/command.ts';

const usage = `${traceUsage}\n\n${doctorUsage}`;

/** `pnpm selfsame`: what operators ask at a terminal. */
try {
  const [command, ...args] = process.argv.slice(process.argv[2] === '--' ? 3 : 2); // some runners hand the separator on
  if (command === 'trace') process.exitCode = await trace(args, process.env);
  else if (command === 'doctor') process.exitCode = await doctor(args, process.env);
  else {
    const isAsked = command === undefined || command === '--help' || command === '-h' || command === 'help';
    (isAsked ? process.stdout : process.stderr).write(`${usage}\n`);
    process.exitCode = isAsked ? 0 : 1;
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : 'selfsame failed'}\n`);
  process.exitCode = 1;
}
// What hangs somewhere may hold a connection open; everything is said by now.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((said) => stream.write('', said))),
);
process.exit();
