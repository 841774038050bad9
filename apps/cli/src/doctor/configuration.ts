import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig as biometricsConfig } from '@selfsame/biometrics/config';
import { readConfig as captureConfig } from '@selfsame/capture/config';
import type { ServiceName } from '@selfsame/deploy/topology';
import { readConfig as signalsConfig } from '@selfsame/fraud-signals/config';
import { ConfigError, type Environment } from '@selfsame/runtime/config';
import { readConfig as sessionConfig } from '@selfsame/session/config';
import { readConfig as shareConfig } from '@selfsame/share/config';
import { readConfig as webhookConfig } from '@selfsame/webhook-dispatcher/config';
import { type Check, failed, lineOf, ok, type Result, warning } from './check.ts';
import type { Deployment, ServicePlace } from './deployment.ts';

/** Each service reads its own, as it does at its start. */
const readers: Readonly<Record<ServiceName, (environment: Environment) => object>> = {
  session: sessionConfig,
  capture: captureConfig,
  biometrics: biometricsConfig,
  'fraud-signals': signalsConfig,
  share: shareConfig,
  'webhook-dispatcher': webhookConfig,
};

/** Settings that mean something only when all services have them alike. */
const common = [
  'NATS_URL',
  'NATS_STREAM_REPLICAS',
  'NATS_STREAM_MAX_BYTES',
  'NATS_STREAM_MAX_AGE_HOURS',
  'NATS_DUPLICATE_WINDOW_SECONDS',
];

export function configurationChecks({ services }: Deployment): Check[] {
  const own = services.map(
    (service): Check => ({
      area: 'configuration',
      check: service.name,
      run: async () => readOne(service),
    }),
  );
  return [
    ...own,
    { area: 'configuration', check: 'common settings', run: async () => [compareAll(services)] },
  ];
}

function readOne({ name, environment }: ServicePlace): Result[] {
  try {
    readers[name](environment);
  } catch (error) {
    const mistakes = error instanceof ConfigError ? error.mistakes : [lineOf(error)];
    return mistakes.map((mistake) => failed(mistake, `set it as docs/run.md says, and start ${name} again`));
  }
  const folder = folderOf(name, environment);
  if (folder !== undefined && !existsSync(folder.path))
    return [failed(`${folder.variable} names ${folder.path}, which is not there`, folder.remedy)];
  return [ok('read')];
}

function folderOf(name: ServiceName, environment: Environment) {
  const { CAPTURE_PAGE_DIRECTORY: page, SIGNALS_IP_DATA: data } = environment;
  if (name === 'capture' && page)
    return {
      variable: 'CAPTURE_PAGE_DIRECTORY',
      path: join(page, 'index.html'),
      remedy: 'build the page: pnpm build',
    };
  if (name === 'fraud-signals' && data)
    return {
      variable: 'SIGNALS_IP_DATA',
      path: data,
      remedy: 'put databases of addresses there: docs/ip-data.md',
    };
  return undefined;
}

function compareAll(services: readonly ServicePlace[]): Result {
  const differing = common.filter(
    (variable) => new Set(services.map(({ environment }) => environment[variable] ?? '')).size > 1,
  );
  const urls = new Set(services.flatMap(({ environment }) => environment.PUBLIC_BASE_URL ?? []));
  if (urls.size > 1) differing.push('PUBLIC_BASE_URL');
  if (differing.length === 0) return ok('the same for all services');
  const text = `${differing.join(', ')} ${differing.length === 1 ? 'differs' : 'differ'} between services`;
  return warning(text, 'give all services the same: whoever starts last would win');
}
