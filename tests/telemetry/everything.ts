import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { captureCompleted } from '@selfsame/contracts/catalog';
import { facePath } from '@selfsame/testing/assets';
import { sumOf } from '@selfsame/testing/series';
import { waitFor } from '@selfsame/testing/wait';
import { hostedClient } from '../harness/hosted-client.ts';
import { someone, type World } from '../harness/world.ts';
import { openStage } from '../reuse/stage.ts';

/** Small limits, so that a few callers reach them. */
export const narrow = {
  SESSION_CREATIONS_PER_MINUTE: '120',
  BIOMETRICS_WORKERS: '1',
  BIOMETRICS_QUEUE: '2',
  WEBHOOK_TIMEOUT_MS: '400',
  WEBHOOK_CIRCUIT_FAILURES: '2',
};

/**
 * A day in half a minute, through doors that everybody has: people sign in, some with the wrong face, too many at once; companies
 * share; receivers fail and hang; a caller asks too much; an event cannot be read; NATS hangs for a moment.
 */
export async function everythingHappens(world: World): Promise<void> {
  await troubledReceivers(world);
  await signIns(world);
  await sharing(world);
  // Many of them are refused or late, which is the point.
  await Promise.allSettled([crowd(world), pictures(world), greed(world)]);
  await unreadable(world);
  await natsHangs(world);
  // Once more: what began and ended between two scrapes has not risen for any of them.
  await signIns(world);
  // Counted now and then, so later than it is there.
  await isTold(world, 'selfsame_bus_dead_letters');
}

/** Limits are narrow and machines may be slow: who is told to come again does, as pages do. */
async function insist<T>(act: () => Promise<T>): Promise<T> {
  for (let triesLeft = 5; ; triesLeft -= 1) {
    try {
      return await act();
    } catch (error) {
      if (triesLeft === 0) throw error;
      await pause(500);
    }
  }
}

async function photo(name: string): Promise<Buffer> {
  return await readFile(facePath(name));
}

/** Its owner, a stranger, and somebody who tries again once all is decided. */
async function signIns(world: World): Promise<void> {
  const vendorData = someone();
  await insist(() => world.enrol(vendorData, 'img/p01_1.jpg'));
  for (const face of ['img/p01_2.jpg', 'img/p02_1.jpg', 'img/p01_2.jpg']) {
    const session = await world.createSession({ workflow_id: 'wf_reauth', vendor_data: vendorData });
    await fetch(session.session_url);
    const page = hostedClient(session.session_url);
    await insist(() => page.open());
    await page.attempt(await photo(face), undefined, { isPlain: face === 'img/p02_1.jpg' });
    // What a replay would do.
    await page.attempt(await photo(face), randomUUID());
    await page.state();
  }
  await world.api.get('/v3/sessions/');
}

/** Of a company: one says no to everything, one never says anything, and one is an address where nobody listens. */
async function troubledReceivers(world: World): Promise<void> {
  world.receiver.answer(({ path }) => {
    if (path === '/no') return { status: 500 };
    return path === '/silence' ? { status: 200, hang: true } : { status: 200 };
  });
  const urls = [`${world.receiver.url}/no`, `${world.receiver.url}/silence`, 'http://127.0.0.1:9/closed'];
  for (const url of urls) {
    const answer = await world.api.post('/v3/webhook/destinations/', {
      label: 'troubled',
      url,
      subscribed_events: ['status.updated'],
      retry_schedule: [0],
    });
    if (answer.status !== 201) throw new Error(`no destination: ${JSON.stringify(answer.body)}`);
  }
}

/** A verification that is used again elsewhere, and a token that somebody tries twice. */
async function sharing(world: World): Promise<void> {
  const { bank, lender, signIn, ...stage } = await openStage(world.system);
  try {
    const ann = await insist(() => stage.verified('img/p04_1.jpg'));
    await stage.consent(ann);
    const obtain = (token: string) =>
      lender.api.post('/v3/session/import-shared/', { share_token: token, workflow_id: signIn });
    const token = await stage.share(ann);
    await obtain(token);
    await obtain(token);
  } finally {
    await Promise.all([bank.close(), lender.close()]);
  }
}

/** More faces at once than can be looked at. */
async function crowd(world: World): Promise<void> {
  const frame = await photo('img/p05_1.jpg');
  await Promise.allSettled(
    Array.from({ length: 16 }, async () => {
      const session = await world.createSession({ workflow_id: 'wf_liveness' });
      const page = hostedClient(session.session_url);
      await page.open();
      await page.attempt(frame);
    }),
  );
}

/** An application that sends pictures itself, on top of them. */
async function pictures(world: World): Promise<void> {
  const face = new File([new Uint8Array(await photo('img/p01_2.jpg'))], 'face.jpg');
  const paths = ['/v3/face-search/', ...Array.from({ length: 10 }, () => '/v3/passive-liveness/')];
  await Promise.allSettled(
    paths.map(async (path) => {
      const body = new FormData();
      body.append('user_image', face);
      await fetch(new URL(path, world.system.baseUrl), {
        method: 'POST',
        headers: { 'x-api-key': world.system.local.api_key },
        body,
        signal: AbortSignal.timeout(15_000),
      });
    }),
  );
}

/** A caller that asks for more sessions than one key may have in a minute. */
async function greed(world: World): Promise<void> {
  const asks = Array.from({ length: Number(narrow.SESSION_CREATIONS_PER_MINUTE) + 10 });
  await Promise.allSettled(
    asks.map(() =>
      fetch(new URL('/v3/session/', world.system.baseUrl), {
        method: 'POST',
        headers: { 'x-api-key': world.system.local.partner.api_key, 'content-type': 'application/json' },
        body: '{}',
        signal: AbortSignal.timeout(15_000),
      }),
    ),
  );
}

/** An event that nobody can read. */
async function unreadable(world: World): Promise<void> {
  const connection = await connect({ servers: world.system.natsUrl });
  await connection.request(captureCompleted.subject, new Uint8Array([0xff, 0xff, 0xff]));
  await connection.close();
}

/** A session is created while NATS does not answer; its webhook comes once it does. */
async function natsHangs(world: World): Promise<void> {
  await world.system.pause('nats');
  const session = await world.createSession({ workflow_id: 'wf_liveness' });
  await isTold(world, 'selfsame_bus_publish_failures_total');
  world.system.resume('nats');
  await world.webhook(session.session_id, 'Not Started', 30_000);
}

/** Waits until session counts some of it. */
async function isTold(world: World, metric: string): Promise<void> {
  const metrics = `http://127.0.0.1:${world.system.ports.session.http}/metrics`;
  await waitFor(
    `${metric} of session`,
    async () => {
      const text = await (await fetch(metrics, { signal: AbortSignal.timeout(5_000) })).text();
      return sumOf(text, metric) > 0;
    },
    { timeoutMs: 30_000, intervalMs: 200 },
  );
}
