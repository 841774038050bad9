import type { KeyObject } from 'node:crypto';
import type { Bus } from '@selfsame/bus/bus';
import type { BiometricsServiceDefinition } from '@selfsame/contracts/biometrics/v1/service';
import type { FraudSignalsServiceDefinition } from '@selfsame/contracts/fraud_signals/v1/service';
import type { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import type { Database } from '@selfsame/database/database';
import type { Keyring } from '@selfsame/keys/keyring';
import type { Signing } from '@selfsame/keys/signing';
import type { GrpcClient } from '@selfsame/runtime/grpc';
import type { Log } from '@selfsame/runtime/log';
import type { Config } from './config.ts';
import type { Turns } from './imports/turns.ts';
import type { Tables } from './outbound/tables.ts';

/** What the use cases work with. */
export interface Context {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database<Tables>;
  readonly bus: Bus<Tables>;
  /** Of this service's data. */
  readonly keyring: Keyring;
  /** What this deployment says is signed by it: receipts, consents, heads of logs. */
  readonly signing: Signing;
  /** Share tokens are signed with it. */
  readonly tokenKey: KeyObject;
  /** Imports wait for neighbours with a connection in hand: so many at once. */
  readonly importTurns: Turns;
  readonly session: GrpcClient<typeof SessionServiceDefinition>;
  readonly biometrics: GrpcClient<typeof BiometricsServiceDefinition>;
  readonly fraudSignals: GrpcClient<typeof FraudSignalsServiceDefinition>;
}
