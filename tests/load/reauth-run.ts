import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { facePath } from '@selfsame/testing/assets';
import { type HostedClient, hostedClient } from '../harness/hosted-client.ts';
import { someone, type World } from '../harness/world.ts';
import type { WebhookClock } from './webhook-clock.ts';

export interface Person {
  vendorData: string;
  frame: Buffer;
}

export interface RateResult {
  /** Re-authentications offered a second, open loop. */
  rate: number;
  offered: number;
  /** Frame's first byte sent → webhook's first byte received, of those that were Approved and told. */
  latenciesMs: number[];
  /** Completed a second, from the first frame to the last webhook. */
  throughput: number;
}

interface OpenedSession {
  id: string;
  client: HostedClient;
  frame: Buffer;
}

const drainTimeoutMs = 20_000;

/** Enrols as many subjects as a run needs: one subject has at most one unfinished session. */
export async function enrolPeople(world: World, photos: readonly string[], count: number): Promise<Person[]> {
  const people: Person[] = [];
  const enrolNext = async (): Promise<void> => {
    while (people.length < count) {
      const photo = photos[people.length % photos.length] as string;
      const vendorData = someone();
      people.push({ vendorData, frame: await readFile(facePath(photo)) });
      await world.enrol(vendorData, photo);
    }
  };
  await Promise.all([enrolNext(), enrolNext(), enrolNext()]);
  return people;
}

/** Offers `rate` frames a second for as many people as given and waits for their webhooks. */
export async function runRate(
  world: World,
  clock: WebhookClock,
  people: readonly Person[],
  rate: number,
): Promise<RateResult> {
  const sessions = await openSessions(world, people);
  const sentMs = new Map<string, number>();
  const startMs = performance.now();
  const shown = sessions.map(async (session, index) => {
    await pause(Math.max(0, startMs + (index * 1000) / rate - performance.now()));
    sentMs.set(session.id, performance.now());
    await session.client.attempt(session.frame, undefined, { timeoutMs: 30_000 });
  });
  await Promise.allSettled(shown);
  const deadlineMs = performance.now() + drainTimeoutMs;
  const untold = () => sessions.filter((session) => clock.firstByteMs(session.id) === undefined);
  while (untold().length > 0 && performance.now() < deadlineMs) await pause(20);

  const arrivals = sessions.flatMap((session) => {
    const arrivedMs = clock.firstByteMs(session.id);
    const sent = sentMs.get(session.id);
    return arrivedMs === undefined || sent === undefined ? [] : [{ arrivedMs, latencyMs: arrivedMs - sent }];
  });
  const lastMs = Math.max(startMs, ...arrivals.map((arrival) => arrival.arrivedMs));
  return {
    rate,
    offered: sessions.length,
    latenciesMs: arrivals.map((arrival) => arrival.latencyMs),
    throughput: (arrivals.length * 1000) / (lastMs - startMs),
  };
}

async function openSessions(world: World, people: readonly Person[]): Promise<OpenedSession[]> {
  const opened: OpenedSession[] = [];
  for (const person of people) {
    const session = await world.createSession({ workflow_id: 'wf_reauth', vendor_data: person.vendorData });
    const client = hostedClient(session.session_url);
    await client.open();
    opened.push({ id: session.session_id, client, frame: person.frame });
  }
  return opened;
}
