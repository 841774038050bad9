import { pathToFileURL } from 'node:url';
import type { KeyFiles, Secrets } from './secrets.ts';

/** The services of this repository: a folder of services/ each, and a process each. */
export const serviceNames = [
  'session',
  'capture',
  'biometrics',
  'fraud-signals',
  'share',
  'webhook-dispatcher',
] as const;
export type ServiceName = (typeof serviceNames)[number];

/** What a service needs around it. Ports are preferences: a taken one is replaced by a free one. */
interface ServiceFacts {
  readonly httpPort: number;
  readonly grpcPort?: number;
  /** Owns tables: has a migration to run and gets DATABASE_URL. */
  readonly hasDatabase: boolean;
}

export const serviceFacts: Readonly<Record<ServiceName, ServiceFacts>> = {
  session: { httpPort: 8081, grpcPort: 9081, hasDatabase: true },
  capture: { httpPort: 8082, hasDatabase: false },
  biometrics: { httpPort: 8083, grpcPort: 9083, hasDatabase: true },
  'fraud-signals': { httpPort: 8086, grpcPort: 9086, hasDatabase: true },
  share: { httpPort: 8087, grpcPort: 9087, hasDatabase: true },
  'webhook-dispatcher': { httpPort: 8084, hasDatabase: true },
};

export const demoPort = 8085;
export const postgresPort = 5433;
export const natsPort = 4223;

/** Where one process listens. */
export interface Ports {
  readonly http: number;
  readonly grpc?: number;
}

/** What the environment of a service is made from. */
export interface Neighbourhood {
  readonly host: string;
  /** Beginning of the links that users open. */
  readonly publicUrl: string;
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly secrets: Secrets;
  readonly keyFiles: KeyFiles;
  /** Of pictures that applications want kept; sealed. */
  readonly imagesDirectory: string;
  readonly ports: Readonly<Record<ServiceName, Ports>>;
  /** Where a service finds the gRPC of another. Default: where that one listens. */
  readonly findGrpc?: (caller: ServiceName, callee: ServiceName) => string;
  /** Databases and lists of addresses, where there are any. */
  readonly ipDataDirectory?: string | undefined;
}

/** The settings of one service in a local run; secrets only where they belong. */
export function serviceEnvironment(name: ServiceName, around: Neighbourhood): NodeJS.ProcessEnv {
  const { ports, host, secrets, keyFiles } = around;
  const facts = serviceFacts[name];
  const grpc = (neighbour: ServiceName) =>
    around.findGrpc?.(name, neighbour) ?? `${host}:${ports[neighbour].grpc}`;
  const sealing = (file: string) => ({ KEY_PROVIDER: 'file', KEY_FILE: file });
  const ofBefore = (key: keyof Secrets) => (secrets[key] === undefined ? {} : { [key]: secrets[key] });
  const own: Record<ServiceName, NodeJS.ProcessEnv> = {
    session: {
      BIOMETRICS_GRPC: grpc('biometrics'),
      FRAUD_SIGNALS_GRPC: grpc('fraud-signals'),
      PUBLIC_BASE_URL: around.publicUrl,
      SESSION_TOKEN_KEY: secrets.SESSION_TOKEN_KEY,
      ...sealing(keyFiles.data),
    },
    capture: {
      SESSION_GRPC: grpc('session'),
      BIOMETRICS_GRPC: grpc('biometrics'),
      FRAUD_SIGNALS_GRPC: grpc('fraud-signals'),
      SHARE_GRPC: grpc('share'),
      CAPTURE_BEHIND_EDGE: 'true',
      // For those who work on the page: every state of it at /__states.
      CAPTURE_STATES_PAGE: 'true',
    },
    biometrics: {
      SESSION_GRPC: grpc('session'),
      ...sealing(keyFiles.biometric),
      OBJECT_STORE_URL: pathToFileURL(around.imagesDirectory).href,
      ...ofBefore('BIOMETRIC_KEY'),
    },
    'fraud-signals': {
      SESSION_GRPC: grpc('session'),
      BIOMETRICS_GRPC: grpc('biometrics'),
      ...sealing(keyFiles.data),
      ...ofBefore('SIGNALS_KEY'),
      ...(around.ipDataDirectory === undefined ? {} : { SIGNALS_IP_DATA: around.ipDataDirectory }),
    },
    share: {
      SESSION_GRPC: grpc('session'),
      BIOMETRICS_GRPC: grpc('biometrics'),
      FRAUD_SIGNALS_GRPC: grpc('fraud-signals'),
      PUBLIC_BASE_URL: around.publicUrl,
      ...sealing(keyFiles.data),
      ...ofBefore('SHARE_KEY'),
    },
    'webhook-dispatcher': {
      SESSION_GRPC: grpc('session'),
      ...sealing(keyFiles.data),
      ...ofBefore('WEBHOOK_SECRET_KEY'),
      // On one machine the receivers are on it too, and speak plain HTTP.
      WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8,::1/128',
      WEBHOOK_ALLOW_HTTP: 'true',
    },
  };
  return {
    HOST: host,
    HTTP_PORT: String(ports[name].http),
    ...(facts.grpcPort === undefined ? {} : { GRPC_PORT: String(ports[name].grpc) }),
    ...(facts.hasDatabase ? { DATABASE_URL: around.databaseUrl } : {}),
    NATS_URL: around.natsUrl,
    ...own[name],
  };
}
