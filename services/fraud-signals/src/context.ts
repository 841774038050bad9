import type { Bus } from '@selfsame/bus/bus';
import type { BiometricsServiceDefinition } from '@selfsame/contracts/biometrics/v1/service';
import type { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import type { Database } from '@selfsame/database/database';
import type { GrpcClient } from '@selfsame/runtime/grpc';
import type { Log } from '@selfsame/runtime/log';
import type { Config } from './config.ts';
import type { KeyedHash } from './domain/keyed-hash.ts';
import type { Network } from './outbound/network/network.ts';
import type { Tables } from './outbound/tables.ts';
import type { Records } from './records.ts';

/** What the use cases work with. */
export interface Context {
  readonly config: Config;
  readonly log: Log;
  /** Under SIGNALS_KEY. */
  readonly hash: KeyedHash;
  readonly database: Database<Tables>;
  readonly records: Records;
  readonly bus: Bus<Tables>;
  readonly network: Network;
  readonly session: GrpcClient<typeof SessionServiceDefinition>;
  readonly biometrics: GrpcClient<typeof BiometricsServiceDefinition>;
}
