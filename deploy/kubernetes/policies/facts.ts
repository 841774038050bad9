import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultStopTimeoutMs, type Environment } from '@selfsame/runtime/config';
import { createLog } from '@selfsame/runtime/log';
import { repository } from '../../local/run.ts';
import {
  type Neighbourhood,
  type ServiceName,
  serviceEnvironment,
  serviceFacts,
  serviceNames,
} from '../../local/topology.ts';

/** `caller>callee`, for each service that the other's settings name. */
export const designedCalls: readonly string[] = readCalls();

function readCalls(): string[] {
  const key = Buffer.alloc(32).toString('base64');
  const ports = Object.fromEntries(
    serviceNames.map((name, index) => [name, { http: index + 1, grpc: index + 101 }]),
  ) as unknown as Neighbourhood['ports'];
  const around: Neighbourhood = {
    host: 'localhost',
    publicUrl: 'http://localhost',
    databaseUrl: 'postgres://localhost/selfsame',
    natsUrl: 'nats://localhost',
    secrets: { SESSION_TOKEN_KEY: key, POSTGRES_PASSWORD: key } as Neighbourhood['secrets'],
    keyFiles: { data: '/data.json', biometric: '/biometric.json' },
    imagesDirectory: '/images',
    ports,
  };
  return serviceNames.flatMap((caller) =>
    Object.entries(serviceEnvironment(caller, around)).flatMap(([name, address = '']) => {
      const callee = serviceNames.find((each) => address === `localhost:${ports[each].grpc}`);
      return name.endsWith('_GRPC') && callee !== undefined ? [`${caller}>${callee}`] : [];
    }),
  );
}

/** Services with tables, each with its schema, its role and its migration. */
export const owners: readonly string[] = serviceNames.filter((name) => serviceFacts[name].hasDatabase);
/** Services that answer gRPC. */
export const callees: readonly string[] = serviceNames.filter(
  (name) => serviceFacts[name].grpcPort !== undefined,
);

/** What each service cannot start without, besides what a ConfigMap says; with KEY_PROVIDER=environment. */
export const ownKeys: Readonly<Partial<Record<ServiceName, string>>> = {
  session: 'SESSION_TOKEN_KEY',
  biometrics: 'BIOMETRIC_KEY',
  'fraud-signals': 'SIGNALS_KEY',
  share: 'SHARE_KEY',
  'webhook-dispatcher': 'WEBHOOK_SECRET_KEY',
};

/** How long things take at most, as the code has it. */
export const durations = {
  /** Until everybody has heard that a replica goes: endpoints, gateways, resolved names. */
  hearingMs: 5_000,
  /** For a request to arrive. */
  arrivalMs: await httpRequestTimeoutMs(),
  /** For the slowest request, once it has arrived: the frames of a challenge, their assessment, the verdict. */
  judgementMs: await slowestJudgementMs(),
  /** For all closings of a process that has nothing under way. */
  closingMs: defaultStopTimeoutMs,
};

async function httpRequestTimeoutMs(): Promise<number> {
  const file = join(repository, 'libs/http/src/server.ts');
  const { createHttpServer } = (await import(file)) as {
    createHttpServer(options: object): { initialConfig: { requestTimeout?: number } };
  };
  const log = createLog('policies', 'fatal');
  const health = { live: () => true, ready: () => true, started: () => true };
  const { requestTimeout } = createHttpServer({ service: 'policies', log, health }).initialConfig;
  if (!requestTimeout) throw new Error('requests may arrive for ever');
  return requestTimeout;
}

async function slowestJudgementMs(): Promise<number> {
  const file = join(repository, 'services/capture/src/config.ts');
  const { readConfig } = (await import(file)) as {
    readConfig(
      environment: Environment,
    ): Record<'challengeTimeoutMs' | 'verdictWaitMs' | 'assessTimeoutMs' | 'verifyTimeoutMs', number>;
  };
  const places = ['SESSION_GRPC', 'BIOMETRICS_GRPC', 'FRAUD_SIGNALS_GRPC', 'SHARE_GRPC'];
  const config = readConfig({
    HTTP_PORT: '1',
    NATS_URL: 'nats://localhost',
    ...Object.fromEntries(places.map((name) => [name, 'localhost:1'])),
  });
  const lookMs = Math.max(config.challengeTimeoutMs, config.verifyTimeoutMs);
  return lookMs + config.assessTimeoutMs + config.verdictWaitMs;
}

/** How many connections to Postgres one process of an owner keeps at most. */
export const poolSizes: Readonly<Record<string, number>> = Object.fromEntries(
  owners.map((name) => [name, poolSize(name)]),
);

function poolSize(service: string): number {
  const read = (path: string) => readFileSync(join(repository, path), 'utf8');
  const code = read(`services/${service}/src/service.ts`);
  const opening = /openDatabase<\w+>\(\{[\s\S]*?\}\);/.exec(code)?.[0];
  if (opening === undefined) throw new Error(`how ${service} opens its database is not seen`);
  const usual = /maxConnections = (\d+)/.exec(read('libs/database/src/database.ts'))?.[1];
  const own = /const maxConnections = (\d+);/.exec(code)?.[1];
  const size = Number(opening.includes('maxConnections') ? own : usual);
  if (!(size > 0)) throw new Error(`the pool of ${service} has no size`);
  return size;
}

/** The names of all metrics that the sources make. */
export const metricNames: ReadonlySet<string> = new Set(
  ['libs', 'services'].flatMap((area) =>
    readdirSync(join(repository, area)).flatMap((each) => metricsIn(join(repository, area, each, 'src'))),
  ),
);

function metricsIn(folder: string): string[] {
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  return sources.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/'(selfsame_[a-z_]+)'/g)].flatMap(
      (match) => match[1] ?? [],
    ),
  );
}
