import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDemo } from '../src/server.ts';
import { signedWebhook, startFakeSelfsame } from './fake-selfsame.ts';

const SECRET = 'demo-secret';
const PARTNER_SECRET = 'partner-secret';

const page = mkdtempSync(join(tmpdir(), 'demo-page-'));
let selfsame: Awaited<ReturnType<typeof startFakeSelfsame>>;
let demo: FastifyInstance;
let names = 0;

beforeAll(async () => {
  mkdirSync(join(page, 'assets'));
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>demo</title>');
  selfsame = await startFakeSelfsame();
  demo = await createDemo(config({}), page);
});
afterAll(async () => {
  await demo.close();
  await selfsame.close();
  rmSync(page, { recursive: true });
});
beforeEach(() => {
  names += 1;
});

function config(changes: { apiKey?: string; baseUrl?: string }) {
  return {
    host: '127.0.0.1',
    port: 0,
    baseUrl: selfsame.address,
    publicUrl: 'https://shop.example/demo',
    apiKey: 'demo-key',
    workflows: { create: 'wf_first_verification', sign_in: 'wf_reauth' },
    webhookSecrets: { demo: SECRET, partner_b: PARTNER_SECRET },
    logLevel: 'silent',
    ...changes,
  };
}

/** A browser: keeps the cookies it is given. */
function browser(server = demo) {
  const cookies = new Map<string, string>();
  return {
    cookies,
    async post(path: string, body: object = {}) {
      return this.send('POST', path, body);
    },
    async me() {
      return (await this.send('GET', '/demo/api/me')).body;
    },
    async send(method: 'GET' | 'POST', path: string, payload?: object) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await server.inject({
        method,
        url: path,
        headers: { cookie },
        ...(payload ? { payload } : {}),
      });
      for (const { name, value } of response.cookies) cookies.set(name, value);
      return {
        status: response.statusCode,
        body: response.json(),
        setCookie: response.headers['set-cookie'],
      };
    },
  };
}

async function deliver(application: string, webhook: ReturnType<typeof signedWebhook>) {
  const path = `/demo/webhooks/${application}`;
  return demo.inject({ method: 'POST', url: path, headers: webhook.headers, payload: webhook.body });
}

/** Brings an account into being, with a face on file. */
async function enrolled(handle: string) {
  const { body } = await browser().post('/demo/api/accounts', { handle });
  selfsame.decide(body.attempt.sessionId, 'Approved');
  await deliver('demo', signedWebhook(SECRET, body.attempt.sessionId, 'Approved'));
}

describe('creating an account', () => {
  it('opens a first verification that comes back here, and ends with the signed webhook', async () => {
    const ada = browser();
    const started = await ada.post('/demo/api/accounts', { handle: '  Ada Lovelace ' });
    const { sessionId } = started.body.attempt;
    expect(started.body.attempt).toMatchObject({
      purpose: 'create',
      handle: 'ada lovelace',
      confirmedBy: null,
    });
    expect(selfsame.sessions.get(sessionId)).toMatchObject({
      workflow_id: 'wf_first_verification',
      callback: 'https://shop.example/demo/return',
    });

    expect((await ada.post('/demo/api/attempt/finish')).status).toBe(409);
    expect((await deliver('demo', signedWebhook(SECRET, sessionId, 'Approved'))).statusCode).toBe(200);
    expect((await ada.me()).attempt).toMatchObject({ status: 'Approved', confirmedBy: 'webhook' });
    expect((await ada.post('/demo/api/attempt/finish')).status).toBe(200);
    expect(await ada.me()).toMatchObject({ attempt: null, account: null });
  });

  it('embedded in a frame asks for no redirect', async () => {
    const { body } = await browser().post('/demo/api/accounts', { handle: `user ${names}`, embedded: true });
    expect(selfsame.sessions.get(body.attempt.sessionId)?.callback).toBeNull();
  });

  it('of a name that is taken says to sign in', async () => {
    await enrolled(`user ${names}`);
    const again = await browser().post('/demo/api/accounts', { handle: `USER ${names}` });
    expect(again.status).toBe(409);
    expect(again.body.error).toContain('Sign in with a selfie');
  });

  it.each([undefined, '', 'x', '<script>', 'a'.repeat(65), 7])('refuses %j as a name', async (handle) => {
    expect((await browser().post('/demo/api/accounts', { handle })).status).toBe(400);
  });
});

