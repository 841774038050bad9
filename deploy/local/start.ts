import { relative, resolve } from 'node:path';
import { ConfigError, readSettings, setting } from '@selfsame/runtime/config';
import { Failure } from '@selfsame/runtime/errors';
import { startSystem } from './system.ts';

/** What `npm start` runs once dependencies are there: the whole system until Ctrl-C. */
async function main(): Promise<void> {
  const stopping = new AbortController();
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) {
    // A terminal and a parent may both send one; further ones find the stop under way.
    process.on(event, () => stopping.abort());
  }
  // The channel only tells when the parent is gone; it must not keep this process alive.
  process.channel?.unref();
  const settings = readSettings(
    {
      port: setting.integer('SELFSAME_PORT', { default: 8080, min: 0, max: 65_535 }),
      dataDirectory: setting.string('SELFSAME_DATA_DIR', { default: '.selfsame' }),
    },
    process.env,
  );
  const dataDirectory = resolve(settings.dataDirectory);
  const shown = relative(process.cwd(), dataDirectory) || '.';
  console.log(`Selfsame starts; data and logs are in ${shown.startsWith('..') ? dataDirectory : shown}`);
  try {
    const system = await startSystem({
      dataDirectory,
      port: settings.port,
      build: true,
      verbose: process.argv.includes('--verbose'),
      report: (line) => console.log(`  ${line}`),
      signal: stopping.signal,
    });
    console.log(`Selfsame is ready at ${system.baseUrl}`);
    await new Promise<void>((done) => {
      if (stopping.signal.aborted) done();
      stopping.signal.addEventListener('abort', () => done());
    });
    console.log('Selfsame stops');
    await system.stop();
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  }
}

try {
  await main();
  process.exit(0);
} catch (error) {
  const isExpected = error instanceof Failure || error instanceof ConfigError;
  console.error(isExpected ? error.message : error);
  process.exit(1);
}
