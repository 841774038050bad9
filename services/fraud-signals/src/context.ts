import type { Bus } from '@selfsame/bus/bus';
import type { BiometricsServiceDefinition } from '@selfsame/contracts/biometrics/v1/service';
import type { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import type { Database } from '@selfsame/database/database';
import type { Keyring } from '@selfsame/keys/keyring';
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
  /** Of the text of list entries; its root names and hashes, unless the lists were taken over to another key. */
  readonly keyring: Keyring;
  readonly hash: KeyedHash;
  readonly database: Database<Tables>;
  readonly records: Records;
  readonly bus: Bus<Tables>;
  readonly network: Network;
  readonly session: GrpcClient<typeof SessionServiceDefinition>;
  readonly biometrics: GrpcClient<typeof BiometricsServiceDefinition>;
}