describe('signing in with a selfie', () => {
  it('lets the browser in once the webhook says Approved, and out again', async () => {
    await enrolled(`user ${names}`);
    const phone = browser();
    const started = await phone.post('/demo/api/sign-ins', { handle: `user ${names}` });
    const { sessionId } = started.body.attempt;
    await deliver('demo', signedWebhook(SECRET, sessionId, 'Approved'));
    const finished = await phone.post('/demo/api/attempt/finish');
    expect(String(finished.setCookie)).toMatch(
      /demo_account=[^;]+; Path=\/demo; HttpOnly; SameSite=Lax; Secure/,
    );
    expect((await phone.me()).account).toBe(`user ${names}`);
    expect((await phone.post('/demo/api/attempt/finish')).status).toBe(409);

    await phone.post('/demo/api/sign-out');
    expect((await phone.me()).account).toBeNull();
  });

  it.each(['Declined', 'In Review', 'Not Finished', 'Expired'])('stays outside when %s', async (status) => {
    await enrolled(`user ${names}`);
    const phone = browser();
    const { body } = await phone.post('/demo/api/sign-ins', { handle: `user ${names}` });
    await deliver('demo', signedWebhook(SECRET, body.attempt.sessionId, status));
    expect((await phone.me()).attempt.status).toBe(status);
    expect((await phone.post('/demo/api/attempt/finish')).status).toBe(409);
    expect((await phone.me()).account).toBeNull();
  });

  it('learns the verdict from the decision when no webhook comes', async () => {
    await enrolled(`user ${names}`);
    const phone = browser();
    const { body } = await phone.post('/demo/api/sign-ins', { handle: `user ${names}` });
    selfsame.decide(body.attempt.sessionId, 'Approved');
    const checked = await phone.post('/demo/api/attempt/check');
    expect(checked.body.attempt).toMatchObject({ status: 'Approved', confirmedBy: 'decision' });
    expect((await phone.post('/demo/api/attempt/finish')).status).toBe(200);
  });

  it('explains an unknown name and a missing face', async () => {
    const unknown = await browser().post('/demo/api/sign-ins', { handle: 'nobody here' });
    expect([unknown.status, unknown.body.error]).toEqual([404, expect.stringContaining('Create one first')]);

    await browser().post('/demo/api/accounts', { handle: `user ${names}` });
    const faceless = await browser().post('/demo/api/sign-ins', { handle: `user ${names}` });
    expect(faceless.status).toBe(409);
    expect(faceless.body.error).toContain('No face is on file');
    expect(faceless.body.error).toContain('No stored face for this user.');
  });

  it('gives the same browser its unfinished session again', async () => {
    await enrolled(`user ${names}`);
    const phone = browser();
    const first = await phone.post('/demo/api/sign-ins', { handle: `user ${names}` });
    const second = await phone.post('/demo/api/sign-ins', { handle: `user ${names}` });
    expect(second.body.attempt.sessionId).toBe(first.body.attempt.sessionId);
  });

  it('never lets a second browser in with the first one’s selfie', async () => {
    await enrolled(`user ${names}`);
    const [owner, stranger] = [browser(), browser()];
    const first = await owner.post('/demo/api/sign-ins', { handle: `user ${names}` });
    const second = await stranger.post('/demo/api/sign-ins', { handle: `user ${names}` });
    expect(second.body.attempt.sessionId).not.toBe(first.body.attempt.sessionId);
    expect(selfsame.sessions.has(first.body.attempt.sessionId)).toBe(false);

    await deliver('demo', signedWebhook(SECRET, first.body.attempt.sessionId, 'Approved'));
    expect((await stranger.post('/demo/api/attempt/finish')).status).toBe(409);
  });

  it('trusts no cookie it did not sign', async () => {
    await enrolled(`user ${names}`);
    const phone = browser();
    await phone.post('/demo/api/sign-ins', { handle: `user ${names}` });
    const genuine = phone.cookies.get('demo_attempt') ?? '';
    phone.cookies.set(
      'demo_attempt',
      genuine.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    );
    expect((await phone.me()).attempt).toBeNull();
    phone.cookies.set('demo_account', genuine);
    expect((await phone.me()).account).toBeNull();
  });
});

