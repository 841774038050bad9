import type { Bus } from '@selfsame/bus/bus';
import type { Database } from '@selfsame/database/database';
import type { Signing } from '@selfsame/keys/signing';
import type { Log } from '@selfsame/runtime/log';
import type { SessionIntake } from './domain/intake.ts';
import type { Prices } from './domain/usage.ts';
import type { Biometrics } from './outbound/biometrics.ts';
import type { FraudSignals } from './outbound/fraud-signals.ts';
import type { Tables } from './outbound/tables.ts';

/** What every use case works with. */
export interface Context {
  readonly database: Database<Tables>;
  readonly bus: Pick<Bus, 'enqueue' | 'forget' | 'erase' | 'eraseDelivered'>;
  /** Certificates of erasure are signed by it. */
  readonly signing: Signing;
  readonly biometrics: Biometrics;
  readonly fraudSignals: FraudSignals;
  readonly log: Log;
  /** Whether new sessions are let in: not while those under way wait too long. */
  readonly intake: SessionIntake;
  readonly prices: Prices;
  readonly links: {
    /** Where users and applications reach the platform, without a trailing slash. */
    readonly publicBaseUrl: string;
    /** 32 secret bytes that session tokens are derived from. */
    readonly tokenKey: Buffer;
  };
}
