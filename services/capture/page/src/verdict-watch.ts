import { pause, readState, type SessionPath } from './client.ts';
import { redeliver } from './delivery.ts';
import type { Attempt, FlowEvent } from './states.ts';

/** Waiting times between two looks at a session whose verdict is on its way; about ten seconds. */
const pollDelaysMs = [700, 1_000, 1_500, 2_000, 4_500];
/** The same for a page that was reloaded and has no frame to send again; two minutes in all. */
const patientPollDelaysMs = [...pollDelaysMs, ...Array.from({ length: 24 }, () => 4_500)];
/** What is known of a frame may be lost with the bus: so often is it sent again while its verdict stays away. */
const redeliveries = 2;

/** A verdict that is waited for. `sent` when this page has the frame it is about. */
interface Awaited {
  readonly path: SessionPath;
  readonly send: (event: FlowEvent) => void;
  readonly sent?: { readonly attempt: Attempt; readonly body: Blob };
  readonly signal: AbortSignal;
}

/** Looks for the verdict until it is there, which ends the screen and with it the signal. */
export async function awaitVerdict(awaited: Awaited): Promise<void> {
  const { path, send, sent, signal } = awaited;
  if (sent === undefined) {
    await poll(awaited, patientPollDelaysMs);
    return signal.aborted ? undefined : send({ is: 'failed', reason: 'slow' });
  }
  for (let delivery = 0; delivery < redeliveries; delivery++) {
    await poll(awaited, pollDelaysMs);
    if (signal.aborted) return;
    const again = await redeliver(path, sent.attempt.id, sent.body, signal);
    const answer = again.status === 'answered' ? again.answer : null;
    if (answer?.result === 'renew') send({ is: 'failed', reason: 'unavailable' });
    else if (answer !== null) send({ is: 'answered', answer });
    else if (again.status === 'refused') send({ is: 'failed', reason: again.reason });
    if (signal.aborted) return;
  }
  await poll(awaited, pollDelaysMs);
  if (!signal.aborted) send({ is: 'failed', reason: 'unavailable' });
}

async function poll({ path, send, signal }: Awaited, delaysMs: readonly number[]): Promise<void> {
  for (const delayMs of delaysMs) {
    await pause(delayMs, signal);
    if (signal.aborted) return;
    const answer = await readState(path, signal);
    if (signal.aborted) return;
    if (answer.ok) send({ is: 'opened', session: answer.session });
    else if (answer.reason === 'unknown' || answer.reason === 'expired')
      send({ is: 'failed', reason: answer.reason });
  }
}

/** Between two looks at a session that another page may be about to end, and for how long is looked; then it is asked for. */
const elsewhereMs = { first: 5_000, most: 30_000, all: 300_000 } as const;

/**
 * Looks now and then, while the page is seen, whether the session has gone on elsewhere: nobody begins a look that is over.
 * Ends with the signal, or after some minutes of being seen; a page that is seen again begins anew.
 */
export async function watchElsewhere({ path, send, signal }: Omit<Awaited, 'sent'>): Promise<void> {
  while (!signal.aborted) {
    let delayMs: number = elsewhereMs.first;
    for (let spentMs = 0; spentMs < elsewhereMs.all && !signal.aborted; spentMs += delayMs) {
      delayMs = Math.min(elsewhereMs.most, spentMs === 0 ? delayMs : delayMs * 1.5);
      await wait(delayMs, signal);
      if (signal.aborted) return;
      if (document.hidden) break;
      const answer = await readState(path, signal);
      if (signal.aborted) return;
      if (answer.ok) send({ is: 'opened', session: answer.session });
      else if (answer.reason === 'unknown' || answer.reason === 'expired')
        return send({ is: 'failed', reason: answer.reason });
      // Somebody asks us to be slower.
      else if (answer.reason === 'busy') delayMs = elsewhereMs.most;
    }
    await seenAgain(signal);
  }
}

/** In full: unlike `pause` it is not cut short by a network that comes and goes. */
function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Resolves when the page comes into sight the next time, or when aborted. */
function seenAgain(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    signal.addEventListener('abort', look);
    if (signal.aborted) look();
  });
}
