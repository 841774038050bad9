import { createCounter, createGauge, createHistogram, flowBuckets } from '@selfsame/runtime/metrics';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Arrival } from '../domain/arrival.ts';
import type { AttemptAnswer } from '../wire.ts';
import type { Slots } from './slots.ts';

const uploads = createCounter(
  'selfsame_capture_uploads_total',
  'Deliveries of pictures, by what the page was answered.',
  ['outcome'],
);
// The first of each is an increase, too.
for (const outcome of ['busy', 'refused', 'unavailable', 'failed']) uploads.add({ outcome }, 0);
const uploadSeconds = createHistogram(
  'selfsame_capture_upload_seconds',
  'From the first byte of a picture to the answer, the way of a slow link included.',
  { labels: ['outcome'], buckets: flowBuckets },
);
const slotStates = createGauge('selfsame_capture_upload_slots', 'Room for pictures in memory.', ['state']);

const answered = new WeakSet<FastifyRequest>();

/** A picture was looked at, or there is a reason not to that is no refusal. */
export function noteAnswer(request: FastifyRequest, { result }: AttemptAnswer, { begunAt }: Arrival): void {
  answered.add(request);
  uploads.add({ outcome: result });
  uploadSeconds.observe({ outcome: result }, Math.max(0, Date.now() - begunAt.getTime()) / 1_000);
}

/** Hook: counts what was refused. One whose page has gone is answered all the same, a moment later. */
export async function noteRefusal(request: FastifyRequest, { statusCode }: FastifyReply): Promise<void> {
  if (statusCode >= 400 && !answered.has(request)) uploads.add({ outcome: refusalOf(statusCode) });
}

function refusalOf(statusCode: number): 'busy' | 'refused' | 'unavailable' | 'failed' {
  if (statusCode === 429) return 'busy';
  if (statusCode < 500) return 'refused';
  return statusCode === 500 ? 'failed' : 'unavailable';
}

/** @returns stops showing them */
export function showSlots(slots: Pick<Slots, 'used' | 'max'>): () => void {
  return slotStates(() => [
    { labels: { state: 'used' }, value: slots.used() },
    { labels: { state: 'free' }, value: Math.max(0, slots.max - slots.used()) },
  ]);
}
