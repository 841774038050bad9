import { createHash, createPublicKey, randomUUID, verify, webcrypto } from 'node:crypto';
import { erasureConfirmed } from '@selfsame/contracts/catalog';
import type { ErasureConfirmed } from '@selfsame/contracts/session/v1/events';
import {
  ConsentAnswer,
  ConsentStatus,
  type HostedConsent,
  ShareServiceDefinition,
} from '@selfsame/contracts/share/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { connectGrpc } from '@selfsame/runtime/grpc';
import { exposeMetrics } from '@selfsame/runtime/metrics';
import { sumOf } from '@selfsame/testing/series';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textVersion } from '../src/domain/consent-texts/words.ts';
import { sweepRecords } from '../src/records/sweeper.ts';
import { type Call, openWorld, type World } from './harness.ts';
import type { TestSession } from './neighbours.ts';

let world: World;
let asSharer: Call;
let rpc: ReturnType<typeof connectShare>;
const confirmed: ErasureConfirmed[] = [];

function connectShare(port: number) {
  return connectGrpc(ShareServiceDefinition, `127.0.0.1:${port}`, { deadlineMs: 10_000 });
}

beforeAll(async () => {
  world = await openWorld({ requiresConsent: true });
  asSharer = world.as(world.sharer);
  rpc = connectShare(world.grpcPort);
  await world.bus.listen(erasureConfirmed, ({ message }) => void confirmed.push(message));
});

afterAll(async () => {
  rpc?.close();
  await world?.close();
});

const digest = (value: string | Uint8Array) => createHash('sha256').update(value).digest();

/** Asks for a consent and finds its link. */
async function ask(session: TestSession, body: Record<string, unknown> = {}) {
  const { status, body: consent } = await asSharer('POST', `/v3/session/${session.id}/consents/`, {
    audience: world.partner.slug,
    purpose: 'lending',
    ...body,
  });
  expect(status).toBe(201);
  const token: string = new URL(consent.consent_url).pathname.replace('/consent/', '');
  return { consent, token, tokenSha256: digest(token) };
}

/** A browser with a key of its own. */
async function openBrowser() {
  const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
    'verify',
  ]);
  const publicKey = Buffer.from(await webcrypto.subtle.exportKey('raw', pair.publicKey));
  const signature = async (text: string) =>
    Buffer.from(
      await webcrypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, Buffer.from(text)),
    );
  return { publicKey, keySha256: digest(publicKey), signature };
}
type Browser = Awaited<ReturnType<typeof openBrowser>>;

async function read(tokenSha256: Buffer, languages: string[] = ['en']): Promise<HostedConsent> {
  const { consent } = await rpc.client.readConsent({ tokenSha256, languages });
  if (consent === undefined) throw new Error('answered without a consent');
  return consent;
}

const words = {
  [ConsentAnswer.AGREE]: 'agree',
  [ConsentAnswer.REFUSE]: 'refuse',
  [ConsentAnswer.WITHDRAW]: 'withdraw',
} as Record<ConsentAnswer, string>;

/** Answers as the page does. */
async function answer(
  tokenSha256: Buffer,
  given: ConsentAnswer,
  options: { browser?: Browser; shown?: HostedConsent; with?: Record<string, unknown> } = {},
) {
  const shown = options.shown ?? (await read(tokenSha256));
  const browser = options.browser ?? (await openBrowser());
  const text = `${shown.nonce}.${Buffer.from(shown.textSha256).toString('hex')}.${words[given]}`;
  const { consent } = await rpc.client.answerConsent({
    tokenSha256,
    answer: given,
    nonce: shown.nonce,
    textSha256: shown.textSha256,
    language: shown.language,
    devicePublicKey: browser.publicKey,
    deviceSignature: await browser.signature(text),
    networkSha256: digest('network'),
    shownMs: 4_200,
    ...options.with,
  });
  return consent as HostedConsent;
}

const refusal = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Failure)) throw new Error('was not refused');
  return `${error.kind} ${error.code}`;
};

