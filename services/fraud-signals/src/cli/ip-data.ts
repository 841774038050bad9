import { parseArgs } from 'node:util';
import { createLog } from '@selfsame/runtime/log';
import { openNetwork } from '../outbound/network/network.ts';

const usage = `usage: ip-data DIRECTORY [ADDRESS ...]
Opens databases and lists of IP addresses as the service does, says which are of use, and what they know of addresses.
Exit code 0: all files can be used; 1: one cannot, or the directory cannot be read, and why is told; 3: it could not be tried.`;
const exitCodes = { fine: 0, broken: 1, failed: 3 };

/** `pnpm ip-data DIRECTORY`: looks before the service does. */
try {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(process.argv[2] === '--' ? 3 : 2), // some runners hand the separator on
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    process.exit(exitCodes.fine);
  }
  const [directory, ...addresses] = positionals;
  if (!directory) throw new Error(usage);
  process.exitCode = await show(directory, addresses);
} catch (error) {
  console.error(error instanceof Error ? error.message : 'ip-data failed');
  process.exitCode = exitCodes.failed;
}

async function show(directory: string, addresses: readonly string[]): Promise<number> {
  const network = await openNetwork({ directory, log: createLog('ip-data', 'warn') });
  const { files, isDegraded } = network.status();
  for (const { name, state, code, builtAt } of files) {
    console.log(
      `${state.padEnd(8)} ${builtAt?.toISOString().slice(0, 10) ?? '-'.padEnd(10)} ${name} ${code ?? ''}`,
    );
  }
  if (files.length === 0) console.log('there are no databases and no lists');
  for (const address of addresses) {
    const known = [...network.look(address).facts].filter(([, value]) => value !== null);
    console.log(`\n${address}`);
    for (const [name, value] of known) console.log(`  ${name} ${value}`);
  }
  await network.close();
  return isDegraded ? exitCodes.broken : exitCodes.fine;
}
