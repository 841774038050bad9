import { run } from '@selfsame/runtime/lifecycle';
import { readConfig } from './config.ts';
import { createService } from './service.ts';

await run('capture', async (lifecycle, log, environment) => {
  const { httpPort } = await createService(readConfig(environment), lifecycle, log);
  log.info({ httpPort }, 'capture is ready');
});
