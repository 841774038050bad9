import { createHash, webcrypto } from 'node:crypto';
import { ConsentAnswer, ConsentStatus } from '@selfsame/contracts/share/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConsentTexts, PageConsent } from '../page/consent/given.ts';
import { languages } from '../page/src/texts/language.ts';
import type { ConsentView } from '../src/consent-wire.ts';
import { deviceKey } from './bundles.ts';
import { builtPage, startWorld, type World } from './harness.ts';
import { askedConsent } from './share-neighbour.ts';

let world: World;
let key: webcrypto.CryptoKeyPair;

beforeAll(async () => {
  key = await deviceKey();
  world = await startWorld(await builtPage());
});
afterAll(async () => {
  await world?.stop();
});
beforeEach(() => void world.renew());

const get = (path: string, headers: Record<string, string> = {}) => fetch(world.url + path, { headers });
const link = (language = '') => `${language === '' ? '' : `/${language}`}/consent/${world.token}`;
const state = async (query = '') => (await (await get(`${link()}/state${query}`)).json()) as ConsentView;

/** What the server has put into the page as JSON. */
function given<T>(html: string, id: 'texts' | 'consent'): T {
  const [, json = ''] = new RegExp(`id="${id}">([^<]*)<`).exec(html) ?? [];
  return JSON.parse(json) as T;
}

/** Signs as the page does. */
async function proofOver(text: string, by = key) {
  const how = { name: 'ECDSA', hash: 'SHA-256' };
  const signature = await webcrypto.subtle.sign(how, by.privateKey, Buffer.from(text));
  const point = await webcrypto.subtle.exportKey('raw', by.publicKey);
  return {
    public_key: Buffer.from(point).toString('base64url'),
    signature: Buffer.from(signature).toString('base64url'),
  };
}

type Answer = 'agree' | 'refuse' | 'withdraw';

/** An answer as an honest page sends it. */
async function honest(answer: Answer, seen?: ConsentView) {
  const { nonce, text_sha256, language } = seen ?? (await state());
  const proof = await proofOver(`${nonce}.${text_sha256}.${answer}`);
  return { answer, nonce, text_sha256, language, shown_ms: 4_200, proof };
}

async function send(body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${world.url}${link()}/answer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as ConsentView & { code?: string } };
}