/** Checks a JWS with nothing but the published keys. */
async function verified(jws: string) {
  const [head = '', payload = '', signature = ''] = jws.split('.');
  const header = JSON.parse(Buffer.from(head, 'base64url').toString());
  const { body } = await world.as('nobody')('GET', '/v3/share/jwks.json');
  const jwk = body.keys.find(({ kid }: { kid: string }) => kid === header.kid);
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const isGood = verify(
    'sha256',
    Buffer.from(`${head}.${payload}`),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  expect(isGood).toBe(true);
  return { typ: header.typ, ...JSON.parse(Buffer.from(payload, 'base64url').toString()) };
}

const consentOf = async (id: string) => (await asSharer('GET', `/v3/consents/${id}/`)).body;
const recordsOf = async (consentId: string) =>
  (await asSharer('GET', `/v3/share/records/?consent_id=${consentId}`)).body.results;

describe('asking', () => {
  test('a person reads who gets what, and their agreement is signed, on record, and lets a share be made', async () => {
    const browser = await openBrowser();
    const session = world.newSession({ deviceKeys: [browser.keySha256] });
    const before = await world.share(session, { purpose: 'lending' });
    expect(before.status).toBe(400);
    const { consent, token, tokenSha256 } = await ask(session, {
      callback: 'https://bank.example.test/back?a=1',
    });
    expect(consent).toMatchObject({
      status: 'asked',
      audience: world.partner.slug,
      audience_name: world.partner.name,
      evidence: null,
      record: null,
    });
    expect(token.length).toBeGreaterThanOrEqual(32);

    const shown = await read(tokenSha256, ['de-AT', 'en']);
    expect(shown).toMatchObject({
      status: ConsentStatus.ASKED,
      language: 'de',
      applicationName: world.sharer.name,
      audienceName: world.partner.name,
      callback: 'https://bank.example.test/back?a=1',
      appearance: { colors: { color_primary: '#123456' } },
    });
    expect(shown.text?.title).toContain(world.partner.name);

    const agreed = await answer(tokenSha256, ConsentAnswer.AGREE, { browser, shown });
    expect(agreed.status).toBe(ConsentStatus.GIVEN);

    const stored = await consentOf(consent.consent_id);
    // The language is the one that was answered in.
    expect(stored).toMatchObject({
      status: 'given',
      language: 'de',
      evidence: { kind: 'selfie_device', shown_ms: 4_200 },
    });
    const core = await verified(stored.record);
    expect(core).toMatchObject({
      typ: 'selfsame-consent+jwt',
      consent_id: consent.consent_id,
      application_id: world.sharer.id,
      audience_id: world.partner.id,
      audience: world.partner.slug,
      audience_name: world.partner.name,
      user_pid: session.userPid,
      purpose: 'lending',
      scope: 'kyc',
      language: 'de',
      text_version: textVersion,
      text_sha256: Buffer.from(shown.textSha256).toString('hex'),
      evidence: 'selfie_device',
      details_sha256: digest(stored.details).toString('hex'),
    });
    // The core alone leads to nobody.
    expect(JSON.stringify(core)).not.toContain(session.id);
    expect(JSON.stringify(core)).not.toContain(session.vendorData);
    const [entry] = await recordsOf(consent.consent_id);
    expect(entry).toMatchObject({
      kind: 'consent_given',
      user_pid: session.userPid,
      note: 'selfie_device',
      consent_record: stored.record,
      document_sha256: digest(stored.record).toString('hex'),
    });

    const shared = await world.share(session, { purpose: 'lending', expires_in: 900 });
    expect(shared.status).toBe(200);
    expect(shared.body.consent_id).toBe(consent.consent_id);
  });

  test('only finished sessions, of the own application, with a partner that there is', async () => {
    const open = world.newSession({ status: 'In Progress' });
    const path = (id: string) => `/v3/session/${id}/consents/`;
    const unfinished = await asSharer('POST', path(open.id), { audience: world.partner.slug });
    expect(unfinished.status).toBe(400);
    expect(unfinished.body.detail[0]).toContain('Only finished sessions');
    const session = world.newSession();
    const misspelt = { audience: world.partner.slug, purposes: 'lending' };
    expect((await asSharer('POST', path(session.id), misspelt)).body).toEqual({
      purposes: ['Unknown field.'],
    });
    const missing = await asSharer('POST', path(session.id), { audience: 'nobody-knows' });
    expect(missing.body).toEqual({ audience: ['Target application does not exist.'] });
    const self = await asSharer('POST', path(session.id), { for_application_id: world.sharer.id });
    expect(self.body).toEqual({ for_application_id: ['Cannot share a session with the same application.'] });
    expect(
      (await world.as(world.stranger)('POST', path(session.id), { audience: world.partner.slug })).status,
    ).toBe(404);
    expect((await asSharer('POST', path(randomUUID()), { audience: world.partner.slug })).status).toBe(404);
    const ran = (body: Record<string, unknown>) =>
      asSharer('POST', path(session.id), { audience: world.partner.slug, ...body });
    expect((await ran({ purpose: 'x'.repeat(121) })).status).toBe(400);
    expect((await ran({ callback: 'javascript:alert(1)' })).body).toEqual({
      callback: ['Enter a valid URL.'],
    });
    expect((await ran({ valid_until: '2020-01-01T00:00:00Z' })).status).toBe(400);
    expect((await ran({ valid_for_seconds: 3_600, valid_until: '2030-01-01T00:00:00Z' })).status).toBe(400);
    expect((await ran({ valid_for_seconds: 99_999_999 })).status).toBe(400);
  });

  test('what an application says it has asked itself is marked as its word', async () => {
    const session = world.newSession();
    const captured = {
      at: new Date(Date.now() - 60_000).toISOString(),
      method: 'checkbox',
      text: 'I agree that Acme tells Partner B.',
      text_version: '7',
    };
    const { status, body } = await asSharer('POST', `/v3/session/${session.id}/consents/`, {
      for_application_id: world.partner.id,
      scope: 'kyc + aml',
      captured,
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      status: 'given',
      consent_url: null,
      asked_at: captured.at,
      answered_at: captured.at,
      link_expires_at: null,
      language: null,
      audience: world.partner.slug,
      audience_name: world.partner.name,
      evidence: { kind: 'declared_by_application', captured },
    });
    expect(await verified(body.record)).toMatchObject({
      evidence: 'declared_by_application',
      text_version: '7',
      language: null,
      text_sha256: digest(captured.text).toString('hex'),
      given_at: captured.at,
    });
    expect((await recordsOf(body.consent_id))[0]).toMatchObject({ note: 'declared_by_application' });
    // A wider scope covers a narrower one, not the other way; another purpose is another consent.
    expect((await world.share(session)).status).toBe(200);
    expect((await world.share(session, { scope: 'kyc + kyb' })).status).toBe(400);
    expect((await world.share(session, { purpose: 'payments' })).status).toBe(400);
    const future = { ...captured, at: new Date(Date.now() + 3_600_000).toISOString() };
    const refused = await asSharer('POST', `/v3/session/${session.id}/consents/`, {
      audience: world.partner.slug,
      captured: future,
    });
    expect(refused.status).toBe(400);
  });
});

describe('answering', () => {
  test('agreeing takes a signature of the browser over what was shown, with a nonce of this consent', async () => {
    const { tokenSha256 } = await ask(world.newSession());
    const other = await ask(world.newSession(), { purpose: 'payments' });
    const shown = await read(tokenSha256);
    const browser = await openBrowser();
    const agree = (options: Parameters<typeof answer>[2]) =>
      refusal(answer(tokenSha256, ConsentAnswer.AGREE, { browser, shown, ...options }));
    const unproved = 'precondition presence_unproved';
    expect(
      await agree({ with: { deviceSignature: Buffer.alloc(0), devicePublicKey: Buffer.alloc(0) } }),
    ).toBe(unproved);
    expect(await agree({ with: { deviceSignature: Buffer.alloc(64, 1) } })).toBe(unproved);
    expect(await agree({ with: { devicePublicKey: (await openBrowser()).publicKey } })).toBe(unproved);
    expect(await agree({ with: { devicePublicKey: Buffer.alloc(65, 4) } })).toBe(unproved);
    const text = Buffer.from(shown.textSha256).toString('hex');
    // Signed for another answer, or over another nonce.
    const forRefusal = await browser.signature(`${shown.nonce}.${text}.refuse`);
    expect(await agree({ with: { deviceSignature: forRefusal } })).toBe(unproved);
    const foreign = await read(other.tokenSha256);
    expect(await agree({ shown: { ...shown, nonce: foreign.nonce } })).toBe(unproved);
    expect(await agree({ shown: { ...shown, nonce: '' } })).toBe(unproved);
    // What was shown is not what is asked.
    expect(await agree({ shown: { ...shown, textSha256: foreign.textSha256 } })).toBe(
      'precondition consent_text_changed',
    );
    expect(await agree({ with: { language: 'de' } })).toBe('precondition consent_text_changed');
    expect(await agree({ with: { language: 'tlh' } })).toBe('invalid language_unknown');
    expect((await read(tokenSha256)).status).toBe(ConsentStatus.ASKED);
    expect((await answer(tokenSha256, ConsentAnswer.AGREE, { browser, shown })).status).toBe(
      ConsentStatus.GIVEN,
    );
  });

  test('a browser that took no selfie is only some browser, and so is one that nobody can name', async () => {
    const browser = await openBrowser();
    const strange = await ask(world.newSession({ deviceKeys: [digest('another')] }));
    await answer(strange.tokenSha256, ConsentAnswer.AGREE, { browser });
    expect((await consentOf(strange.consent.consent_id)).evidence.kind).toBe('device_signature');
    const session = world.newSession({ deviceKeys: [browser.keySha256] });
    const asked = await ask(session);
    world.neighbours.at = async (point) => {
      if (point === 'name') throw new Failure('unavailable', 'away', 'Away.');
    };
    await answer(asked.tokenSha256, ConsentAnswer.AGREE, { browser });
    world.neighbours.at = async () => {};
    expect((await consentOf(asked.consent.consent_id)).evidence.kind).toBe('device_signature');
  });

  test('a key that took the selfie of another application is nobody here', async () => {
    const browser = await openBrowser();
    const { consent, tokenSha256 } = await ask(world.newSession());
    world.newSession({ applicationId: world.stranger.id, deviceKeys: [browser.keySha256] });
    await answer(tokenSha256, ConsentAnswer.AGREE, { browser });
    expect((await consentOf(consent.consent_id)).evidence.kind).toBe('device_signature');
  });

  test('of two answers at once one wins, and repeated it is the same', async () => {
    for (let round = 0; round < 4; round += 1) {
      const { consent, tokenSha256 } = await ask(world.newSession());
      const shown = await read(tokenSha256);
      const results = await Promise.all(
        [ConsentAnswer.AGREE, ConsentAnswer.REFUSE, ConsentAnswer.AGREE, ConsentAnswer.REFUSE].map((given) =>
          answer(tokenSha256, given, { shown }).then(
            ({ status }) => status,
            (error: Failure) => error.code,
          ),
        ),
      );
      const won = (await read(tokenSha256)).status;
      const winner = won === ConsentStatus.GIVEN ? ConsentAnswer.AGREE : ConsentAnswer.REFUSE;
      expect(results.filter((result) => result === won)).toHaveLength(2);
      expect(results.filter((result) => result === 'consent_answered')).toHaveLength(2);
      expect((await answer(tokenSha256, winner)).status).toBe(won);
      const entries = await recordsOf(consent.consent_id);
      expect(entries).toHaveLength(won === ConsentStatus.GIVEN ? 1 : 0);
    }
  });

  test('a link ends, and so does what was agreed to', async () => {
    const { consent, tokenSha256 } = await ask(world.newSession());
    const { db } = world.context.database;
    await sql`UPDATE consents SET answer_by = now() - interval '1 second' WHERE id = ${consent.consent_id}`.execute(
      db,
    );
    expect((await read(tokenSha256)).status).toBe(ConsentStatus.EXPIRED);
    expect(await refusal(answer(tokenSha256, ConsentAnswer.AGREE))).toBe('precondition consent_expired');
    expect(await refusal(answer(tokenSha256, ConsentAnswer.REFUSE))).toBe('precondition consent_expired');
    expect((await consentOf(consent.consent_id)).status).toBe('expired');
    expect((await read(tokenSha256)).text?.expired).toMatch(/^Nothing was shared with/);

    const session = world.newSession();
    const given = await ask(session);
    await answer(given.tokenSha256, ConsentAnswer.AGREE);
    const { consent_id: id } = given.consent;
    await sql`UPDATE consents SET valid_until = now() - interval '1 second' WHERE id = ${id}`.execute(db);
    expect((await world.share(session, { purpose: 'lending' })).status).toBe(400);
    expect((await read(given.tokenSha256)).status).toBe(ConsentStatus.EXPIRED);
  });

  test('nobody knows a link that there is not', async () => {
    expect(await refusal(read(digest('no such token')))).toBe('not_found consent_not_found');
    expect(await refusal(rpc.client.readConsent({ tokenSha256: Buffer.alloc(0), languages: [] }))).toBe(
      'not_found consent_not_found',
    );
  });
});

test('what people answer can be watched, each answer once', async () => {
  const before = (await exposeMetrics()).text;
  const session = world.newSession();
  const [one, other] = [await ask(session), await ask(world.newSession())];
  await answer(one.tokenSha256, ConsentAnswer.AGREE);
  await answer(one.tokenSha256, ConsentAnswer.AGREE);
  expect((await world.share(session, { purpose: 'lending' })).status).toBe(200);
  await answer(one.tokenSha256, ConsentAnswer.WITHDRAW);
  await answer(other.tokenSha256, ConsentAnswer.REFUSE);
  const { text } = await exposeMetrics();
  const risen = (name: string, labels: Record<string, string>) =>
    sumOf(text, name, labels) - sumOf(before, name, labels);
  const answers = ['asked', 'given', 'refused', 'withdrawn', 'declared'];
  expect(answers.map((each) => risen('selfsame_consents_total', { answer: each }))).toEqual([2, 1, 1, 1, 0]);
  expect(risen('selfsame_shares_total', { outcome: 'revoked' })).toBe(1);
  expect(text).not.toContain(one.consent.consent_id);
});

describe('withdrawing', () => {
  test('ends the shares that rest on it at once, is signed, and can be done by the application for the person', async () => {
    const session = world.newSession();
    const { consent, tokenSha256 } = await ask(session);
    await answer(tokenSha256, ConsentAnswer.AGREE);
    const shared = await world.share(session, { purpose: 'lending' });
    expect(shared.status).toBe(200);
    const path = `/v3/consents/${consent.consent_id}/withdraw/`;
    expect((await world.as(world.partner)('POST', path)).status).toBe(404);
    const { status, body } = await asSharer('POST', path);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'withdrawn' });
    expect(await verified(body.withdrawal_record)).toMatchObject({
      typ: 'selfsame-consent-withdrawal+jwt',
      consent_id: consent.consent_id,
      by: 'application',
    });
    const imported = await world.importAs(world.partner, shared.body.share_token);
    expect(imported.status).toBe(400);
    expect((await world.share(session, { purpose: 'lending' })).status).toBe(400);
    expect((await recordsOf(consent.consent_id)).map(({ kind }: { kind: string }) => kind)).toEqual([
      'import_refused',
      'consent_withdrawn',
      'share_revoked',
      'share_created',
      'consent_given',
    ]);
    // Repeated, it is the same withdrawal.
    expect((await asSharer('POST', path)).body).toEqual(body);
  });

  test('on the link, without any key, by whoever has agreed there', async () => {
    const { consent, tokenSha256 } = await ask(world.newSession());
    expect(await refusal(answer(tokenSha256, ConsentAnswer.WITHDRAW))).toBe('precondition consent_answered');
    await answer(tokenSha256, ConsentAnswer.AGREE);
    const none = { devicePublicKey: Buffer.alloc(0), deviceSignature: Buffer.alloc(0) };
    const withdrawn = await answer(tokenSha256, ConsentAnswer.WITHDRAW, { with: none });
    expect(withdrawn.status).toBe(ConsentStatus.WITHDRAWN);
    expect(await refusal(answer(tokenSha256, ConsentAnswer.AGREE))).toBe('precondition consent_answered');
    expect((await recordsOf(consent.consent_id))[0]).toMatchObject({
      kind: 'consent_withdrawn',
      note: 'person',
    });
  });

  test('while a share is being made: the share comes first and ends, or never comes to be', async () => {
    for (let round = 0; round < 6; round += 1) {
      const session = world.newSession();
      const { consent, tokenSha256 } = await ask(session);
      await answer(tokenSha256, ConsentAnswer.AGREE);
      const [shared, withdrawn] = await Promise.all([
        world.share(session, { purpose: 'lending' }),
        asSharer('POST', `/v3/consents/${consent.consent_id}/withdraw/`),
      ]);
      expect(withdrawn.status).toBe(200);
      if (shared.status === 200) {
        const { body } = await asSharer('GET', `/v3/shares/${shared.body.share_id}/`);
        expect(body).toMatchObject({ status: 'revoked', revoked_because: 'consent_withdrawn' });
      } else expect(shared.status).toBe(400);
    }
  });
});