describe('a webhook', () => {
  it('that is forged, stale or of another application changes nothing', async () => {
    const phone = browser();
    const { body } = await phone.post('/demo/api/accounts', { handle: `user ${names}` });
    const { sessionId } = body.attempt;
    expect((await deliver('demo', signedWebhook('guessed', sessionId, 'Approved'))).statusCode).toBe(401);
    expect((await deliver('partner_b', signedWebhook(SECRET, sessionId, 'Approved'))).statusCode).toBe(401);
    expect(
      (await deliver('partner_b', signedWebhook(PARTNER_SECRET, sessionId, 'Approved'))).statusCode,
    ).toBe(200);
    expect((await deliver('unknown', signedWebhook(SECRET, sessionId, 'Approved'))).statusCode).toBe(404);
    expect((await phone.me()).attempt.status).toBe('Not Started');
  });

  it('that arrives late does not undo a newer status', async () => {
    const phone = browser();
    const { body } = await phone.post('/demo/api/accounts', { handle: `user ${names}` });
    const { sessionId } = body.attempt;
    await deliver('demo', signedWebhook(SECRET, sessionId, 'Approved', 3));
    await deliver('demo', signedWebhook(SECRET, sessionId, 'In Progress', 2));
    await deliver('demo', signedWebhook(SECRET, sessionId, 'Not Started', 1));
    expect((await phone.me()).attempt.status).toBe('Approved');
  });

  it('that comes after the decision was read does not undo the result, but a later ruling does', async () => {
    const phone = browser();
    const { body } = await phone.post('/demo/api/accounts', { handle: `user ${names}` });
    const { sessionId } = body.attempt;
    selfsame.decide(sessionId, 'In Review');
    await phone.post('/demo/api/attempt/check');
    await deliver('demo', signedWebhook(SECRET, sessionId, 'In Progress', 2));
    expect((await phone.me()).attempt).toMatchObject({ status: 'In Review', confirmedBy: 'decision' });
    await deliver('demo', signedWebhook(SECRET, sessionId, 'In Review', 3));
    await deliver('demo', signedWebhook(SECRET, sessionId, 'Approved', 4));
    expect((await phone.me()).attempt).toMatchObject({ status: 'Approved', confirmedBy: 'webhook' });
  });

  it('appears in the live list at once, with how it was checked', async () => {
    const address = await demo.listen({ host: '127.0.0.1', port: 0 });
    const stream = await fetch(`${address}/demo/api/webhooks`);
    const lines = (stream.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream());
    let text = '';
    const reading = (async () => {
      for await (const chunk of lines) {
        text += chunk;
        if (text.includes('event: webhook\n') && text.includes('live-session')) return;
      }
    })();
    await deliver('demo', signedWebhook(SECRET, 'live-session', 'Declined'));
    await reading;
    const row = JSON.parse(text.slice(text.indexOf('event: webhook\ndata: ') + 21).split('\n')[0] ?? '');
    expect(row).toMatchObject({
      application: 'demo',
      outcome: 'accepted',
      rawBytes: true,
      canonicalJson: true,
    });
    expect(row.body).toMatchObject({ session_id: 'live-session', status: 'Declined' });
  });
});

describe('towards Selfsame', () => {
  it('asks once more after a 503, under the same idempotency key', async () => {
    selfsame.failNext(1);
    const before = selfsame.calls.length;
    expect((await browser().post('/demo/api/accounts', { handle: `user ${names}` })).status).toBe(200);
    const [first, second] = selfsame.calls.slice(before);
    expect(first?.idempotencyKey).toBeTruthy();
    expect(second?.idempotencyKey).toBe(first?.idempotencyKey);
  });

  it.each([
    ['a wrong key', { apiKey: 'wrong' }, 'DEMO_API_KEY'],
    ['nobody listening', { baseUrl: 'http://127.0.0.1:9' }, 'does not answer'],
  ])('says what to do about %s', async (_name, changes, words) => {
    const other = await createDemo(config(changes), page);
    const { status, body } = await browser(other).post('/demo/api/accounts', { handle: 'grace' });
    expect([status, body.error]).toEqual([502, expect.stringContaining(words)]);
    expect(JSON.stringify(body)).not.toContain('demo-key');
    await other.close();
  });
});

it('the page comes with a strict policy and is the same on return', async () => {
  for (const path of ['/demo/', '/demo/return?verificationSessionId=x&status=Approved']) {
    const response = await demo.inject(path);
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-security-policy']).toContain("default-src 'none'");
    expect(response.headers['content-security-policy']).toContain(`frame-src ${selfsame.address}`);
  }
  expect((await demo.inject('/demo')).headers.location).toBe('/demo/');
});
