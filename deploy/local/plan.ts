import { join } from 'node:path';
import { Failure } from '@selfsame/runtime/errors';
import { choosePort, isPortFree } from './ports.ts';
import { type ProcessName, repository } from './run.ts';
import { type KeyFiles, loadKeyFiles, loadSecrets, type Secrets, withoutSecrets } from './secrets.ts';
import {
  demoPort,
  natsPort,
  type Ports,
  postgresPort,
  type ServiceName,
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
  /** How many processes of each service have a place that its callers know, as behind a headless Service; 1 unless given. */
  places?: number;
  /** Hears where each service may listen, before anything starts. */
  onPlaces?: (places: Plan['places']) => void;
  /** Puts something between a caller and one place of a service: answers where the caller is to find it instead. */
  between?: (caller: ServiceName | 'edge', callee: ServiceName, address: Address) => Address;
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

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What is known before anything runs. */
export interface Plan {
  readonly options: SystemOptions;
  readonly environment: NodeJS.ProcessEnv;
  readonly secrets: Secrets;
  readonly keyFiles: KeyFiles;
  readonly ports: Record<ServiceName, Ports>;
  /** Of each service, for as many processes as there may be; the first is that of `ports`. */
  readonly places: Readonly<Record<ServiceName, readonly Ports[]>>;
  readonly edge: number;
  readonly demo: number;
  readonly postgres: number;
  readonly nats: number;
}

/** Chooses ports and reads the secrets. @throws Failure `port_in_use`, `secrets_lost` */
export async function makePlan(options: SystemOptions, dataDirectory: string): Promise<Plan> {
  const environment = options.environment ?? process.env;
  if (options.port !== 0 && !(await isPortFree(options.port))) {
    const other = options.port === 65_535 ? 8090 : options.port + 1;
    const how = `stop the program that listens there, or choose another: SELFSAME_PORT=${other} npm start`;
    throw new Failure('conflict', 'port_in_use', `Port ${options.port} is in use: ${how}`);
  }
  const secrets = loadSecrets(dataDirectory, environment);
  const taken = new Set<number>();
  // A run that asks for no port of its own, as tests do, keeps off the well-known ones: others may start just now.
  const choose = (preferred: number) => choosePort(options.port === 0 ? undefined : preferred, taken);
  const edge = await choose(options.port);
  const ports: Partial<Record<ServiceName, Ports>> = {};
  const places: Partial<Record<ServiceName, Ports[]>> = {};
  for (const name of serviceNames) {
    const { httpPort, grpcPort } = serviceFacts[name];
    const place = async (): Promise<Ports> => {
      const http = await choose(httpPort);
      return grpcPort === undefined ? { http } : { http, grpc: await choose(grpcPort) };
    };
    const first = await place();
    ports[name] = first;
    places[name] = [first];
    while (places[name].length < (options.places ?? 1)) places[name].push(await place());
  }
  return {
    options,
    environment,
    secrets,
    keyFiles: loadKeyFiles(dataDirectory, secrets),
    ports: ports as Record<ServiceName, Ports>,
    places: places as Record<ServiceName, Ports[]>,
    edge,
    demo: await choose(demoPort),
    postgres: await choose(postgresPort),
    nats: await choose(natsPort),
  };
}

/** What a process sees: this process's environment without secrets, its own settings, and a test's. */
export function environmentOf(plan: Plan, name: ProcessName, own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...withoutSecrets(plan.environment),
    // Later starts skip the parsing that an earlier one of this checkout has done: 2 s instead of 4.
    NODE_COMPILE_CACHE: join(repository, 'node_modules/.cache/selfsame'),
    ...own,
    ...plan.options.overrides?.[name],
  };
}
