import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '@selfsame/runtime/errors';
import type { LocalFile } from './applications.ts';
import { type Secrets, withoutSecrets, writePrivate } from './secrets.ts';
import {
  type Neighbourhood,
  type Ports,
  type ServiceName,
  serviceEnvironment,
  serviceNames,
} from './topology.ts';

/** Where the processes of a run listen, for commands beside it. Nothing of it is secret, and what was given by URL is not in it. */
interface Whereabouts {
  readonly base_url: string;
  readonly public_url: string;
  readonly nats_url?: string;
  readonly ip_data_directory?: string;
  readonly ports: Readonly<Record<ServiceName, Ports>>;
}

/** A local run, as a command beside it finds it: running or not. */
export interface LocalRun {
  readonly dataDirectory: string;
  /** Of the edge. */
  readonly baseUrl: string;
  readonly ports: Readonly<Record<ServiceName, Ports>>;
  /** What each service was started with, in this environment. */
  readonly environments: Readonly<Record<ServiceName, NodeJS.ProcessEnv>>;
}

const fileOf = (dataDirectory: string) => join(dataDirectory, 'run', 'whereabouts.json');

/** Writes down where a run listens. */
export function noteWhereabouts(
  dataDirectory: string,
  around: Neighbourhood,
  { baseUrl, environment }: { baseUrl: string; environment: NodeJS.ProcessEnv },
): void {
  const { ipDataDirectory } = around;
  const whereabouts: Whereabouts = {
    base_url: baseUrl,
    public_url: around.publicUrl,
    ...(environment.NATS_URL ? {} : { nats_url: around.natsUrl }),
    ...(ipDataDirectory === undefined ? {} : { ip_data_directory: ipDataDirectory }),
    ports: around.ports,
  };
  writePrivate(fileOf(dataDirectory), whereabouts);
}

/**
 * Finds the run of a data directory and changes nothing there.
 *
 * @param environment DATABASE_URL and NATS_URL where the run was given them
 * @throws Failure `no_local_run` when nothing was ever started there
 */
export function findLocalRun(dataDirectory: string, environment: NodeJS.ProcessEnv): LocalRun {
  const whereabouts = read<Whereabouts>(fileOf(dataDirectory));
  const secrets = read<Secrets>(join(dataDirectory, 'secrets.json'));
  const local = read<LocalFile>(join(dataDirectory, 'local.json'));
  if (whereabouts === undefined || secrets === undefined) {
    throw new Failure(
      'not_found',
      'no_local_run',
      `${dataDirectory} holds no run: start one with npm start, name its directory with --data-dir, or set DATABASE_URL`,
    );
  }
  const around: Neighbourhood = {
    host: '127.0.0.1',
    publicUrl: whereabouts.public_url,
    databaseUrl: environment.DATABASE_URL || local?.database_url || '',
    natsUrl: environment.NATS_URL || whereabouts.nats_url || '',
    secrets: { ...secrets, ...given(environment) },
    keyFiles: {
      data: join(dataDirectory, 'keys', 'data.json'),
      biometric: join(dataDirectory, 'keys', 'biometric.json'),
    },
    imagesDirectory: join(dataDirectory, 'images'),
    ports: whereabouts.ports,
    ipDataDirectory: whereabouts.ip_data_directory,
  };
  const environments = Object.fromEntries(
    serviceNames.map((name) => [
      name,
      { ...withoutSecrets(environment), ...serviceEnvironment(name, around) },
    ]),
  ) as Record<ServiceName, NodeJS.ProcessEnv>;
  return { dataDirectory, baseUrl: whereabouts.base_url, ports: whereabouts.ports, environments };
}

/** A key that was given wins, as it does at the start. */
function given(environment: NodeJS.ProcessEnv): Partial<Secrets> {
  const key = environment.SESSION_TOKEN_KEY;
  return key ? { SESSION_TOKEN_KEY: key } : {};
}

function read<Content>(file: string): Content | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Content;
  } catch {
    return undefined;
  }
}
