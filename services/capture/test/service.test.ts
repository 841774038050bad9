import { randomUUID } from 'node:crypto';
import { request as rawRequest } from 'node:http';
import { FaceProblem } from '@selfsame/contracts/biometrics/v1/evidence';
import { Failure } from '@selfsame/runtime/errors';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { barePage, goodEvidence, sampleFrame, startWorld, type World } from './harness.ts';

let world: World;
let page: ReturnType<typeof barePage>;
const frame = sampleFrame();

beforeAll(async () => {
  page = barePage();
  world = await startWorld(page.directory);
});
afterAll(async () => {
  await world.stop();
  page.remove();
});
beforeEach(() => void world.renew());

const at = (path: string) => `${world.url}/session/${world.token}${path}`;
const post = (path: string, body?: BodyInit, type = 'image/jpeg') =>
  fetch(at(path), {
    method: 'POST',
    ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
  });
const upload = (attemptId: string, body: BodyInit = frame, type?: string) =>
  post(`/attempts/${attemptId}`, body, type);

/** Opens the session as the page does on arrival. */
async function enter(): Promise<void> {
  expect((await post('/open')).status).toBe(200);
}

describe('a visit', () => {
  it('is told who asks and what for, and is In Progress from then on', async () => {
    const response = await post('/open');
    expect(await response.json()).toMatchObject({
      session_id: world.script.session.sessionId,
      application_name: 'Northwind',
      status: 'In Progress',
      phase: 'ready',
      matches: true,
      retains_images: false,
      attempts_left: 3,
    });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('is told whether the application keeps the picture', async () => {
    world.renew({ retainsImages: true });
    expect(await (await post('/open')).json()).toMatchObject({ retains_images: true });
  });

  it('that ends early is Not Finished, and the same link opens again', async () => {
    await enter();
    expect((await post('/leave')).status).toBe(204);
    expect(world.script.session.status).toBe('Not Finished');
    expect(await (await post('/open')).json()).toMatchObject({ status: 'In Progress', phase: 'ready' });
  });

  it('to an unknown link is told so, and too many of them are slowed down', async () => {
    const statuses: number[] = [];
    // The budget refills while a slow machine counts.
    while (!statuses.includes(429) && statuses.length < 200) {
      const link = `${world.url}/session/unknown-token-${statuses.length}`;
      const response = await fetch(`${link}/open`, { method: 'POST' });
      if (statuses.length === 0) expect(await response.json()).toMatchObject({ code: 'session_unknown' });
      statuses.push(response.status);
    }
    expect(statuses.slice(0, 30)).toEqual(Array.from({ length: 30 }, () => 404));
    expect(statuses.at(-1)).toBe(429);
    // The tests share one address: give it a fresh service.
    await world.stop();
    world = await startWorld(page.directory);
  });

  it('brings a few words at most: no body but a picture is read further', async () => {
    const bounds = { '/open': 32_000, '/leave': 1_024, [`/attempts/${randomUUID()}/challenge`]: 1_024 };
    for (const [path, bytes] of Object.entries(bounds)) {
      const answer = await post(path, `{"method":"${'x'.repeat(bytes)}"}`, 'application/json');
      expect(answer.status).toBe(413);
      expect(await answer.json()).toMatchObject({ code: 'request_too_large' });
    }
    expect(world.seen.opens).toBe(0);
  });

  it('to an older session service may begin at a computer', async () => {
    world.renew({ callbackMethod: '', isDesktopAllowed: false });
    expect(await (await post('/open')).json()).toMatchObject({ is_desktop_allowed: true });
    world.renew({ isDesktopAllowed: false });
    expect(await (await post('/open')).json()).toMatchObject({ is_desktop_allowed: false });
  });

  it('while session is away is told to come back', async () => {
    world.script.sessionDown = new Failure('unavailable', 'session_down', 'secret inside words');
    const response = await post('/open');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.text()).not.toContain('secret');
  });
});

describe('a lock', () => {
  const until = new Date('2099-05-01T12:34:56Z');
  const told = '2099-05-01T12:35:00.000Z';

  it('is told on arrival and to every upload, whatever it shows; nobody looks at it', async () => {
    world.script.lock = { until, isSubject: true };
    expect(await (await post('/open')).json()).toMatchObject({ phase: 'locked', locked_until: told });
    for (const body of [frame, Buffer.concat([frame.subarray(0, 3), Buffer.alloc(500_000)])]) {
      const answer = await upload(randomUUID(), body);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ result: 'locked', until: told });
    }
    expect(world.seen.verified).toEqual([]);
    expect(world.seen.completed).toEqual([]);
  });

  it('of a device is told to its uploads, and the same try counts when it is over', async () => {
    world.script.lock = { until, isSubject: false };
    expect(await (await post('/open')).json()).toMatchObject({ phase: 'ready', locked_until: null });
    const attemptId = randomUUID();
    expect(await (await upload(attemptId)).json()).toMatchObject({ result: 'locked' });
    world.script.lock = null;
    expect(await (await upload(attemptId)).json()).toMatchObject({ result: 'verdict' });
  });

  it('that began while the picture was looked at is all that its upload hears of', async () => {
    await enter();
    world.script.verdictWaitMs = 100;
    world.script.decide = () => null;
    world.script.verify = () => {
      world.script.lock = { until, isSubject: true };
      return goodEvidence();
    };
    expect(await (await upload(randomUUID())).json()).toEqual({ result: 'locked', until: told });
  });

  it('that took a look back has its frame sent again, under a new id', async () => {
    await enter();
    const attemptId = randomUUID();
    world.script.voidAttempts = new Set([attemptId]);
    for (let delivery = 0; delivery < 2; delivery += 1) {
      const answer = await upload(attemptId);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ result: 'renew' });
    }
    expect(world.seen.verified).toEqual([]);
    expect(await (await upload(randomUUID())).json()).toMatchObject({ result: 'verdict' });
  });

  it('knows browsers by a cookie and the others by their address', async () => {
    const opened = await post('/open');
    const cookie = opened.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(
      /^selfsame_device=[\w-]{32}; Path=\/session; Max-Age=34560000; HttpOnly; SameSite=Lax$/,
    );
    const headers = { 'content-type': 'image/jpeg', cookie: cookie.split(';')[0] ?? '' };
    const again = await fetch(at('/open'), { method: 'POST', headers: { cookie: headers.cookie } });
    expect(again.headers.get('set-cookie')).toBe(cookie);
    await fetch(at(`/attempts/${randomUUID()}`), { method: 'POST', body: frame, headers });
    const [named] = world.seen.origins;
    world.renew();
    await enter();
    await upload(randomUUID());
    const [anonymous] = world.seen.origins;
    expect(named?.deviceSha256).toHaveLength(32);
    expect(anonymous?.deviceSha256).toHaveLength(0);
    expect(anonymous?.networkSha256).toEqual(named?.networkSha256);
  });

  it('is not kept from browsers that come over https inside other pages', async () => {
    const response = await fetch(at('/open'), { method: 'POST', headers: { 'x-forwarded-proto': 'https' } });
    expect(response.headers.get('set-cookie')).toContain('; Secure; SameSite=None; Partitioned');
  });
});