describe('what is left', () => {
  test('tables and logs know no token, no text of the application, no key and no name of the person', async () => {
    const session = world.newSession({ vendorData: 'vendor-data-of-a-person' });
    const browser = await openBrowser();
    const { token, tokenSha256 } = await ask(session, {
      callback: 'https://bank.example.test/secret-callback',
    });
    await answer(tokenSha256, ConsentAnswer.AGREE, { browser });
    const everything = [...(await world.dump()).values(), world.logged()].join('\n');
    for (const secret of [
      token,
      'secret-callback',
      'vendor-data-of-a-person',
      browser.publicKey.toString('hex'),
      browser.publicKey.toString('base64url'),
      browser.keySha256.toString('hex'),
      digest('network').toString('hex'),
    ]) {
      expect(everything.includes(secret), secret).toBe(false);
    }
  });

  test('a consent whose row is moved to another one opens nothing', async () => {
    const one = await ask(world.newSession());
    const other = await ask(world.newSession());
    await answer(one.tokenSha256, ConsentAnswer.AGREE);
    const { db } = world.context.database;
    await sql`UPDATE consents SET state = 'given', answered_at = now(), evidence_kind = 'selfie_device', details =
      (SELECT details FROM consents WHERE id = ${one.consent.consent_id}) WHERE id = ${other.consent.consent_id}`.execute(
      db,
    );
    expect((await asSharer('GET', `/v3/consents/${other.consent.consent_id}/`)).status).toBe(500);
  });

  test('a session that is deleted is asked about no more; what was agreed to stays on record', async () => {
    const session = world.newSession();
    const open = await ask(session);
    const given = await ask(session);
    await answer(given.tokenSha256, ConsentAnswer.AGREE);
    await world.tellDeleted(session);
    expect(await refusal(read(open.tokenSha256))).toBe('not_found consent_not_found');
    // Nothing can be obtained by it, and the page says no less.
    const ended = await consentOf(given.consent.consent_id);
    expect(ended).toMatchObject({ status: 'expired', record: expect.any(String) });
    const shown = await read(given.tokenSha256);
    expect(shown.status).toBe(ConsentStatus.EXPIRED);
    expect(shown.text?.expired).toMatch(/can get nothing more\./);
    expect(await refusal(answer(given.tokenSha256, ConsentAnswer.WITHDRAW))).toBe(
      'precondition consent_expired',
    );
  });

  test('what nobody has answered goes after a month, and what was agreed to when its years are over', async () => {
    const asked = await ask(world.newSession());
    const given = await ask(world.newSession());
    await answer(given.tokenSha256, ConsentAnswer.AGREE);
    const after = (days: number) => sweepRecords(world.context, new Date(Date.now() + days * 86_400_000));
    await after(20);
    expect((await read(asked.tokenSha256)).status).toBe(ConsentStatus.ASKED);
    await after(32);
    expect(await refusal(read(asked.tokenSha256))).toBe('not_found consent_not_found');
    expect((await consentOf(given.consent.consent_id)).record).not.toBeNull();
    const { db } = world.context.database;
    await sql`UPDATE consents SET valid_until = valid_until - interval '6 years' WHERE id = ${given.consent.consent_id}`.execute(
      db,
    );
    await sql`UPDATE consent_records SET kept_from = kept_from - interval '6 years'
      WHERE consent_id = ${given.consent.consent_id}`.execute(db);
    await after(0);
    expect((await asSharer('GET', `/v3/consents/${given.consent.consent_id}/`)).status).toBe(404);
    expect((await recordsOf(given.consent.consent_id))[0]).toMatchObject({
      kind: 'consent_given',
      consent_record: null,
    });
  });

  test('of an erased person the pseudonymous record stays, with its signed core, and nothing else', async () => {
    const vendorData = 'erased-person';
    const userPid = 'aaaabbbbccccddddaaaabbbbccccdddd';
    const former = world.newSession({ vendorData, userPid });
    const session = world.newSession({ vendorData, userPid });
    const bystander = await ask(world.newSession());
    const old = await ask(former);
    await answer(old.tokenSha256, ConsentAnswer.AGREE);
    await world.tellDeleted(former);
    const { consent, tokenSha256 } = await ask(session);
    const browser = await openBrowser();
    await answer(tokenSha256, ConsentAnswer.AGREE, { browser });
    const { record } = await consentOf(consent.consent_id);
    expect((await world.share(session, { purpose: 'lending' })).status).toBe(200);

    // The session deleted before is nowhere in the event.
    await world.tellErased(vendorData, [session]);
    const confirmation = await waitFor('the erasure is confirmed', () =>
      confirmed.find(({ service }) => service === 'share'),
    );
    expect(
      Object.fromEntries(confirmation.removed.map(({ kind, count }) => [kind, Number(count)])),
    ).toMatchObject({
      'consents with texts and evidence': 2,
      shares: 1,
    });
    expect(confirmation.kept.map(({ count }) => Number(count))).toEqual([4, 2]);
    for (const { reason, until } of confirmation.kept) {
      expect(reason.length).toBeGreaterThan(20);
      expect(until?.getTime()).toBeGreaterThan(Date.now() + 1_800 * 86_400_000);
    }
    expect((await asSharer('GET', `/v3/consents/${consent.consent_id}/`)).status).toBe(404);
    expect(await refusal(read(tokenSha256))).toBe('not_found consent_not_found');
    const given = (await recordsOf(consent.consent_id)).at(-1);
    expect(given).toMatchObject({ kind: 'consent_given', user_pid: userPid, consent_record: record });
    const dump = await world.dump();
    for (const [table, text] of dump) {
      for (const trace of [session.id, former.id, vendorData]) {
        expect(text.includes(trace), `${trace} in ${table}`).toBe(false);
      }
      if (!['records', 'consent_records', 'outbox'].includes(table)) {
        expect(text.includes(userPid), `user_pid in ${table}`).toBe(false);
      }
    }
    expect((await consentOf(bystander.consent.consent_id)).status).toBe('asked');
    // Whoever comes under the same name later is somebody new.
    const next = await ask(world.newSession({ vendorData, userPid }));
    await world.tellErased('somebody-else', [world.newSession()]);
    expect((await read(next.tokenSha256)).status).toBe(ConsentStatus.ASKED);
  });
});
