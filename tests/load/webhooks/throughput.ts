import { waitFor } from '@selfsame/testing/wait';
import type { BarePosterCalls } from './bare-poster.ts';
import type { PeerSettings } from './graphile-peer.ts';
import { monotonicMs } from './monotonic.ts';
import { type CpuTimes, cpuTimeMs, middleRate, type RateRun } from './rates.ts';
import type { Stand } from './stand.ts';

/** A run of the dispatcher, checked against its own record. */
export interface DispatchRun extends RateRun {
  /** From the receiver's first request until the last attempt was in the database. */
  readonly recordedPerSecond: number;
}

/** What is posted where, by how many posters, and for how long. */
export type BareSettings = Parameters<BarePosterCalls['post']>[0];

/** How long a backlog may take before the run counts as stuck. */
const patienceMs = 300_000;

/** A body as the dispatcher sends it, for the contenders to send as well. */
export async function sampleBody(stand: Stand): Promise<string> {
  const dispatcher = await stand.startDispatcher();
  const destinations = await stand.addDestinations(dispatcher, stand.targets.slice(0, 1));
  await stand.receiver.call('forget', undefined);
  await stand.publisher.call('fill', { applicationIds: destinations.applicationIds, count: 1 });
  await received(stand, 1);
  await dispatcher.stop();
  return await stand.receiver.call('sample', undefined);
}

/** Signed POSTs alone. */
export async function runBare(stand: Stand, how: BareSettings): Promise<RateRun> {
  await stand.receiver.call('forget', undefined);
  return await measured(stand, stand.bare.pid, () => stand.bare.call('post', how));
}

/** graphile-worker on a queue that was filled before. */
export async function runPeer(
  stand: Stand,
  how: { body: string; count: number; settings: PeerSettings },
): Promise<RateRun> {
  const { body, count, settings } = how;
  const url = stand.databaseUrl;
  await stand.peer.call('fill', { url, targets: stand.targets, body, count });
  await settle(stand);
  await stand.receiver.call('forget', undefined);
  const run = await measured(stand, stand.peer.pid, () => stand.peer.call('work', { url, settings }));
  const [recorded] = await stand.query<{ count: string }>(
    'SELECT count(DISTINCT event_id) FROM peer_attempts WHERE response_status = 200',
  );
  await stand.query('TRUNCATE peer_attempts');
  if (Number(recorded?.count) !== count || run.events !== count) {
    throw new Error(`of ${count} jobs ${run.events} were posted and ${recorded?.count} recorded`);
  }
  return run;
}

/**
 * The dispatcher on deliveries that are due: their events were accepted by a process that was allowed one attempt at a time
 * against a receiver that took seconds for each, so that nearly all were left in the table.
 */
export async function runBacklog(stand: Stand, count: number): Promise<DispatchRun> {
  const accepting = await stand.startDispatcher({ WEBHOOK_CONCURRENCY: '1' });
  const { applicationIds } = await stand.addDestinations(accepting, stand.targets);
  await stand.receiver.call('behave', { delayMs: 2_000 });
  await stand.publisher.call('fill', { applicationIds, count });
  await waitFor(
    'all events are accepted',
    async () => (await countDeliveries(stand, applicationIds)).all === count,
    { timeoutMs: patienceMs, intervalMs: 200 },
  );
  await accepting.stop();
  await stand.receiver.call('behave', { delayMs: 0 });
  const { delivered } = await countDeliveries(stand, applicationIds);
  return await drain(stand, applicationIds, { left: count - delivered, count });
}

/** The dispatcher on events that nobody has accepted yet: each becomes a delivery first. */
export async function runStream(stand: Stand, count: number): Promise<DispatchRun> {
  const dispatcher = await stand.startDispatcher();
  const { applicationIds } = await stand.addDestinations(dispatcher, stand.targets);
  await dispatcher.stop();
  await stand.publisher.call('fill', { applicationIds, count });
  return await drain(stand, applicationIds, { left: count, count });
}

async function drain(
  stand: Stand,
  applicationIds: string[],
  { left, count }: { left: number; count: number },
): Promise<DispatchRun> {
  await settle(stand);
  await stand.receiver.call('forget', undefined);
  const dispatcher = await stand.startDispatcher();
  const run = await measured(stand, dispatcher.pid, () => received(stand, left));
  await waitFor(
    'all attempts are recorded',
    async () => (await countDeliveries(stand, applicationIds)).delivered === count,
    { timeoutMs: patienceMs, intervalMs: 50 },
  );
  const recordedMs = monotonicMs();
  const attempted = await countAttempted(stand, applicationIds);
  await dispatcher.stop();
  if (attempted !== count || run.events !== left) {
    throw new Error(`of ${count} deliveries ${attempted} were recorded; ${run.events} of ${left} came`);
  }
  return { ...run, recordedPerSecond: (left * 1000) / (recordedMs - run.firstMs) };
}

/** @param work what is measured; the receiver's record was forgotten before it, or is of the same run */
async function measured(
  stand: Stand,
  pid: number,
  work: () => Promise<unknown>,
): Promise<RateRun & { firstMs: number }> {
  const read = async () => ({
    ...(await stand.receiver.call('count', undefined)),
    own: cpuTimeMs(pid),
    database: stand.databaseCpuMs(),
    receiver: cpuTimeMs(stand.receiver.pid),
  });
  const before = await read();
  await work();
  const after = await read();
  const each = (what: keyof CpuTimes) => (after[what] - before[what]) / (after.events - before.events);
  const arrivals = await stand.receiver.call('arrivals', undefined);
  return {
    events: arrivals.ids.length,
    perSecond: middleRate(arrivals),
    cpuMs: { own: each('own'), database: each('database'), receiver: each('receiver') },
    firstMs: arrivals.firstByteMs.reduce((first, one) => Math.min(first, one), Number.POSITIVE_INFINITY),
  };
}

async function received(stand: Stand, count: number): Promise<void> {
  await waitFor(
    'all events are received',
    async () => (await stand.receiver.call('count', undefined)).events >= count,
    { timeoutMs: patienceMs, intervalMs: 20 },
  );
}

/** What autovacuum would do after filling is done before a contender starts. */
async function settle(stand: Stand): Promise<void> {
  await stand.query('VACUUM (ANALYZE)');
}

async function countDeliveries(
  stand: Stand,
  applicationIds: string[],
): Promise<{ all: number; delivered: number }> {
  const [row] = await stand.query<{ all: string; delivered: string }>(
    `SELECT count(*) AS all, count(*) FILTER (WHERE state = 'delivered') AS delivered
     FROM webhook_dispatcher.deliveries WHERE application_id = ANY ($1)`,
    [applicationIds],
  );
  return { all: Number(row?.all), delivered: Number(row?.delivered) };
}

/** Deliveries with an attempt that the receiver took. */
async function countAttempted(stand: Stand, applicationIds: string[]): Promise<number> {
  const [row] = await stand.query<{ count: string }>(
    `SELECT count(DISTINCT a.delivery_id)
     FROM webhook_dispatcher.attempts AS a JOIN webhook_dispatcher.deliveries AS d ON d.id = a.delivery_id
     WHERE d.application_id = ANY ($1) AND a.response_status = 200`,
    [applicationIds],
  );
  return Number(row?.count);
}
