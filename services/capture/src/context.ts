import type { Bus } from '@selfsame/bus/bus';
import type { Log } from '@selfsame/runtime/log';
import type { Config } from './config.ts';
import type { KeptUploads } from './kept-uploads.ts';
import type { KnownSessions } from './known-sessions.ts';
import type { Rooms } from './live/rooms.ts';
import type { OpenAttempts } from './open-attempts.ts';
import type { Neighbours } from './outbound/neighbours.ts';
import type { Verdicts } from './verdicts.ts';

/** What the use cases work with. */
export interface Context {
  readonly config: Config;
  readonly log: Log;
  readonly bus: Pick<Bus, 'publish'>;
  readonly neighbours: Neighbours;
  readonly verdicts: Verdicts;
  readonly openAttempts: OpenAttempts;
  readonly keptUploads: KeptUploads;
  readonly knownSessions: KnownSessions;
  readonly rooms: Rooms;
  /** Aborted when the service is stopping. */
  readonly stopping: AbortSignal;
}
