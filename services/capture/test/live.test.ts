import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CaptureProgressed, CaptureStage } from '@selfsame/contracts/capture/v1/events';
import { captureProgressed, sessionStatusChanged } from '@selfsame/contracts/catalog';
import { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import { Failure } from '@selfsame/runtime/errors';
import { createLifecycle } from '@selfsame/runtime/lifecycle';
import { createLog } from '@selfsame/runtime/log';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { createEdge } from '../../../deploy/local/edge.ts';
import { type LiveNews, openLiveChannel } from '../page/src/live-channel.ts';
import { type Config, readConfig } from '../src/config.ts';
import { createService } from '../src/service.ts';
import type { AttemptAnswer, LiveMessage } from '../src/wire.ts';
import { centredFace, goodEvidence, sampleFrame, startWorld, type World } from './harness.ts';

let world: World;
let pages: string;
const thumbnail = sampleFrame().subarray(0, 6_000);
const open = new Set<WebSocket>();
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  // The channel needs no pages; the service wants to find them.
  pages = mkdtempSync(join(tmpdir(), 'selfsame-live-'));
  mkdirSync(join(pages, 'consent'));
  for (const name of ['index.html', 'consent/index.html']) {
    writeFileSync(join(pages, name), '<!doctype html><html lang="en"><head></head><body></body></html>');
  }
  mkdirSync(join(pages, 'capture-assets'));
  world = await startWorld(pages);
});
afterAll(async () => {
  await world?.stop();
  rmSync(pages, { recursive: true, force: true });
});
beforeEach(() => void world.renew());
afterEach(async () => {
  for (const socket of open) socket.terminate();
  open.clear();
  for (const stop of stops.splice(0)) await stop();
});

/** Another replica between the same neighbours. @returns its address */
async function replica(config: Partial<Config> = {}) {
  const log = createLog('capture', 'silent');
  const lifecycle = createLifecycle(log);
  stops.push(lifecycle.stop);
  const { httpPort } = await createService(
    { ...readConfig(world.environment), pageDirectory: pages, ...config },
    lifecycle,
    log,
  );
  return { url: `http://127.0.0.1:${httpPort}`, stop: lifecycle.stop };
}

interface Page {
  readonly socket: WebSocket;
  readonly heard: LiveMessage[];
  /** The close code, once it is closed. */
  closed(): number | undefined;
  ask(seq: number, picture?: Buffer): void;
  say(message: object | string): void;
}

const addressOf = (url: string, token = world.token, visit: string = randomUUID()) =>
  `${url.replace('http', 'ws')}/session/${token}/live?visit=${visit}`;

/** A socket that is open, as a page of `url` opens it. */
async function visit(url = world.url, options: ClientOptions & { address?: string } = {}): Promise<Page> {
  const { address = addressOf(url), ...more } = options;
  const socket = new WebSocket(address, { origin: url, ...more });
  open.add(socket);
  const heard: LiveMessage[] = [];
  let code: number | undefined;
  socket.on('message', (data) => heard.push(JSON.parse(String(data)) as LiveMessage));
  socket.on('close', (closed) => {
    code = closed;
  });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (_request, { statusCode }) => reject(new Error(String(statusCode))));
    socket.once('error', reject);
  });
  return {
    socket,
    heard,
    closed: () => code,
    ask(seq, picture = thumbnail) {
      const head = Buffer.alloc(4);
      head.writeUInt32BE(seq);
      socket.send(Buffer.concat([head, picture]));
    },
    say: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
  };
}

/** The status of an upgrade that was refused. */
const refused = (address: string, options: ClientOptions = {}) =>
  visit(world.url, { address, ...options }).then(
    () => 101,
    (error: Error) => Number(error.message),
  );
const heardBy = (page: Page, what: Partial<LiveMessage>) =>
  waitFor(`the message ${JSON.stringify(what)}`, () =>
    page.heard.find((message) =>
      Object.entries(what).every(([name, value]) => Reflect.get(message, name) === value),
    ),
  );
const closing = (page: Page) => waitFor('the socket to close', () => page.closed());
const tellVerdict = (status = 'Approved') =>
  world.bus.publish(
    sessionStatusChanged,
    randomUUID(),
    SessionStatusChanged.fromPartial({
      sessionId: world.script.session.sessionId,
      status,
      callback: 'https://app.example/done',
    }),
  );

