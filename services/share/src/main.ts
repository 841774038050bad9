import { run } from '@selfsame/runtime/lifecycle';
import { readConfig } from './config.ts';
import { createService, serviceName } from './service.ts';

await run(serviceName, async (lifecycle, log, environment) => {
  const config = readConfig(environment);
  const { httpPort, grpcPort } = await createService({ config, lifecycle, log });
  lifecycle.ready();
  log.info({ http_port: httpPort, grpc_port: grpcPort }, 'ready');
});
