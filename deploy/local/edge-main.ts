import { once } from 'node:events';
import { readSettings, type Setting, setting, sharedSettings } from '@selfsame/runtime/config';
import { run } from '@selfsame/runtime/lifecycle';
import { createRouter, readRules } from '../routes.ts';
import { createEdge, type Upstream } from './edge.ts';

const drainMs = 1500;

function upstream(name: string, port: number): Setting<string> {
  return setting.string(name, { default: `127.0.0.1:${port}`, pattern: /^[^:/\s]+:\d+$/, hint: 'host:port' });
}

function parseUpstream(address: string): Upstream {
  const [host = '', port] = address.split(':');
  return { host, port: Number(port) };
}

await run('edge', async (lifecycle, log, environment) => {
  const settings = readSettings(
    {
      host: sharedSettings.host,
      httpPort: sharedSettings.httpPort,
      session: upstream('SESSION_HTTP', 8081),
      capture: upstream('CAPTURE_HTTP', 8082),
      'webhook-dispatcher': upstream('WEBHOOK_DISPATCHER_HTTP', 8084),
      demo: upstream('DEMO_HTTP', 8085),
    },
    environment,
  );
  const server = createEdge({
    route: createRouter(readRules()),
    upstreams: {
      session: parseUpstream(settings.session),
      capture: parseUpstream(settings.capture),
      'webhook-dispatcher': parseUpstream(settings['webhook-dispatcher']),
      demo: parseUpstream(settings.demo),
    },
    onUpstreamError: (service, code) => log.warn({ service, code }, 'service not reached'),
  });
  server.listen(settings.httpPort, settings.host);
  await once(server, 'listening');
  lifecycle.onStop('edge', async () => {
    const closed = once(server, 'close');
    server.close();
    setTimeout(() => server.closeAllConnections(), drainMs).unref();
    await closed;
  });
  lifecycle.ready();
});
