import { join } from 'node:path';
import { type CreatedApplication, type LocalFile, provision } from './applications.ts';
import { turboArguments, turboEnvironment } from './build.ts';
import { findIpData } from './ip-data.ts';
import { checkNats, prepareNats } from './nats.ts';
import { type Address, environmentOf, makePlan, type Plan, type SystemOptions } from './plan.ts';
import { choosePort, loopback } from './ports.ts';
import { checkDatabase, preparePostgres } from './postgres.ts';
import type { Exit } from './processes.ts';
import {
  nodeProcess,
  nodeScript,
  openRun,
  type ProcessName,
  type ReplicaName,
  type Run,
  repository,
  secondsSince,
} from './run.ts';
import { withoutSecrets } from './secrets.ts';
import {
  type Neighbourhood,
  type Ports,
  type ServiceName,
  serviceEnvironment,
  serviceFacts,
  serviceNames,
} from './topology.ts';
import { noteWhereabouts } from './whereabouts.ts';

/** A running system: the real topology, each service a process of its own. */
export interface System {
  readonly baseUrl: string;
  readonly local: LocalFile;
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly ports: Readonly<Record<ServiceName, Ports>>;
  /** What was started; a process that is down has no pid. */
  processes(): { name: ProcessName; pid: number | undefined }[];
  /** kill -9, as a crash would; it stays down until `start`. SIGQUIT is an immediate stop of Postgres. */
  kill(name: ProcessName, signal?: 'SIGKILL' | 'SIGQUIT'): Promise<void>;
  /** Starts what was killed; resolves when it is ready. */
  start(name: ProcessName): Promise<void>;
  restart(name: ProcessName): Promise<void>;
  /** Where each service may listen: as many places as the options say, the first of them in `ports`. */
  readonly places: Readonly<Record<ServiceName, readonly Ports[]>>;
  /**
   * Starts a further process of a service, which shares its work: `<name>-2` at its second place, and so on. One for which
   * there is no place is known to nobody, neither to the edge nor to neighbours.
   */
  startReplica(name: ServiceName): Promise<ReplicaName>;
  /** SIGTERM, and a kill after `graceMs`; it stays down until `start`. @returns how it ended; undefined when it was down */
  retire(name: ProcessName, graceMs: number): Promise<Exit | undefined>;
  /** Stops all in order, within 10 s. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts everything that `npm start` runs and waits until it is ready. On any error what was started is stopped again.
 * @throws Failure whose message says what to do
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { report = () => undefined, verbose = false } = options;
  const run = await openRun({ dataDirectory: options.dataDirectory, report, verbose });
  options.signal?.addEventListener('abort', () => void run.stop());
  try {
    options.signal?.throwIfAborted();
    const plan = await makePlan(options, run.dataDirectory);
    const baseUrl = `http://${loopback}:${plan.edge}`;
    options.onPlaces?.(plan.places);
    const [databaseUrl, natsUrl] = await Promise.all([
      openDatabase(run, plan),
      openNats(run, plan),
      options.build === true ? buildAll(run, plan) : undefined,
    ]);
    const { secrets, keyFiles, ports, places } = plan;
    // A tunnel that ends here gives phones a way in.
    const publicUrl =
      plan.environment.PUBLIC_BASE_URL ||
      (plan.environment.EDGE_TLS_CERT ? baseUrl.replace(/^http:/, 'https:') : baseUrl);
    const around: Neighbourhood = {
      host: loopback,
      publicUrl,
      databaseUrl,
      natsUrl,
      secrets,
      keyFiles,
      ports,
      findGrpc: (caller, callee) => addressesOf(plan, caller, callee, 'grpc').join(','),
      imagesDirectory: join(run.dataDirectory, 'images'),
      ipDataDirectory: findIpData(plan.environment, run.dataDirectory),
    };
    noteWhereabouts(run.dataDirectory, around, { baseUrl, environment: plan.environment });
    await Promise.all([
      startEdge(run, plan),
      ...serviceNames.map((name) => startService(run, plan, name, around)),
    ]);
    const local = await provision({
      baseUrl,
      databaseUrl: plan.environment.DATABASE_URL ? undefined : databaseUrl,
      file: join(run.dataDirectory, 'local.json'),
      createApplication: (slug, name) => createApplication(run, plan, around, slug, name),
    });
    await startDemo(run, plan, local);
    const replicate = (name: ServiceName) => startReplica(run, plan, name, around);
    return { baseUrl, local, databaseUrl, natsUrl, ports, places, startReplica: replicate, ...controls(run) };
  } catch (error) {
    await run.stop();
    throw error;
  }
}

function controls(run: Run): Pick<System, 'processes' | 'kill' | 'start' | 'retire' | 'restart' | 'stop'> {
  const named = (name: ProcessName) => {
    const found = run.processes.get(name);
    if (found === undefined) throw new Error(`${name} is not a process of this system`);
    return found;
  };
  return {
    processes: () => [...run.processes].map(([name, each]) => ({ name, pid: each.pid() })),
    kill: (name, signal) => named(name).kill(signal),
    start: (name) => named(name).start(),
    retire: (name, graceMs) => named(name).stop(graceMs),
    async restart(name) {
      await named(name).stop();
      await named(name).start();
    },
    stop: () => run.stop(),
  };
}

/** Generated code and pages; turbo skips what has not changed. */
async function buildAll(run: Run, plan: Plan): Promise<void> {
  const startedAt = performance.now();
  await run.once({
    name: 'build',
    command: join(repository, 'node_modules/.bin/turbo'),
    args: turboArguments,
    environment: { ...withoutSecrets(plan.environment), ...turboEnvironment },
    timeoutMs: 180_000,
  });
  run.report(`contracts and pages ${secondsSince(startedAt)}`);
}

async function openDatabase(run: Run, plan: Plan): Promise<string> {
  const given = plan.environment.DATABASE_URL;
  if (given) {
    await checkDatabase(given);
    return given;
  }
  const preparation = preparePostgres({
    directory: join(run.dataDirectory, 'postgres'),
    port: plan.postgres,
    password: plan.secrets.POSTGRES_PASSWORD,
    logFile: join(run.logsDirectory, 'postgres.log'),
  });
  const { spec, url } = await run.track(preparation);
  await run.begin('postgres', spec);
  return url;
}

async function openNats(run: Run, plan: Plan): Promise<string> {
  const given = plan.environment.NATS_URL;
  if (given) {
    await checkNats(given);
    return given;
  }
  const directory = join(run.dataDirectory, 'nats');
  const { spec, url } = prepareNats({ directory, port: plan.nats, report: run.report });
  await run.begin('nats', spec);
  return url;
}

async function startService(run: Run, plan: Plan, name: ServiceName, around: Neighbourhood): Promise<void> {
  const own = environmentOf(plan, name, serviceEnvironment(name, around));
  if (serviceFacts[name].hasDatabase) {
    await run.once(nodeScript(`${name}-migrate`, `services/${name}/src/migrate.ts`, own));
  }
  await run.begin(name, nodeProcess(name, `services/${name}/src/main.ts`, own, plan.ports[name].http));
}

async function startReplica(
  run: Run,
  plan: Plan,
  name: ServiceName,
  around: Neighbourhood,
): Promise<ReplicaName> {
  let number = 2;
  while (run.processes.has(`${name}-${number}`)) number += 1;
  const replica: ReplicaName = `${name}-${number}`;
  const place = plan.places[name][number - 1] ?? (await freePlace(plan.ports[name]));
  const ports = { ...plan.ports, [name]: place };
  const own = environmentOf(plan, name, serviceEnvironment(name, { ...around, ports }));
  await run.begin(replica, nodeProcess(replica, `services/${name}/src/main.ts`, own, place.http));
  return replica;
}

async function freePlace({ grpc }: Ports): Promise<Ports> {
  const taken = new Set<number>();
  const http = await choosePort(undefined, taken);
  return grpc === undefined ? { http } : { http, grpc: await choosePort(undefined, taken) };
}

/** Where a caller finds a service: all its places, or what the options put before them. */
function addressesOf(
  plan: Plan,
  caller: ServiceName | 'edge',
  callee: ServiceName,
  protocol: 'http' | 'grpc',
): string[] {
  const { between = (_caller, _callee, address: Address) => address } = plan.options;
  return plan.places[callee].map((place) => {
    const { host, port } = between(caller, callee, { host: loopback, port: place[protocol] ?? 0 });
    return `${host}:${port}`;
  });
}

async function startEdge(run: Run, plan: Plan): Promise<void> {
  const http = (callee: ServiceName) => addressesOf(plan, 'edge', callee, 'http').join(',');
  const own = environmentOf(plan, 'edge', {
    HOST: loopback,
    HTTP_PORT: String(plan.edge),
    SESSION_HTTP: http('session'),
    CAPTURE_HTTP: http('capture'),
    BIOMETRICS_HTTP: http('biometrics'),
    SHARE_HTTP: http('share'),
    FRAUD_SIGNALS_HTTP: http('fraud-signals'),
    WEBHOOK_DISPATCHER_HTTP: http('webhook-dispatcher'),
    DEMO_HTTP: `${loopback}:${plan.demo}`,
  });
  await run.begin('edge', nodeProcess('edge', 'deploy/local/edge-main.ts', own, plan.edge, 2000));
}

async function startDemo(run: Run, plan: Plan, local: LocalFile): Promise<void> {
  const own = environmentOf(plan, 'demo', {
    HOST: loopback,
    HTTP_PORT: String(plan.demo),
    SELFSAME_BASE_URL: local.base_url,
    DEMO_API_KEY: local.api_key,
    DEMO_WEBHOOK_SECRET: local.webhook_secret,
    PARTNER_WEBHOOK_SECRET: local.partner.webhook_secret,
  });
  await run.begin('demo', nodeProcess('demo', 'apps/demo/src/main.ts', own, plan.demo, 2000));
}

async function createApplication(
  run: Run,
  plan: Plan,
  around: Neighbourhood,
  slug: string,
  name: string,
): Promise<CreatedApplication> {
  const own = environmentOf(plan, 'session', serviceEnvironment('session', around));
  const script = nodeScript('create-application', 'services/session/src/cli/create-application.ts', own);
  const args = [...script.args, '--slug', slug, '--name', name];
  return JSON.parse(await run.once({ ...script, args, isSecretive: true })) as CreatedApplication;
}
