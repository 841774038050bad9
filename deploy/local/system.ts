import { join } from 'node:path';
import { Failure } from '@selfsame/runtime/errors';
import { type CreatedApplication, type LocalFile, provision } from './applications.ts';
import { turboArguments, turboEnvironment } from './build.ts';
import { checkNats, prepareNats } from './nats.ts';
import { choosePort, isPortFree, loopback } from './ports.ts';
import { checkDatabase, preparePostgres } from './postgres.ts';
import {
  nodeProcess,
  nodeScript,
  openRun,
  type ProcessName,
  type Run,
  repository,
  secondsSince,
} from './run.ts';
import { loadSecrets, type Secrets, withoutSecrets } from './secrets.ts';
import {
  demoPort,
  type Neighbourhood,
  natsPort,
  type Ports,
  postgresPort,
  type ServiceName,
  serviceEnvironment,
  serviceFacts,
  serviceNames,
} from './topology.ts';

export interface SystemOptions {
  /** Keeps everything that outlives a run: database, stream, secrets, logs, local.json. */
  dataDirectory: string;
  /** Of the edge; 0 takes a free one. */
  port: number;
  /** DATABASE_URL, NATS_URL, keys and whatever services read besides. Default: this process's own. */
  environment?: NodeJS.ProcessEnv;
  /** More settings for single processes. */
  overrides?: Partial<Record<ProcessName, NodeJS.ProcessEnv>>;
  /** Shows all output of all processes, not only errors. */
  verbose?: boolean;
  /** Hears one short line a step. */
  report?: (line: string) => void;
  /** Generates code and builds pages before the first service starts, and says so in `report`. */
  build?: boolean;
  /** Ends the start, or the run, in order. */
  signal?: AbortSignal;
}

/** A running system: the real topology, each service a process of its own. */
export interface System {
  readonly baseUrl: string;
  readonly local: LocalFile;
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly ports: Readonly<Record<ServiceName, Ports>>;
  /** What was started; a process that is down has no pid. */
  processes(): { name: ProcessName; pid: number | undefined }[];
  /** kill -9, as a crash would; it stays down until `start`. */
  kill(name: ProcessName): Promise<void>;
  /** Starts what was killed; resolves when it is ready. */
  start(name: ProcessName): Promise<void>;
  restart(name: ProcessName): Promise<void>;
  /** Stops all in order, within 10 s. May be called again. */
  stop(): Promise<void>;
}

/** What is known before anything runs. */
interface Plan {
  readonly options: SystemOptions;
  readonly environment: NodeJS.ProcessEnv;
  readonly secrets: Secrets;
  readonly ports: Record<ServiceName, Ports>;
  readonly edge: number;
  readonly demo: number;
  readonly postgres: number;
  readonly nats: number;
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
    const [databaseUrl, natsUrl] = await Promise.all([
      openDatabase(run, plan),
      openNats(run, plan),
      options.build === true ? buildAll(run, plan) : undefined,
    ]);
    const { secrets, ports } = plan;
    const around: Neighbourhood = { host: loopback, baseUrl, databaseUrl, natsUrl, secrets, ports };
    await Promise.all([
      startEdge(run, plan),
      ...serviceNames.map((name) => startService(run, plan, name, around)),
    ]);
    const local = await provision({
      baseUrl,
      file: join(run.dataDirectory, 'local.json'),
      createApplication: (slug, name) => createApplication(run, plan, around, slug, name),
    });
    await startDemo(run, plan, local);
    return { baseUrl, local, databaseUrl, natsUrl, ports, ...controls(run) };
  } catch (error) {
    await run.stop();
    throw error;
  }
}

function controls(run: Run): Pick<System, 'processes' | 'kill' | 'start' | 'restart' | 'stop'> {
  const named = (name: ProcessName) => {
    const found = run.processes.get(name);
    if (found === undefined) throw new Error(`${name} is not a process of this system`);
    return found;
  };
  return {
    processes: () => [...run.processes].map(([name, each]) => ({ name, pid: each.pid() })),
    kill: (name) => named(name).kill(),
    start: (name) => named(name).start(),
    async restart(name) {
      await named(name).stop();
      await named(name).start();
    },
    stop: () => run.stop(),
  };
}

async function makePlan(options: SystemOptions, dataDirectory: string): Promise<Plan> {
  const environment = options.environment ?? process.env;
  if (options.port !== 0 && !(await isPortFree(options.port))) {
    const other = options.port === 65_535 ? 8090 : options.port + 1;
    const how = `stop the program that listens there, or choose another: SELFSAME_PORT=${other} npm start`;
    throw new Failure('conflict', 'port_in_use', `Port ${options.port} is in use: ${how}`);
  }
  const taken = new Set<number>();
  // A run that asks for no port of its own, as tests do, keeps off the well-known ones: others may start just now.
  const choose = (preferred: number) => choosePort(options.port === 0 ? undefined : preferred, taken);
  const edge = await choose(options.port);
  const ports: Partial<Record<ServiceName, Ports>> = {};
  for (const name of serviceNames) {
    const { httpPort, grpcPort } = serviceFacts[name];
    const http = await choose(httpPort);
    ports[name] = grpcPort === undefined ? { http } : { http, grpc: await choose(grpcPort) };
  }
  return {
    options,
    environment,
    secrets: loadSecrets(dataDirectory, environment),
    ports: ports as Record<ServiceName, Ports>,
    edge,
    demo: await choose(demoPort),
    postgres: await choose(postgresPort),
    nats: await choose(natsPort),
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

/** What a process sees: this process's environment without secrets, its own settings, and a test's. */
function environmentOf(plan: Plan, name: ProcessName, own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...withoutSecrets(plan.environment),
    // Later starts skip the parsing that an earlier one of this checkout has done: 2 s instead of 4.
    NODE_COMPILE_CACHE: join(repository, 'node_modules/.cache/selfsame'),
    ...own,
    ...plan.options.overrides?.[name],
  };
}

async function startService(run: Run, plan: Plan, name: ServiceName, around: Neighbourhood): Promise<void> {
  const own = environmentOf(plan, name, serviceEnvironment(name, around));
  if (serviceFacts[name].hasDatabase) {
    await run.once(nodeScript(`${name}-migrate`, `services/${name}/src/migrate.ts`, own));
  }
  await run.begin(name, nodeProcess(name, `services/${name}/src/main.ts`, own, plan.ports[name].http));
}

async function startEdge(run: Run, plan: Plan): Promise<void> {
  const { session, capture, 'webhook-dispatcher': dispatcher } = plan.ports;
  const own = environmentOf(plan, 'edge', {
    HOST: loopback,
    HTTP_PORT: String(plan.edge),
    SESSION_HTTP: `${loopback}:${session.http}`,
    CAPTURE_HTTP: `${loopback}:${capture.http}`,
    WEBHOOK_DISPATCHER_HTTP: `${loopback}:${dispatcher.http}`,
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
