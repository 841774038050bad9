import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readSettings, type Setting, setting, sharedSettings } from '@selfsame/runtime/config';
import { Failure } from '@selfsame/runtime/errors';
import { run } from '@selfsame/runtime/lifecycle';
import { createRouter, readRules } from '../routes.ts';
import { createEdge, type Upstream } from './edge.ts';
import type { TlsFiles } from './edge-tls.ts';

const drainMs = 1500;

function upstream(name: string, port: number): Setting<string> {
  return setting.string(name, {
    default: `127.0.0.1:${port}`,
    pattern: /^[^:/\s,]+:\d+(,[^:/\s,]+:\d+)*$/,
    hint: 'host:port, several with commas between them',
  });
}

function parseUpstreams(addresses: string): Upstream[] {
  return addresses.split(',').map((address) => {
    const [host = '', port] = address.split(':');
    return { host, port: Number(port) };
  });
}

/** PEM files, if https is wanted. @throws Failure when only one is named, one cannot be read, or they are not of each other */
function tlsFiles(cert: string, key: string): TlsFiles | undefined {
  if (cert === '' && key === '') return undefined;
  const read = (variable: string, path: string) => {
    try {
      return readFileSync(path, 'utf8');
    } catch (cause) {
      const remedy = `${variable} must name a PEM file that can be read; https needs EDGE_TLS_CERT and EDGE_TLS_KEY.`;
      throw new Failure('invalid', 'tls_files_missing', remedy, { cause });
    }
  };
  const files = { cert: read('EDGE_TLS_CERT', cert), key: read('EDGE_TLS_KEY', key) };
  if (belongTogether(files)) return files;
  const remedy = 'EDGE_TLS_CERT must name a certificate and EDGE_TLS_KEY its key, both as PEM.';
  throw new Failure('invalid', 'tls_files_unfit', remedy);
}

function belongTogether({ cert, key }: TlsFiles): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

await run('edge', async (lifecycle, log, environment) => {
  const settings = readSettings(
    {
      host: sharedSettings.host,
      httpPort: sharedSettings.httpPort,
      session: upstream('SESSION_HTTP', 8081),
      capture: upstream('CAPTURE_HTTP', 8082),
      biometrics: upstream('BIOMETRICS_HTTP', 8083),
      'fraud-signals': upstream('FRAUD_SIGNALS_HTTP', 8086),
      share: upstream('SHARE_HTTP', 8087),
      'webhook-dispatcher': upstream('WEBHOOK_DISPATCHER_HTTP', 8084),
      demo: upstream('DEMO_HTTP', 8085),
      tlsCert: setting.string('EDGE_TLS_CERT', { default: '' }),
      tlsKey: setting.string('EDGE_TLS_KEY', { default: '' }),
    },
    environment,
  );
  const tls = tlsFiles(settings.tlsCert, settings.tlsKey);
  const server = createEdge({
    ...(tls === undefined ? {} : { tls }),
    route: createRouter(readRules()),
    upstreams: {
      session: parseUpstreams(settings.session),
      capture: parseUpstreams(settings.capture),
      biometrics: parseUpstreams(settings.biometrics),
      'fraud-signals': parseUpstreams(settings['fraud-signals']),
      share: parseUpstreams(settings.share),
      'webhook-dispatcher': parseUpstreams(settings['webhook-dispatcher']),
      demo: parseUpstreams(settings.demo),
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
