import type { SessionView } from '../../../src/wire.ts';
import { pause, readState, type SessionPath } from '../client.ts';
import type { LiveChannel } from '../live-channel.ts';

/** How often the state is asked for: while the channel tells news anyway, and while it does not. */
const pollMs = { up: 20_000, down: 3_000 } as const;
/** A channel gets this long to come up before it counts as down. */
const graceMs = 1_000;

/**
 * Follows what another device does with the session until aborted: over the channel, whose news its owner hears, and by
 * asking, seldom or often. Tells every view of the session; one that cannot be read now is asked for again.
 */
export async function followSession(
  path: SessionPath,
  live: LiveChannel,
  signal: AbortSignal,
  told: (session: SessionView) => void,
): Promise<void> {
  live.follow();
  await pause(graceMs, signal);
  while (!signal.aborted) {
    const answer = await readState(path, signal);
    if (signal.aborted) return;
    if (answer.ok) told(answer.session);
    const askedAt = performance.now();
    // A channel that breaks meanwhile shortens the wait.
    while (!signal.aborted && performance.now() - askedAt < (live.up ? pollMs.up : pollMs.down)) {
      await pause(500, signal);
    }
  }
}