describe('an upload', () => {
  beforeEach(enter);

  it('is answered with the verdict that session reaches', async () => {
    const attemptId = randomUUID();
    const response = await upload(attemptId);
    expect(await response.json()).toEqual({
      result: 'verdict',
      status: 'Approved',
      callback: 'https://app.example/done?order=7',
    });
    const search = 'FACE_SEARCH_SCOPE_OTHERS';
    expect(world.seen.verified[0]).toMatchObject({ attemptId, vendorData: 'user-1', search });
    expect(Buffer.compare(world.seen.verified[0]?.image ?? Buffer.of(), frame)).toBe(0);
    expect(world.seen.completed[0]).toMatchObject({ attemptId, evidence: { faceCount: 1 } });
    const { receivedAt, tookMs } = world.seen.completed[0] ?? {};
    const begunAt = Date.parse(`${response.headers.get('x-frame-received-at')}`);
    expect(receivedAt?.getTime()).toBeGreaterThanOrEqual(begunAt);
    expect(tookMs).toBeGreaterThanOrEqual(0);
  });

  it('that shows no usable face is asked for again, and session hears nothing of it', async () => {
    world.script.verify = () => goodEvidence({ problem: FaceProblem.TOO_DARK });
    const answer = await (await upload(randomUUID())).json();
    expect(answer).toEqual({ result: 'retry', problem: 'too_dark', attempts_left: 2 });
    expect(world.seen.completed).toEqual([]);
  });

  it('that is the last one is reported even without a usable face', async () => {
    world.script.session = { ...world.script.session, attemptsLeft: 1 };
    world.script.verify = () => goodEvidence({ faceCount: 0, problem: FaceProblem.NO_FACE });
    world.script.decide = () => 'Declined';
    expect(await (await upload(randomUUID())).json()).toMatchObject({
      result: 'verdict',
      status: 'Declined',
    });
  });

  it('whose verdict takes longer is answered at once, and the state tells the verdict later', async () => {
    world.script.verdictWaitMs = 100;
    world.script.decide = () => null;
    expect(await (await upload(randomUUID())).json()).toEqual({ result: 'pending' });
    world.script.session = { ...world.script.session, status: 'In Review' };
    expect(await (await fetch(at('/state'))).json()).toMatchObject({
      phase: 'finished',
      status: 'In Review',
    });
  });

  it('whose verdict passed this replica by is answered by asking session', async () => {
    world.script.verdictWaitMs = 100;
    world.script.decide = () => null;
    world.script.verify = () => {
      world.script.session = { ...world.script.session, status: 'Approved' };
      return goodEvidence();
    };
    expect(await (await upload(randomUUID())).json()).toMatchObject({
      result: 'verdict',
      status: 'Approved',
    });
  });

  it('repeated under the same id is one look and one verdict', async () => {
    const attemptId = randomUUID();
    const answers = await Promise.all([upload(attemptId), upload(attemptId)]);
    const later = await upload(attemptId);
    for (const answer of [...answers, later]) {
      expect(await answer.json()).toMatchObject({ result: 'verdict', status: 'Approved' });
    }
    expect(world.seen.verified).toHaveLength(1);
    expect(world.seen.completed).toHaveLength(1);
  });

  it('asks session for nothing but its grant when the page has been opened here', async () => {
    expect(await (await upload(randomUUID())).json()).toMatchObject({ result: 'verdict' });
    expect(world.seen.reads).toBe(0);
    expect(world.seen.grants.size).toBe(1);
  });

  it('is judged and told anew when it comes again because its verdict stays away', async () => {
    const attemptId = randomUUID();
    world.script.verdictWaitMs = 100;
    world.script.decide = () => null;
    expect(await (await upload(attemptId)).json()).toEqual({ result: 'pending' });
    expect(await (await upload(attemptId)).json()).toEqual({ result: 'pending' });
    expect(world.seen.verified.map((look) => look.attemptId)).toEqual([attemptId, attemptId]);
    const eventId = `${world.script.session.sessionId}/${attemptId}`;
    await waitFor('both events', () => world.seen.completedIds.length === 2);
    expect(world.seen.completedIds).toEqual([eventId, eventId]);
    expect(world.seen.grants.size).toBe(1);
  });

  it('under an id that another session has used is an event of its own', async () => {
    const attemptId = randomUUID();
    const ids: string[] = [];
    for (let session = 0; session < 2; session++) {
      world.renew();
      await enter();
      expect(await (await upload(attemptId)).json()).toMatchObject({ result: 'verdict' });
      ids.push(...world.seen.completedIds);
    }
    expect(new Set(ids).size).toBe(2);
  });

  it('of a second tab after the verdict gets the same verdict', async () => {
    await upload(randomUUID());
    world.script.verify = () => goodEvidence({ similarityScore: 1 });
    expect(await (await upload(randomUUID())).json()).toMatchObject({
      result: 'verdict',
      status: 'Approved',
    });
    expect(world.seen.completed).toHaveLength(1);
  });

  it('of a tab that stayed open after another one left still counts', async () => {
    await post('/leave');
    expect(await (await upload(randomUUID())).json()).toMatchObject({
      result: 'verdict',
      status: 'Approved',
    });
  });

  it('to an expired session is gone', async () => {
    world.script.session = { ...world.script.session, status: 'Expired' };
    const response = await upload(randomUUID());
    expect(response.status).toBe(410);
    expect(await response.json()).toMatchObject({ code: 'session_expired' });
  });

  it('while biometrics is overloaded is asked to come back, and the repetition counts', async () => {
    const attemptId = randomUUID();
    world.script.verify = () => {
      throw new Failure('exhausted', 'queue_full', 'Too many looks at once.');
    };
    const refused = await upload(attemptId);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    world.script.verify = () => {
      throw new Failure('exhausted', 'wait_too_long', 'Too many looks at once.', { retryAfterMs: 2_300 });
    };
    expect((await upload(attemptId)).headers.get('retry-after')).toBe('3');
    world.script.verify = () => goodEvidence();
    expect(await (await upload(attemptId)).json()).toMatchObject({ result: 'verdict' });
    expect(world.seen.grants.size).toBe(1);
  });

  it('is judged to its end before a leave counts', async () => {
    const judged = Promise.withResolvers<void>();
    world.script.verify = async () => {
      await judged.promise;
      return goodEvidence();
    };
    const answer = upload(randomUUID());
    await waitFor('the look begins', () => world.seen.verified.length === 1);
    const left = post('/leave');
    judged.resolve();
    expect(await (await answer).json()).toMatchObject({ status: 'Approved' });
    await left;
    expect(world.script.session.status).toBe('Approved');
  });

  it('that is no picture is refused before anyone looks at it', async () => {
    const wrongBytes = await upload(randomUUID(), Buffer.from('not a picture'));
    expect(wrongBytes.status).toBe(400);
    expect(await wrongBytes.json()).toMatchObject({ code: 'image_unusable' });
    expect((await upload(randomUUID(), frame, 'text/plain')).status).toBe(415);
    expect((await upload(randomUUID(), '{"image":1}', 'application/json')).status).toBe(415);
    expect((await upload('not-a-uuid')).status).toBe(404);
    expect(world.seen.grants.size).toBe(0);
  });

  it('may be as large as a good camera makes it', async () => {
    const large = Buffer.concat([frame, Buffer.alloc(5_000_000 - frame.length)]);
    expect((await upload(randomUUID(), large)).status).toBe(200);
    expect(world.seen.verified[0]?.image).toHaveLength(5_000_000);
  });

  it('that is too large is refused by its announcement alone, and counted when it announces nothing', async () => {
    const announced = await rawUpload({ 'content-length': 5_000_001 }, 0);
    expect(announced).toMatchObject({ status: 413, sentBytes: 0 });
    const counted = await rawUpload({ 'transfer-encoding': 'chunked' }, 6_000_000);
    expect(counted.status).toBe(413);
    expect(JSON.parse(counted.body)).toMatchObject({ code: 'image_too_large' });
    expect(world.seen.grants.size).toBe(0);
  });

  it('beyond the session’s budget is slowed down', async () => {
    const statuses: number[] = [];
    // The budget refills while a slow machine counts.
    while (!statuses.includes(429) && statuses.length < 200)
      statuses.push((await upload(randomUUID(), 'x')).status);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('a crowd', () => {
  let small: World;
  beforeEach(async () => {
    small = await startWorld(page.directory, { concurrentFrames: 2 });
    expect((await fetch(`${small.url}/session/${small.token}/open`, { method: 'POST' })).status).toBe(200);
  });
  afterEach(() => small.stop());
  const send = (signal: AbortSignal | null = null) =>
    fetch(`${small.url}/session/${small.token}/attempts/${randomUUID()}`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: frame,
      signal,
    });

  it('of slow senders without a session keeps no frame out', async () => {
    const statuses: number[] = [];
    const idle = Array.from({ length: 8 }, (_, index) => {
      const sender = rawRequest(`${small.url}/session/unknown-${index}/attempts/${randomUUID()}`, {
        method: 'POST',
        agent: false,
        headers: {
          'content-type': 'image/jpeg',
          'content-length': 10_000,
          'x-forwarded-for': `203.0.113.${index}`,
        },
      });
      sender.on('error', () => undefined);
      sender.on('response', (response) => statuses.push(response.resume().statusCode ?? 0));
      sender.flushHeaders();
      return sender;
    });
    await waitFor('all of them to be in', () => small.seen.reads + statuses.length >= 8);
    expect((await send()).status).toBe(200);
    await waitFor('an answer for each', () => statuses.length === 8);
    expect(statuses).toEqual(Array.from({ length: 8 }, () => 404));
    for (const sender of idle) sender.destroy();
  });

  it('of clients that leave does not bring more frames into memory than there may be', async () => {
    const judged = Promise.withResolvers<void>();
    small.script.verify = async () => {
      await judged.promise;
      return goodEvidence();
    };
    for (let turn = 1; turn <= 2; turn++) {
      const leaving = new AbortController();
      const left = send(leaving.signal).catch(() => 'left');
      await waitFor('the look begins', () => small.seen.verified.length === turn);
      leaving.abort();
      await left;
      await waitFor('the client is missed', () => small.logs().split('client gone').length > turn);
    }
    expect((await send()).status).toBe(429);
    judged.resolve();
    await waitFor('a free slot', async () => (await send()).status === 200);
  });
});

/** An upload by hand: with headers of its own choice and `bytes` of JPEG-like body. */
function rawUpload(
  headers: Record<string, string | number>,
  bytes: number,
): Promise<{ status: number; body: string; sentBytes: number }> {
  return new Promise((resolve, reject) => {
    const outgoing = rawRequest(at(`/attempts/${randomUUID()}`), {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg', ...headers },
    });
    let answered = false;
    outgoing.on('response', (response) => {
      answered = true;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        outgoing.destroy();
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          sentBytes: bytes,
        });
      });
    });
    outgoing.on('error', (error) => !answered && reject(error));
    if (bytes === 0) outgoing.flushHeaders();
    else outgoing.end(Buffer.alloc(bytes, 0xff));
  });
}