describe('the page that asks for a consent', () => {
  it('comes in one request with its words and what it asks, below 20 kB in every language', async () => {
    for (const language of languages) {
      const response = await get(link(language), { 'accept-encoding': 'gzip' });
      expect(response.headers.get('content-encoding')).toBe('gzip');
      expect(Number(response.headers.get('content-length')), language).toBeLessThan(20_000);
    }
    const html = await (await get(`${link()}/`)).text();
    const { consent, reason } = given<PageConsent>(html, 'consent');
    expect(reason).toBeNull();
    expect(consent).toMatchObject({ status: 'asked', audience_name: 'Contoso Bank', logo_url: '' });
    expect(consent?.text.lines).toHaveLength(6);
    expect(html).not.toMatch(/ src=| href="[^dh]| style="| on\w+="/);
    expect(html).not.toContain(world.token);
  });

  it('speaks as the text does, which comes in the language of the link, else of the browser', async () => {
    await get(link('ko'), { 'accept-language': 'ja' });
    await get(link(), { 'accept-language': 'pt-BR, de;q=0.5' });
    await get(link(), { 'accept-language': 'gl' });
    const reads = world.seen.consentReads.map((read) => [read.askedLanguage, ...read.languages]);
    expect(reads).toEqual([
      ['ko', 'ja', 'ko'],
      ['', 'pt-BR', 'de', 'pt'],
      ['', 'gl', 'es'],
    ]);
    world.script.consent = askedConsent({ language: 'ar' });
    const html = await (await get(link('de'))).text();
    expect(html).toContain('<html lang="ar" dir="rtl">');
    expect(given<ConsentTexts>(html, 'texts').language).toBe('ar');
    await state('?language=ar');
    expect(world.seen.consentReads.at(-1)?.askedLanguage).toBe('ar');
    expect((await get('/toolonglanguage/consent/abcdefgh')).status).toBe(404);
  });

  it('runs nothing but itself, gives its address to nobody, and is inside of no other page', async () => {
    const response = await get(link());
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|script-src[^;]*'self'/);
    expect(policy.split('; ').at(-1)).toBe("frame-ancestors 'none'");
    const inline = [...(await response.text()).matchAll(/<(script type="module"|style)>([\s\S]*?)<\//g)];
    expect(inline).toHaveLength(2);
    for (const [, , text = ''] of inline) {
      expect(policy).toContain(`'sha256-${createHash('sha256').update(text).digest('base64')}'`);
    }
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  it('says by its status what it says to people, and changes nothing by being looked at', async () => {
    const told = async (path: string) => {
      const response = await get(path);
      return [response.status, given<PageConsent>(await response.text(), 'consent').reason];
    };
    expect(await told('/consent/no-such-token-here')).toEqual([404, 'unknown']);
    expect(await told('/consent/short')).toEqual([404, 'unknown']);
    world.script.shareDown = new Failure('unavailable', 'down', 'down');
    expect(await told(link())).toEqual([503, 'unavailable']);
    world.script.shareDown = null;
    world.script.consent = askedConsent({ status: ConsentStatus.EXPIRED });
    expect(await told(link())).toEqual([410, null]);
    expect(world.seen.consentTries).toEqual([]);
    expect(world.logs()).not.toContain(world.token);
  });
});

describe('an answer', () => {
  it('reaches share with its signature, the time that the text was seen, and the network', async () => {
    const body = await honest('agree');
    const { status, body: told } = await send(body);
    expect([status, told.status]).toEqual([200, 'given']);
    const [recorded] = world.seen.consentAnswers;
    expect(recorded).toMatchObject({ answer: ConsentAnswer.AGREE, language: 'en', shownMs: 4_200 });
    expect(recorded?.devicePublicKey).toHaveLength(65);
    expect(recorded?.deviceSignature).toHaveLength(64);
    expect(recorded?.networkSha256).toHaveLength(32);
    // The same once more: one answer, told twice.
    expect((await send(body)).body.status).toBe('given');
    expect(world.logs()).not.toContain(world.token);
    expect(world.logs()).not.toContain(body.proof.public_key);
  });

  it('agrees only with a signature of this browser, over this text and this nonce', async () => {
    const seen = await state();
    const agree = await honest('agree', seen);
    const stranger = await deviceKey();
    const over = `${seen.nonce}.${seen.text_sha256}`;
    const { proof: _, ...unsigned } = agree;
    const forged = [
      unsigned,
      { ...agree, proof: { ...agree.proof, public_key: (await proofOver(over, stranger)).public_key } },
      { ...agree, proof: await proofOver(`${over}.refuse`) },
      { ...agree, proof: await proofOver(`${seen.nonce}.${'0'.repeat(64)}.agree`) },
      { ...agree, proof: { public_key: 'AA', signature: 'AA' } },
    ];
    for (const body of forged) {
      const { status, body: told } = await send(body);
      expect([status, told.code]).toEqual([409, 'presence_unproved']);
    }
    // None of them got further.
    expect(world.seen.consentTries).toEqual([]);
    expect((await state()).status).toBe('asked');
  });

  it('is refused with a nonce of another consent, or one that is over', async () => {
    const other = await state();
    world.script.consent = askedConsent();
    const mixed = await honest('agree', { ...(await state()), nonce: other.nonce });
    expect((await send(mixed)).body.code).toBe('presence_unproved');
    world.script.nonceLifetimeMs = -1;
    expect((await send(await honest('agree'))).body.code).toBe('presence_unproved');
    expect(world.seen.consentAnswers).toEqual([]);
  });

  it('needs no signature to refuse or to withdraw, and a wrong one is left out', async () => {
    const { proof: _, ...refuse } = await honest('refuse');
    expect((await send(refuse)).body.status).toBe('refused');
    world.script.consent = askedConsent({ status: ConsentStatus.GIVEN });
    const withdraw = await honest('withdraw');
    const { body } = await send({ ...withdraw, proof: await proofOver('something else') });
    expect(body.status).toBe('withdrawn');
    expect(world.seen.consentAnswers.map((answer) => answer.devicePublicKey.length)).toEqual([0, 0]);
  });

  it('is told plainly why it cannot be', async () => {
    const told = async (body: unknown) => {
      const answer = await send(body);
      return [answer.status, answer.body.code];
    };
    const early = await honest('agree');
    world.script.consent = { ...world.script.consent, textSha256: Buffer.alloc(32, 7) };
    expect(await told(early)).toEqual([409, 'consent_text_changed']);
    world.script.consent = askedConsent({ status: ConsentStatus.REFUSED });
    expect(await told(await honest('agree'))).toEqual([409, 'consent_answered']);
    expect(await told(await honest('withdraw'))).toEqual([409, 'consent_answered']);
    world.script.consent = askedConsent({ status: ConsentStatus.EXPIRED });
    expect(await told(await honest('agree'))).toEqual([410, 'consent_expired']);
    const body = await honest('refuse');
    world.script.shareDown = new Failure('precondition', 'something_new', 'new');
    expect(await told(body)).toEqual([409, 'consent_closed']);
    world.script.shareDown = new Failure('unavailable', 'down', 'down');
    expect(await told(body)).toEqual([503, 'service_unavailable']);
    world.script.shareDown = null;
    expect(await told({ ...body, answer: 'perhaps' })).toEqual([400, 'request_invalid']);
    expect(await told({ ...body, nonce: 'n'.repeat(3_000) })).toEqual([413, 'request_too_large']);
    expect(world.seen.consentAnswers).toEqual([]);
  });

  it('is taken from no page of another origin', async () => {
    const body = await honest('refuse');
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: 'null' },
    ];
    for (const headers of foreign) {
      const { status, body: told } = await send(body, headers);
      expect([status, told.code]).toEqual([403, 'other_origin']);
    }
    expect(world.seen.consentTries).toEqual([]);
    expect((await send(body, { origin: world.url, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  it('has a budget, and links that lead nowhere have a smaller one', async () => {
    const codes = [];
    for (let at = 0; at < 21; at += 1) codes.push((await get(`${link()}/state`)).status);
    expect(codes.filter((code) => code === 429).length).toBeGreaterThanOrEqual(1);
    expect((await get('/consent/no-such-token-here/state')).status).toBe(404);
  });
});
