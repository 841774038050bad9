import { run } from '@selfsame/runtime/lifecycle';
import { readConfig } from './config.ts';
import { createService } from './service.ts';

await run('session', async (lifecycle, log, environment) => {
  await createService(readConfig(environment), lifecycle, log);
});