describe('a thumbnail', () => {
  it('is answered by what biometrics sees, under its number', async () => {
    const page = await visit();
    page.ask(7);
    expect(await heardBy(page, { is: 'seen', seq: 7 })).toEqual({
      is: 'seen',
      seq: 7,
      seen: {
        faces: 1,
        box: centredFace.box,
        luminance: 48,
        surroundings: 45,
        angles: { yaw: 0, pitch: 0, roll: 0 },
        sharpness: 60,
        eyes_covered: false,
        mouth_covered: false,
      },
    });
  });

  it('gives way: while one is looked at, or verification needs the room, the answer is "busy"', async () => {
    const page = await visit();
    const look = Promise.withResolvers<typeof centredFace>();
    world.script.analyse = () => look.promise;
    page.ask(1);
    page.ask(2);
    await heardBy(page, { is: 'busy', seq: 2 });
    look.resolve(centredFace);
    await heardBy(page, { is: 'seen', seq: 1 });
    world.script.analyse = () => {
      throw new Failure('exhausted', 'queue_full', 'Too many looks at once.');
    };
    page.ask(3);
    await heardBy(page, { is: 'busy', seq: 3 });
  });

  it('shares the looks of this replica with all others, whoever asks', async () => {
    const { url } = await replica({ concurrentGuidance: 1 });
    const [one, other] = [await visit(url), await visit(url)];
    const look = Promise.withResolvers<typeof centredFace>();
    world.script.analyse = () => look.promise;
    one.ask(1);
    await waitFor('the second page to be told that the only look is taken', () => {
      other.ask(1);
      return other.heard.find(({ is }) => is === 'busy');
    });
    look.resolve(centredFace);
    await heardBy(one, { is: 'seen', seq: 1 });
  });

  it('is not looked at when the session takes no pictures any more', async () => {
    world.script.session = { ...world.script.session, status: 'Approved' };
    const page = await visit();
    page.ask(1);
    await heardBy(page, { is: 'busy', seq: 1 });
  });

  it('leaves no trace in the logs, nor does the token', async () => {
    const page = await visit();
    page.ask(1);
    await heardBy(page, { is: 'seen' });
    page.socket.close();
    await waitFor('the line of the closed channel', () => world.logs().includes('live channel closed'));
    await refused(addressOf(world.url), { origin: 'https://evil.example' });
    // An upgrade where no sockets are: answered over HTTP, and no socket is left open.
    const odd = await fetch(`${world.url}/session/${world.token}/state`, {
      headers: { upgrade: 'h2c' },
    }).catch(() => null);
    expect(odd?.status ?? 200).toBe(200);
    expect(world.logs()).not.toContain(world.token);
    expect(world.logs()).toContain('/session/:token/live');
  });
});

