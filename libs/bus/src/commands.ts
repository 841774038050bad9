import { userInfo } from 'node:os';
import { ApiActor } from '@selfsame/contracts/audit/v1/events';
import { apiCalled } from '@selfsame/contracts/catalog';
import type { Database } from '@selfsame/database/database';
import { enqueueDeferred } from './deferred.ts';

/** What somebody at a terminal did to an application, or read about its people. */
export interface Command {
  readonly applicationId: string;
  readonly service: string;
  /** As it was typed, with ids and without names of people: `template-keys revoke --version 3`. */
  readonly line: string;
}

/**
 * Records a command of an operator in the audit log of the application, as calls of the API are. To be called before it
 * shows or changes anything: who cannot be recorded is not served. The running service tells it on.
 */
export async function recordCommand(
  database: Database,
  { applicationId, service, line }: Command,
): Promise<void> {
  await database.transaction((tx) =>
    enqueueDeferred(tx, apiCalled, {
      applicationId,
      service,
      actor: ApiActor.OPERATOR,
      actorId: operator(),
      method: 'RUN',
      path: line,
      status: 0,
      ipAddress: '',
      occurredAt: new Date(),
      requestId: '',
    }),
  );
}

/** The login at this machine; a container may have no name for its user. */
function operator(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
