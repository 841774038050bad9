import { ConfigError, readConfig } from './config.ts';
import { createDemo } from './server.ts';

/** Environment → configuration → server → wait for the signal → stop. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const demo = await createDemo(config);
  await demo.listen({ host: config.host, port: config.port });

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      setTimeout(() => process.exit(1), 8_000).unref();
      void demo.close().then(() => process.exit(0));
    });
}

try {
  await main();
} catch (error) {
  const words = error instanceof Error ? error.message : String(error);
  process.stderr.write(error instanceof ConfigError ? `demo: configuration\n${words}\n` : `demo: ${words}\n`);
  process.exit(1);
}
