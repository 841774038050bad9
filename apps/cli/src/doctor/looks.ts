import { diagnoseStream, type StreamDiagnosis } from '@selfsame/bus/diagnosis';
import { busSettings } from '@selfsame/bus/settings';
import { type AnyTables, type Database, openDatabase } from '@selfsame/database/database';
import { type ServiceName, serviceFacts } from '@selfsame/deploy/topology';
import { readSettings } from '@selfsame/runtime/config';
import { once } from './check.ts';
import type { ClockSample } from './clock.ts';
import type { Deployment, ServicePlace } from './deployment.ts';

/** An answer of a service's HTTP port. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly clock: ClockSample | undefined;
}

/** What several checks look at, each looked at once. */
export interface Looks {
  /** As the service's role, without minding its migrations. */
  database(name: ServiceName): Promise<Database<AnyTables>>;
  stream(): Promise<StreamDiagnosis>;
  /** `/readyz` of a service. */
  ready(name: ServiceName): Promise<Answer>;
  now(): Date;
  close(): Promise<void>;
}

const askMs = 5_000;

/** @param now this machine's clock */
export function openLooks({ services }: Deployment, now: () => Date): Looks {
  const databases = new Map(
    services
      .filter(({ name }) => serviceFacts[name].hasDatabase)
      .map((service) => [service.name, once(() => open(service))]),
  );
  const opened = new Set<ServiceName>();
  const stream = once(() => lookAtStream(services, now));
  const answers = new Map(services.map((service) => [service.name, once(() => askReady(service, now))]));
  return {
    now,
    stream,
    database: async (name) => {
      const get = databases.get(name);
      if (get === undefined) throw new Error(`${name} is not looked at`);
      opened.add(name);
      return await get();
    },
    ready: async (name) => {
      const get = answers.get(name);
      if (get === undefined) throw new Error(`${name} is not looked at`);
      return await get();
    },
    async close() {
      await Promise.allSettled([...opened].map(async (name) => (await databases.get(name)?.())?.close()));
    },
  };
}

function open({ name, environment }: ServicePlace): Promise<Database<AnyTables>> {
  const url = environment.DATABASE_URL;
  if (!url) return Promise.reject(new Error('DATABASE_URL is not set'));
  return openDatabase({ service: name, url, migrations: [], maxConnections: 2 });
}

async function lookAtStream(services: readonly ServicePlace[], now: () => Date): Promise<StreamDiagnosis> {
  const environment = services.find((service) => service.environment.NATS_URL)?.environment;
  const url = environment?.NATS_URL;
  if (!environment || !url) throw new Error('NATS_URL is not set');
  const settings = readSettings(busSettings, { ...environment, LOG_LEVEL: undefined });
  return await diagnoseStream({ url, settings, timeoutMs: askMs, now });
}

async function askReady({ http }: ServicePlace, now: () => Date): Promise<Answer> {
  if (http === undefined) throw new Error('nobody has said where it listens');
  return await ask(`http://${http}/readyz`, now);
}

const bodyMaxBytes = 4_000_000;

/** GETs within five seconds and follows nothing. @throws Error when nobody answers */
export async function ask(url: string, now: () => Date): Promise<Answer> {
  const sent = now();
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(askMs) });
  const received = now();
  const body = (await response.text()).slice(0, bodyMaxBytes);
  const date = new Date(response.headers.get('date') ?? '');
  const clock = Number.isNaN(date.getTime())
    ? undefined
    : { sent, received, earliest: date, latest: new Date(date.getTime() + 999) };
  return { status: response.status, body, clock };
}

/** Why nobody answered, in a word or two. */
export function whyUnanswered(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const inner = cause instanceof AggregateError ? cause.errors[0] : cause;
  if (inner instanceof Error && 'code' in inner && typeof inner.code === 'string') return inner.code;
  return inner instanceof Error && inner.name === 'TimeoutError' ? 'no answer in 5 s' : 'no answer';
}
