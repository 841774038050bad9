import { run } from '@selfsame/runtime/lifecycle';
import { readConfig } from './config.ts';
import { createService, serviceName } from './service.ts';

await run(serviceName, async (lifecycle, log, environment) => {
  const config = readConfig(environment);
  const ports = await createService({ config, lifecycle, log });
  lifecycle.ready();
  log.info({ grpc_port: ports.grpcPort, http_port: ports.httpPort, workers: config.workers }, 'ready');
});