describe('an upgrade', () => {
  it.each([
    ['of another origin', () => refused(addressOf(world.url), { origin: 'https://evil.example' }), 403],
    [
      'of the same host on another port',
      () => refused(addressOf(world.url), { origin: 'http://127.0.0.1:1' }),
      403,
    ],
    ['without an origin', () => refused(addressOf(world.url), { origin: '' }), 403],
    ['of a sandboxed frame', () => refused(addressOf(world.url), { origin: 'null' }), 403],
    [
      'to an unknown link',
      () => refused(addressOf(world.url, 'some-unknown-token'), { origin: world.url }),
      404,
    ],
    ['without a visit', () => refused(`${addressOf(world.url).split('?')[0]}`, { origin: world.url }), 400],
  ])('%s is refused', async (_name, attempt, status) => expect(await attempt()).toBe(status));

  it('to an expired link is refused', async () => {
    world.script.session = { ...world.script.session, status: 'Expired' };
    expect(await refused(addressOf(world.url), { origin: world.url })).toBe(410);
  });

  it('comes through trusted proxies under the name that the browser knows', async () => {
    const headers = { 'x-forwarded-host': 'id.example', 'x-forwarded-proto': 'https' };
    expect(await refused(addressOf(world.url), { origin: 'https://id.example', headers })).toBe(101);
    expect(await refused(addressOf(world.url), { origin: 'https://id.example:443', headers })).toBe(101);
    expect(await refused(addressOf(world.url), { origin: 'https://evil.example', headers })).toBe(403);
  });

  it('is bounded even when all come at once', async () => {
    const together = Array.from({ length: 20 }, () =>
      visit().then(
        (page) => page,
        () => null,
      ),
    );
    const pages = (await Promise.all(together)).filter((page) => page !== null);
    await waitFor('the surplus to be gone', () => pages.filter((page) => !page.closed()).length <= 6);
    expect(pages.filter((page) => !page.closed())).toHaveLength(6);
  });

  it('of a page that came in the open is refused where the connection is secure', async () => {
    for (const proto of ['https', 'wss']) {
      const headers = { 'x-forwarded-host': 'id.example', 'x-forwarded-proto': proto };
      expect(await refused(addressOf(world.url), { origin: 'http://id.example', headers })).toBe(403);
      expect(await refused(addressOf(world.url), { origin: 'https://id.example', headers })).toBe(101);
    }
  });

  it('is bounded by session, by client and in all', async () => {
    for (let turn = 0; turn < 6; turn++) await visit();
    expect(await refused(addressOf(world.url), { origin: world.url })).toBe(429);
    const small = await replica({ liveSockets: 4 });
    await visit(small.url);
    await visit(small.url);
    expect(await refused(addressOf(small.url), { origin: small.url })).toBe(429);
  });

  it('is not waited for by an ordinary request', async () => {
    const answer = await fetch(`${world.url}/session/${world.token}/live?visit=${randomUUID()}`, {
      headers: { origin: world.url },
    });
    expect(answer.status).toBe(426);
    expect(await answer.json()).toMatchObject({ code: 'upgrade_required' });
  });

  it('elsewhere is no upgrade: the request is answered and its connection serves the next one', async () => {
    const { port } = new URL(world.url);
    const socket = connect(Number(port), '127.0.0.1');
    let text = '';
    socket.on('data', (data) => {
      text += String(data);
    });
    const request = `GET /session/${world.token}/state HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    for (const answers of [1, 2]) {
      socket.write(request);
      await waitFor(`answer ${answers}`, () => text.split('HTTP/1.1 200').length === answers + 1);
    }
    socket.destroy();
  });
});

describe('a page that does what no page of ours does', () => {
  it('is closed when it floods', async () => {
    const page = await visit();
    for (let seq = 0; seq < 60; seq++) page.ask(seq);
    expect(await closing(page)).toBe(1008);
    const words = await visit();
    for (let turn = 0; turn < 60; turn++) words.say({ is: 'follow' });
    expect(await closing(words)).toBe(1008);
  });

  it('is closed when a message is too large', async () => {
    const page = await visit();
    page.ask(1, Buffer.concat([thumbnail, Buffer.alloc(16_384)]));
    expect(await closing(page)).toBe(1009);
  });

  it.each([
    ['no picture', (page: Page) => page.ask(1, Buffer.from('hello'))],
    ['too short for a number', (page: Page) => page.socket.send(Buffer.from([1]))],
    ['no JSON', (page: Page) => page.say('hello')],
    ['null', (page: Page) => page.say('null')],
    ['more words than there are', (page: Page) => page.say({ is: 'follow', why: 'x'.repeat(2_000) })],
  ])('is closed when it sends what is %s', async (_name, send) => {
    const page = await visit();
    send(page);
    expect(await closing(page)).toBe(1003);
  });

  it('may say more than is understood here', async () => {
    const page = await visit();
    page.say({ is: 'something newer' });
    page.ask(1);
    await heardBy(page, { is: 'seen', seq: 1 });
  });

  it('is cut off when it never reads', { timeout: 40_000 }, async () => {
    // The only place is taken. Its pongs stay away with everything else.
    const { url } = await replica({ liveIdleMs: 2_000, liveSockets: 1 });
    const page = await visit(url);
    expect(await refused(addressOf(url), { origin: url })).toBe(429);
    page.socket.pause();
    await waitFor(
      'its place to be free',
      async () => (await refused(addressOf(url), { origin: url })) === 101,
      { timeoutMs: 30_000, intervalMs: 100 },
    );
  });

  it('is cut off when it answers no ping, and kept as long as it does', async () => {
    const { url } = await replica({ liveIdleMs: 2_000 });
    const [silent, alive] = [await visit(url, { autoPong: false }), await visit(url)];
    expect(await closing(silent)).toBe(1006);
    alive.ask(1);
    await heardBy(alive, { is: 'seen', seq: 1 });
  });

  it('connects anew after its time', async () => {
    const { url } = await replica({ liveIdleMs: 2_000, liveLifeMs: 300 });
    expect(await closing(await visit(url))).toBe(1001);
  });
});

describe('two pages of one session, on two replicas', () => {
  it('hear how far the other one is, not themselves, and both hear the verdict', async () => {
    const other = await replica();
    const [desktop, phone] = [await visit(), await visit(other.url)];
    for (const stage of ['opened', 'looking', 'checking']) {
      phone.say({ is: 'stage', stage });
      await heardBy(desktop, { is: 'progress', stage } as Partial<LiveMessage>);
    }
    await tellVerdict();
    for (const page of [desktop, phone]) {
      expect(await heardBy(page, { is: 'finished' })).toMatchObject({
        status: 'Approved',
        callback: 'https://app.example/done',
      });
    }
    expect(phone.heard.some(({ is }) => is === 'progress')).toBe(false);
    expect(desktop.heard.filter(({ is }) => is === 'progress')).toHaveLength(3);
  });

  it('say each stage once, however often the page says it', async () => {
    const [desktop, phone] = [await visit(), await visit()];
    for (const stage of ['opened', 'opened', 'opened', 'left']) phone.say({ is: 'stage', stage });
    await heardBy(desktop, { is: 'progress', stage: 'left' } as Partial<LiveMessage>);
    expect(desktop.heard).toHaveLength(2);
  });

  it('put no more news on the bus than pages have to tell, however they connect', async () => {
    const [desktop, phone] = [await visit(), await visit()];
    for (let turn = 0; turn < 3; turn++) {
      const stages = ['looking', 'checking'];
      const restless = turn === 0 ? phone : await visit();
      for (let word = 0; word < 12; word++) restless.say({ is: 'stage', stage: stages[word % 2] });
    }
    const marker = randomUUID();
    const progress = { sessionId: world.script.session.sessionId, visitId: marker, stage: CaptureStage.LEFT };
    await waitFor('the last of them', () => desktop.heard.length >= 20);
    await world.bus.publish(captureProgressed, marker, CaptureProgressed.fromPartial(progress));
    await heardBy(desktop, { is: 'progress', stage: 'left' } as Partial<LiveMessage>);
    expect(desktop.heard.length).toBeLessThan(25);
  });

  it('are told where it stands when they come back, whichever replica they reach', async () => {
    const other = await replica();
    const [desktop, phone] = [await visit(), await visit()];
    phone.say({ is: 'stage', stage: 'looking' });
    await heardBy(desktop, { is: 'progress' });
    const back = await visit(other.url);
    await waitFor('the last progress', () => {
      back.say({ is: 'follow' });
      return back.heard.find((message) => message.is === 'progress' && message.stage === 'looking');
    });
    world.script.session = { ...world.script.session, status: 'Declined' };
    back.say({ is: 'follow' });
    await heardBy(back, { is: 'finished', status: 'Declined' } as Partial<LiveMessage>);
  });

  it('tell nothing to pages of other sessions', async () => {
    const stranger = await visit();
    world.renew();
    const [desktop, phone] = [await visit(), await visit()];
    phone.say({ is: 'stage', stage: 'opened' });
    await heardBy(desktop, { is: 'progress' });
    await tellVerdict();
    await heardBy(desktop, { is: 'finished' });
    expect(stranger.heard).toEqual([]);
  });

  it('are one page when it has connected anew: the dead connection makes room', async () => {
    const id = randomUUID();
    const first = await visit(world.url, { address: addressOf(world.url, world.token, id) });
    const again = await visit(world.url, { address: addressOf(world.url, world.token, id) });
    expect(await closing(first)).toBe(1000);
    again.ask(1);
    await heardBy(again, { is: 'seen' });
  });
});

it('two devices that send their pictures at once get one verdict, and both are told', async () => {
  const other = await replica();
  const [desktop, phone] = [await visit(), await visit(other.url)];
  await fetch(`${world.url}/session/${world.token}/open`, { method: 'POST' });
  // Both are looked at before either is decided, and the second would have been declined.
  const together = Promise.withResolvers<void>();
  world.script.verify = async () => {
    if (world.seen.verified.length === 2) together.resolve();
    await together.promise;
    return goodEvidence();
  };
  const statuses = ['Approved', 'Declined'];
  world.script.decide = () => statuses.shift() ?? null;
  const answers = await Promise.all(
    [world.url, other.url].map(async (url) => {
      const response = await fetch(`${url}/session/${world.token}/attempts/${randomUUID()}`, {
        method: 'POST',
        body: sampleFrame(),
        headers: { 'content-type': 'image/jpeg' },
      });
      return (await response.json()) as AttemptAnswer;
    }),
  );
  const verdict = { status: 'Approved', callback: world.script.session.callback };
  expect(answers).toEqual([
    { result: 'verdict', ...verdict },
    { result: 'verdict', ...verdict },
  ]);
  expect(world.seen.completed).toHaveLength(2);
  expect(world.seen.verdicts).toBe(1);
  for (const page of [desktop, phone]) {
    await heardBy(page, { is: 'finished' });
    expect(page.heard.filter(({ is }) => is === 'finished')).toEqual([{ is: 'finished', ...verdict }]);
  }
});

it('a replica that stops asks its pages to go, and does not wait for those that stay', async () => {
  const { url, stop } = await replica();
  const [polite, stubborn] = [await visit(url), await visit(url)];
  stubborn.socket.pause();
  await stop();
  expect(await closing(polite)).toBe(1001);
  expect(await refused(addressOf(url), { origin: url })).toBe(Number.NaN);
});

describe('through the local edge', () => {
  async function edge(): Promise<string> {
    const { port } = new URL(world.url);
    const upstreams = { capture: { host: '127.0.0.1', port: Number(port) } };
    const server = createEdge({ route: () => 'capture', upstreams });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stops.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('thumbnails, answers and news pass, and a close reaches the other end', async () => {
    const url = await edge();
    const [page, other] = [await visit(url), await visit(url)];
    page.ask(9);
    await heardBy(page, { is: 'seen', seq: 9 });
    page.say({ is: 'stage', stage: 'looking' });
    await heardBy(other, { is: 'progress', stage: 'looking' } as Partial<LiveMessage>);
    page.ask(1, Buffer.from('no picture'));
    expect(await closing(page)).toBe(1003);
    other.socket.terminate();
  });

  it('a refusal keeps its status, and the origin is that of the address in the browser', async () => {
    const url = await edge();
    expect(await refused(addressOf(url), { origin: world.url })).toBe(403);
    expect(await refused(addressOf(url, 'some-unknown-token'), { origin: url })).toBe(404);
    expect(await refused(addressOf(url), { origin: url })).toBe(101);
  });

  it('a page that breaks off without a word leaves its place', async () => {
    const url = await edge();
    const pages = [];
    for (let turn = 0; turn < 6; turn++) pages.push(await visit(url));
    expect(await refused(addressOf(url), { origin: url })).toBe(429);
    pages[0]?.socket.terminate();
    await waitFor('its place', async () => (await refused(addressOf(url), { origin: url })) === 101);
  });
});

describe('the page’s own channel', () => {
  /** As in a browser, but for the origin, which only browsers send by themselves. */
  function channel(url: () => string) {
    const news: LiveNews[] = [];
    const live = openLiveChannel(
      `/session/${world.token}`,
      { id: randomUUID(), from: null },
      (heard) => news.push(heard),
      (path) =>
        new globalThis.WebSocket(new URL(path, url().replace('http', 'ws')), {
          headers: { origin: url() },
        } as unknown as string[]),
    );
    stops.push(async () => live.close());
    return { live, news };
  }
  const never = new AbortController().signal;
  const answerOf = (live: ReturnType<typeof channel>['live']) =>
    waitFor('an answer', async () => (await live.ask(new Blob([thumbnail]), never)) ?? undefined);

  it('asks, tells and follows', async () => {
    const { live, news } = channel(() => world.url);
    expect(live.up).toBe(false);
    expect(await answerOf(live)).toMatchObject({ faces: 1, angles: { yaw: 0 } });
    const other = await visit();
    live.tell('looking');
    await heardBy(other, { is: 'progress', stage: 'looking' } as Partial<LiveMessage>);
    other.say({ is: 'stage', stage: 'checking' });
    await waitFor('news of the other page', () => news.find(({ is }) => is === 'progress'));
    await tellVerdict('In Review');
    expect(await waitFor('the verdict', () => news.find(({ is }) => is === 'finished'))).toMatchObject({
      status: 'In Review',
    });
  });

  it('never has more than one question out', async () => {
    const { live } = channel(() => world.url);
    await answerOf(live);
    const look = Promise.withResolvers<typeof centredFace>();
    world.script.analyse = () => look.promise;
    const first = live.ask(new Blob([thumbnail]), never);
    expect(await live.ask(new Blob([thumbnail]), never)).toBeNull();
    look.resolve(centredFace);
    expect(await first).toMatchObject({ faces: 1 });
  });

  it('comes back by itself after a restart, and says again how far it is', async () => {
    let at = await replica();
    const { live, news } = channel(() => at.url);
    live.tell('looking');
    await waitFor('the line', () => live.up);
    const before = at;
    at = await replica();
    await before.stop();
    const other = await visit();
    other.say({ is: 'follow' });
    await waitFor(
      'the line to be up again',
      () => news.filter((each) => each.is === 'link' && each.up).length >= 2,
      {
        timeoutMs: 15_000,
      },
    );
    await heardBy(other, { is: 'progress', stage: 'looking' } as Partial<LiveMessage>);
    expect(await answerOf(live)).toMatchObject({ faces: 1 });
  });
});
