import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { AnyTables, Database } from '@selfsame/database/database';
import { sql } from 'kysely';
import release from '../../../../package.json' with { type: 'json' };
import { type Check, failed, ok, type Result, skipped, warning } from './check.ts';
import { judgeClock } from './clock.ts';
import type { Deployment, ServicePlace } from './deployment.ts';
import { ask, type Looks, whyUnanswered } from './looks.ts';

const grpcMs = 3_000;

export function serviceChecks(deployment: Deployment, looks: Looks): Check[] {
  const { services } = deployment;
  return [
    ...services.map(
      (service): Check => ({
        area: 'services',
        check: service.name,
        run: () => readiness(service, looks, deployment.dataDirectory),
      }),
    ),
    ...services
      .filter(({ grpc }) => grpc !== undefined)
      .map(
        (service): Check => ({
          area: 'services',
          check: `gRPC of ${service.name}`,
          run: () => grpc(service),
        }),
      ),
    { area: 'services', check: 'versions', run: () => versions(services, looks) },
    ...clockChecks(deployment, looks),
  ];
}

async function readiness(
  { name, http }: ServicePlace,
  looks: Looks,
  dataDirectory: string | undefined,
): Promise<Result[]> {
  if (http === undefined) {
    const variable = `${name.toUpperCase().replaceAll('-', '_')}_HTTP`;
    return [
      warning(
        'nobody has said where it listens',
        `set ${variable}=host:port, or write ${name}.env for --env-dir`,
      ),
    ];
  }
  const log = dataDirectory === undefined ? 'its log' : join(dataDirectory, 'logs', `${name}.log`);
  try {
    const { status, body } = await looks.ready(name);
    if (status === 200) return [ok(`ready at ${http}`)];
    const silent = silentOf(body);
    const fact = `answers ${status} at ${http}: it is not ready`;
    return silent.length > 0
      ? [
          failed(
            `${fact}; silent: ${silent.join(', ')}`,
            `see why ${silent.join(', ')} does not answer it; ${log}`,
          ),
        ]
      : [failed(fact, `it starts or stops: see the last lines of ${log}`)];
  } catch (error) {
    const remedy =
      dataDirectory === undefined
        ? `start ${name}; if it ended, the last line of ${log} says why`
        : `while npm start runs, it starts ${name} again; if it stays away, see ${log}`;
    return [failed(`does not answer at ${http} (${whyUnanswered(error)})`, remedy)];
  }
}

/** What a service misses, by its own `/readyz`. */
function silentOf(body: string): string[] {
  try {
    const { silent } = JSON.parse(body) as { silent?: unknown };
    return Array.isArray(silent) ? silent.filter((each) => typeof each === 'string') : [];
  } catch {
    return [];
  }
}

/** An HTTP/2 greeting, which is how gRPC begins; behind TLS only whether somebody listens. */
async function grpc({ name, grpc: address = '', environment }: ServicePlace): Promise<Result[]> {
  const remedy = `start ${name}, or correct its GRPC_PORT and what its neighbours call it by`;
  try {
    if (environment.GRPC_TLS_CERT) {
      await listens(address);
      return [ok(`its port is open at ${address} (TLS not checked)`)];
    }
    await greets(address);
    return [ok(`answers at ${address}`)];
  } catch (error) {
    return [failed(`does not answer at ${address} (${whyUnanswered(error)})`, remedy)];
  }
}

function greets(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://${address}`);
    const end = (error?: Error) => {
      clearTimeout(timer);
      session.destroy();
      if (error) reject(error);
      else resolve();
    };
    const timer = setTimeout(() => end(new Error('no greeting')), grpcMs);
    session.once('remoteSettings', () => end());
    session.on('error', end);
  });
}

function listens(address: string): Promise<void> {
  const at = address.lastIndexOf(':');
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)) });
    socket.setTimeout(grpcMs, () => socket.destroy(new Error('no answer')));
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

/** Each says which release it is where Prometheus asks. */
async function versions(services: readonly ServicePlace[], looks: Looks): Promise<Result[]> {
  const told = await Promise.all(
    services.map(async ({ name, http }) => {
      try {
        const { body } = await ask(`http://${http}/metrics`, looks.now);
        const version = /^selfsame_build_info\{[^}]*\bversion="([^"]+)"/m.exec(body)?.[1];
        return version === undefined ? [] : [{ name, version }];
      } catch {
        return [];
      }
    }),
  );
  const known = told.flat();
  if (known.length === 0) return [skipped('no service says which release it is')];
  const found = Map.groupBy(known, ({ version }) => version);
  const [only] = found.keys();
  if (found.size > 1) {
    const parts = [...found].map(
      ([version, those]) => `${version}: ${those.map(({ name }) => name).join(', ')}`,
    );
    return [
      warning(
        `differ (${parts.join('; ')})`,
        'finish the roll-out: replicas of two releases may run beside each other for its time only',
      ),
    ];
  }
  if (only !== release.version)
    return [
      warning(
        `services are ${only}, this command is ${release.version}`,
        'run the command of the same release: it knows that schema',
      ),
    ];
  return [ok(`all ${only}`)];
}

function clockChecks({ services }: Deployment, looks: Looks): Check[] {
  const first = services.find(({ environment }) => environment.DATABASE_URL);
  return [
    ...(first === undefined
      ? []
      : [{ area: 'clocks', check: 'PostgreSQL', run: () => databaseClock(looks, first), timeoutMs: 12_000 }]),
    { area: 'clocks', check: 'NATS', run: () => natsClock(looks), timeoutMs: 12_000 },
    ...services
      .filter(({ http }) => http !== undefined)
      .map(
        (service): Check => ({
          area: 'clocks',
          check: service.name,
          run: () => serviceClock(looks, service),
        }),
      ),
  ];
}

async function databaseClock(looks: Looks, { name }: ServicePlace): Promise<Result[]> {
  let database: Database<AnyTables>;
  try {
    database = await looks.database(name);
  } catch {
    return [skipped('PostgreSQL could not be looked at')];
  }
  const sent = looks.now();
  const { rows } = await sql<{ told: Date }>`SELECT clock_timestamp() AS told`.execute(database.db);
  const received = looks.now();
  const told = rows[0]?.told;
  if (told === undefined) return [skipped('PostgreSQL told no time')];
  return [judgeClock('PostgreSQL', { sent, received, earliest: told, latest: told })];
}

async function natsClock(looks: Looks): Promise<Result[]> {
  try {
    const { clock } = await looks.stream();
    if (clock === null) return [skipped('there is no stream')];
    const { sent, received, told } = clock;
    return [judgeClock('NATS', { sent, received, earliest: told, latest: told })];
  } catch {
    return [skipped('NATS could not be looked at')];
  }
}

async function serviceClock(looks: Looks, { name }: ServicePlace): Promise<Result[]> {
  try {
    const { clock } = await looks.ready(name);
    return [clock === undefined ? skipped('it told no time') : judgeClock(name, clock)];
  } catch {
    return [skipped('it does not answer')];
  }
}
