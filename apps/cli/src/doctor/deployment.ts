import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { type ServiceName, serviceFacts, serviceNames } from '@selfsame/deploy/topology';
import { findLocalRun } from '@selfsame/deploy/whereabouts';
import type { Environment } from '@selfsame/runtime/config';

/** One service, as it is configured and where it answers. */
export interface ServicePlace {
  readonly name: ServiceName;
  readonly environment: Environment;
  /** `host:port`; undefined: nobody has said. */
  readonly http: string | undefined;
  readonly grpc: string | undefined;
}

/** What is looked at. */
export interface Deployment {
  readonly services: readonly ServicePlace[];
  readonly publicUrl: string | undefined;
  /** Of a local run: where its data lies. */
  readonly dataDirectory: string | undefined;
  /** `http://host:8222` of a NATS server that shows its settings. */
  readonly natsMonitoringUrl: string | undefined;
}

export interface DeploymentOptions {
  readonly dataDirectory: string | undefined;
  /** Holds `<service>.env` with what differs from the environment. */
  readonly environmentDirectory: string | undefined;
  /** All unless given. */
  readonly only: readonly string[];
}

/** A local run where a data directory is named, or where the environment names no database; else what the environment says. */
export function findDeployment(options: DeploymentOptions, environment: NodeJS.ProcessEnv): Deployment {
  const { dataDirectory, environmentDirectory, only } = options;
  const unknown = only.filter((name) => !serviceNames.some((known) => known === name));
  if (unknown.length > 0)
    throw new Error(`no such service: ${unknown.join(', ')}; there are ${serviceNames.join(', ')}`);
  const names = serviceNames.filter((name) => only.length === 0 || only.includes(name));
  const isLocal =
    dataDirectory !== undefined || (environmentDirectory === undefined && !environment.DATABASE_URL);
  if (!isLocal) return fromEnvironment(names, environmentDirectory, environment);
  const run = findLocalRun(
    resolve(dataDirectory ?? environment.SELFSAME_DATA_DIR ?? '.selfsame'),
    environment,
  );
  return {
    services: names.map((name) => {
      const { http, grpc } = run.ports[name];
      const place = { name, environment: run.environments[name], http: `127.0.0.1:${http}` };
      return { ...place, grpc: grpc === undefined ? undefined : `127.0.0.1:${grpc}` };
    }),
    publicUrl: run.environments.session.PUBLIC_BASE_URL,
    dataDirectory: run.dataDirectory,
    natsMonitoringUrl: environment.NATS_MONITORING_URL,
  };
}

function fromEnvironment(
  names: readonly ServiceName[],
  directory: string | undefined,
  environment: NodeJS.ProcessEnv,
): Deployment {
  const services = names.map((name): ServicePlace => {
    const file = directory === undefined ? undefined : join(directory, `${name}.env`);
    const own = file !== undefined && existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
    const settings = { ...environment, ...own };
    const variable = name.toUpperCase().replaceAll('-', '_');
    const host = settings.HOST && settings.HOST !== '0.0.0.0' ? settings.HOST : '127.0.0.1';
    const at = (port: string | undefined) => (port ? `${host}:${port}` : undefined);
    // One environment for all cannot say where each of them listens.
    const hasOwn = Object.keys(own).length > 0 || names.length === 1;
    const http = environment[`${variable}_HTTP`] ?? (hasOwn ? at(settings.HTTP_PORT) : undefined);
    const grpc = environment[`${variable}_GRPC`] ?? (hasOwn ? at(settings.GRPC_PORT) : undefined);
    const hasGrpc = serviceFacts[name].grpcPort !== undefined;
    return { name, environment: settings, http, grpc: hasGrpc ? grpc : undefined };
  });
  const publicUrl = services.find((service) => service.environment.PUBLIC_BASE_URL)?.environment
    .PUBLIC_BASE_URL;
  return {
    services,
    publicUrl,
    dataDirectory: undefined,
    natsMonitoringUrl: environment.NATS_MONITORING_URL,
  };
}
