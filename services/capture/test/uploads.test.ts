import { createHash, randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect, type Socket } from 'node:net';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packBundle } from './bundles.ts';
import { barePage, sampleFrame, startWorld, type World } from './harness.ts';

let world: World;
const page = barePage();
const image = sampleFrame();
const bundleType = 'application/vnd.selfsame.capture';
const bundle = await packBundle({ image, frames: [] });
const half = Math.floor(bundle.length / 2);
const digestOf = (bytes: Buffer) => `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;
const digest = digestOf(bundle);
const sockets: Socket[] = [];
/** The service’s ends of the connections: it runs in this process. */
const readers: Socket[] = [];
const remember = (message: unknown) => void readers.push((message as { socket: Socket }).socket);
let attemptId = '';

beforeAll(async () => {
  subscribe('http.server.request.start', remember);
  world = await startWorld(page.directory);
});
afterAll(async () => {
  unsubscribe('http.server.request.start', remember);
  await world.stop();
  page.remove();
});
beforeEach(async () => {
  world.renew();
  attemptId = randomUUID();
  expect((await fetch(at('/open'), { method: 'POST' })).status).toBe(200);
});
afterEach(() => {
  readers.length = 0;
  for (const socket of sockets.splice(0)) socket.destroy();
});

const at = (path: string) => `${world.url}/session/${world.token}${path}`;

/** Sends a request by hand and leaves its connection as it is. */
function open(method: string, headers: Record<string, string | number>, bytes: Buffer) {
  const socket = connect(Number(new URL(world.url).port), '127.0.0.1');
  sockets.push(socket);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', () => undefined);
  const lines = Object.entries({ host: 'capture', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.write(`${method} /session/${world.token}/attempts/${attemptId} HTTP/1.1\r\n${lines.join('')}\r\n`);
  socket.write(bytes);
  return { socket, answer: () => answer };
}

/** Announces the whole body and sends only so much of it. */
const begin = (bytes: number) =>
  open(
    'POST',
    { 'content-type': bundleType, 'content-length': bundle.length, 'content-digest': digest },
    bundle.subarray(0, bytes),
  );

async function offset(): Promise<string | null> {
  const response = await fetch(at(`/attempts/${attemptId}`), { method: 'HEAD' });
  expect(response.status).toBe(204);
  return response.headers.get('upload-offset');
}

/** Waits until the service has read all that was sent: a question about an upload ends its delivery, read or not. */
async function arrival({ socket }: { socket: Socket }): Promise<void> {
  await waitFor('the bytes to be read', () => {
    const reader = readers.find((each) => each.remotePort === socket.localPort);
    return reader !== undefined && socket.writableLength === 0 && reader.bytesRead === socket.bytesWritten;
  });
}

/** Breaks an upload off in the middle. @returns how many bytes have come */
async function breakOff(): Promise<number> {
  await breakAfter(() => begin(half));
  const place = Number(await offset());
  expect(place).toBe(half);
  return place;
}

/** Ends the connection of an upload when what it sent has arrived, and waits until the service has noticed. */
async function breakAfter(deliver: () => { socket: Socket }): Promise<void> {
  const gone = () => world.logs().split('client gone').length;
  const before = gone();
  const delivery = deliver();
  await arrival(delivery);
  delivery.socket.destroySoon();
  await waitFor('the client to be missed', () => gone() > before);
}

/** Sends the rest from `place` on; headers say something else where a test lies. */
const goOn = (place: number, headers: Record<string, string | number> = {}, rest = bundle.subarray(place)) =>
  fetch(at(`/attempts/${attemptId}`), {
    method: 'PATCH',
    headers: Object.fromEntries(
      Object.entries({
        'content-type': bundleType,
        'content-digest': digest,
        'upload-length': bundle.length,
        'upload-offset': place,
        ...headers,
      }).map(([name, value]) => [name, String(value)]),
    ),
    body: rest,
  });

describe('an upload whose connection broke', () => {
  it('goes on where it stopped, and is judged as a whole; the clock of its verdict begins with the last byte', async () => {
    const place = await breakOff();
    const resumedAt = Date.now();
    const answer = await goOn(place);
    expect(await answer.json()).toMatchObject({ result: 'verdict', status: 'Approved' });
    expect(world.seen.verified[0]?.image).toEqual(image);
    const [completed] = world.seen.completed;
    expect(completed?.receivedAt?.getTime()).toBeGreaterThanOrEqual(resumedAt);
    expect(Date.parse(`${answer.headers.get('x-frame-received-at')}`)).toBeLessThanOrEqual(resumedAt);
    expect(await offset()).toBe('0');
  });

  it('goes on although its connection hangs, whose end then comes at once', async () => {
    const hanging = begin(half);
    await arrival(hanging);
    expect(await offset()).toBe(String(half));
    await waitFor('the end of the hanging one', () => hanging.answer().includes('408'));
    expect(await (await goOn(half)).json()).toMatchObject({ result: 'verdict' });
  });

  it('breaks again and goes on again', async () => {
    const place = await breakOff();
    const part = bundle.subarray(place, place + 1_000);
    const headers = {
      'content-type': bundleType,
      'content-digest': digest,
      'upload-length': bundle.length,
      'upload-offset': place,
      'content-length': bundle.length - place,
    };
    await breakAfter(() => open('PATCH', headers, part));
    const further = Number(await offset());
    expect(further).toBe(place + part.length);
    expect(await (await goOn(further)).json()).toMatchObject({ result: 'verdict' });
    expect(world.seen.verified).toHaveLength(1);
    expect(world.seen.verified[0]?.image).toEqual(image);
  });

  it('begins anew when the page sends all of it', async () => {
    await breakOff();
    const answer = await fetch(at(`/attempts/${attemptId}`), {
      method: 'POST',
      headers: { 'content-type': bundleType, 'content-digest': digest },
      body: bundle,
    });
    expect(await answer.json()).toMatchObject({ result: 'verdict' });
    expect(await offset()).toBe('0');
  });

  it('is gone when it said no digest', async () => {
    const headers = { 'content-type': bundleType, 'content-length': bundle.length };
    await breakAfter(() => open('POST', headers, bundle.subarray(0, half)));
    expect(await offset()).toBe('0');
    expect((await goOn(half)).status).toBe(409);
  });

  it('is nobody’s but its attempt’s and its session’s', async () => {
    await breakOff();
    const mine = attemptId;
    attemptId = randomUUID();
    expect(await offset()).toBe('0');
    attemptId = mine;
    world.renew();
    expect(await offset()).toBe('0');
  });
});

describe('a lie about an upload', () => {
  let place = 0;
  beforeEach(async () => {
    place = await breakOff();
  });

  it.each([-1, 1])('that it stopped %i bytes beside is told the place', async (by) => {
    const answer = await goOn(place + by);
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ code: 'upload_offset_wrong' });
    expect(answer.headers.get('upload-offset')).toBe(String(place));
    expect(await (await goOn(place)).json()).toMatchObject({ result: 'verdict' });
  });

  it('that it is another one finds nothing', async () => {
    const answer = await goOn(place, { 'content-digest': digestOf(image) });
    expect(answer.status).toBe(409);
    expect(answer.headers.get('upload-offset')).toBe('0');
  });

  it.each([
    ['longer', { 'upload-length': bundle.length + 1 }],
    ['shorter', { 'upload-length': bundle.length - 1 }],
    ['more than may ever come', { 'upload-length': 999_999_999 }],
    ['of another kind', { 'content-type': 'image/jpeg' }],
  ])('that it is %s drops it', async (_what, headers) => {
    const answer = await goOn(place, headers);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'upload_damaged' });
    expect(await offset()).toBe('0');
  });

  it('that its rest is all there drops it', async () => {
    expect((await goOn(place, {}, bundle.subarray(place + 1))).status).toBe(400);
    expect(await offset()).toBe('0');
  });

  it('in its bytes is found when it is whole, and nothing of it is kept or looked at', async () => {
    const changed = Buffer.from(bundle.subarray(place));
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    const answer = await goOn(place, {}, changed);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'upload_damaged' });
    expect(await offset()).toBe('0');
    expect(world.seen.grants.size).toBe(0);
  });
});

describe('a request about an upload', () => {
  it.each([
    ['content-digest', 'md5=:abc:'],
    ['upload-offset', '-1'],
    ['upload-length', 'all'],
  ])('with %s: %s cannot be read', async (name, value) => {
    const answer = await goOn(half, { [name]: value });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'request_invalid' });
  });

  it('whose whole body is not what its digest says is refused at once', async () => {
    const answer = await fetch(at(`/attempts/${attemptId}`), {
      method: 'POST',
      headers: { 'content-type': bundleType, 'content-digest': digestOf(image) },
      body: bundle,
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'upload_damaged' });
    expect(world.seen.grants.size).toBe(0);
  });

  it('of a session that nobody knows is told nothing, and one that goes on asking is slowed down', async () => {
    const unknown = await fetch(`${world.url}/session/no-such-token/attempts/${attemptId}`, {
      method: 'HEAD',
    });
    expect(unknown.status).toBe(404);
    const statuses: number[] = [];
    // The budget refills while a slow machine counts.
    while (!statuses.includes(429) && statuses.length < 200) {
      statuses.push((await fetch(at(`/attempts/${attemptId}`), { method: 'HEAD' })).status);
    }
    expect(statuses.at(-1)).toBe(429);
  });
});
