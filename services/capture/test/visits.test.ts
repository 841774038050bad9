import { createHash, randomUUID, webcrypto } from 'node:crypto';
import { FaceProblem } from '@selfsame/contracts/biometrics/v1/evidence';
import type { Observation } from '@selfsame/contracts/fraud_signals/v1/observation';
import { AssessmentPhase } from '@selfsame/contracts/fraud_signals/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deviceKey, packBundle } from './bundles.ts';
import { barePage, calmAssessment, goodEvidence, sampleFrame, startWorld, type World } from './harness.ts';

let world: World;
let page: ReturnType<typeof barePage>;
const frame = sampleFrame();

beforeAll(async () => {
  page = barePage();
  world = await startWorld(page.directory, { assessTimeoutMs: 300, ja4Header: 'x-client-ja4' });
});
afterAll(async () => {
  await world.stop();
  page.remove();
});
beforeEach(() => void world.renew());

const at = (path: string) => `${world.url}/session/${world.token}${path}`;
const open = (body?: unknown, headers: Record<string, string> = {}) =>
  fetch(at('/open'), {
    method: 'POST',
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
/** By name; undefined where it is missing. */
function factIn(observation: Observation | undefined, name: string): unknown {
  const fact = observation?.facts.find((each) => each.name === name);
  if (fact === undefined) return undefined;
  return fact.value?.$case === 'texts' ? fact.value.value.items : (fact.value?.value ?? null);
}
const pointOf = async (key: webcrypto.CryptoKeyPair) =>
  Buffer.from(await webcrypto.subtle.exportKey('raw', key.publicKey));
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest();

async function proofOf(key: webcrypto.CryptoKeyPair, text: string) {
  const signature = await webcrypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    key.privateKey,
    Buffer.from(text),
  );
  return {
    public_key: (await pointOf(key)).toString('base64url'),
    signature: Buffer.from(signature).toString('base64url'),
  };
}

describe('a visit', () => {
  it('tells what was seen of it, and the device that has signed the nonce', async () => {
    const nonce = world.script.session.visitNonce;
    const key = await deviceKey();
    const device = 'd'.repeat(32);
    const facts = {
      'page.time_zone': 'Europe/Berlin',
      'page.utc_offset_min': 60,
      'page.webdriver': false,
      'page.languages': ['de', 'en'],
      'page.webgl_renderer': null,
    };
    const body = { visit_nonce: nonce, proof: await proofOf(key, `${nonce}.open`), facts };
    const answer = await open(body, {
      cookie: `selfsame_device=${device}`,
      'x-forwarded-for': '203.0.113.7',
    });
    expect(await answer.json()).toMatchObject({
      visit_nonce: nonce,
      skipped_selfie: false,
      wants_proof_again: false,
    });
    const [opening] = world.seen.openings;
    expect(opening?.visitNonce).toBe(nonce);
    expect(opening?.observation?.ipAddress).toBe('203.0.113.7');
    expect(opening?.observation?.device).toEqual({
      keySha256: sha256(await pointOf(key)),
      cookieSha256: sha256(`device ${device}`),
    });
    for (const [name, value] of Object.entries(facts)) {
      expect(factIn(opening?.observation, name), name).toEqual(value);
    }
    expect(factIn(opening?.observation, 'http.request')).toBe('opening');
    expect(factIn(opening?.observation, 'http.body_bytes')).toBeNull();
  });

  it('by a browser that tells nothing of itself is let in, and proves nothing', async () => {
    for (const body of [undefined, {}, { facts: {} }]) expect((await open(body)).status).toBe(200);
    for (const { observation, visitNonce } of world.seen.openings) {
      expect(visitNonce).toBe('');
      expect(observation?.device).toEqual({ keySha256: Buffer.alloc(0), cookieSha256: Buffer.alloc(0) });
      expect(factIn(observation, 'page.time_zone')).toBeUndefined();
    }
    expect(world.seen.openings).toHaveLength(3);
  });

  it('proves nothing by a signature over something else', async () => {
    const nonce = world.script.session.visitNonce;
    const key = await deviceKey();
    const proofs = [
      { visit_nonce: nonce, proof: await proofOf(key, `${nonce}.${'0'.repeat(64)}`) },
      { visit_nonce: nonce, proof: await proofOf(key, 'another.open') },
      { visit_nonce: nonce, proof: { public_key: 'x', signature: 'y' } },
      { visit_nonce: '', proof: await proofOf(key, '.open') },
      { proof: await proofOf(key, `${nonce}.open`) },
      { visit_nonce: nonce },
    ];
    for (const body of proofs) expect((await open(body)).status).toBe(200);
    const proved = world.seen.openings.map(({ observation, visitNonce }) => [
      observation?.device?.keySha256.length,
      visitNonce,
    ]);
    expect(proved).toEqual(proofs.map(() => [0, '']));
  });

  it('goes on without a selfie by a signature over just that, and by no other', async () => {
    const nonce = world.script.session.visitNonce;
    const key = await deviceKey();
    const [opened, continued] = [
      await proofOf(key, `${nonce}.open`),
      await proofOf(key, `${nonce}.continue`),
    ];
    const bodies = [
      { visit_nonce: nonce, proof: opened },
      { visit_nonce: nonce, proof: opened, continues: true },
      { visit_nonce: nonce, proof: continued },
      { visit_nonce: nonce, proof: continued, continues: false },
      { visit_nonce: nonce, continues: true },
      { continues: true },
      { visit_nonce: nonce, proof: continued, continues: true },
    ];
    for (const body of bodies) expect((await open(body)).status).toBe(200);
    const told = world.seen.openings.map(({ observation, visitNonce, continues }) => [
      observation?.device?.keySha256.length,
      visitNonce,
      continues,
    ]);
    const nothing = [0, '', false];
    expect(told).toEqual([
      [32, nonce, false],
      ...Array.from({ length: 5 }, () => nothing),
      [32, nonce, true],
    ]);
    expect((await open({ continues: 'yes' })).status).toBe(400);
  });

  it('is offered to go on without a selfie, once', async () => {
    world.script.open = () => ({ offersSkip: true });
    expect(await (await open({})).json()).toMatchObject({ offers_skip: true, skipped_selfie: false });
    const state = await (await fetch(at('/state'))).json();
    expect(state).toMatchObject({ offers_skip: false });
  });

  it('is told that the nonce was over, and that no selfie is needed', async () => {
    world.renew({ wantsProofAgain: true, visitNonce: 'a-fresh-one' });
    expect(await (await open({})).json()).toMatchObject({
      wants_proof_again: true,
      visit_nonce: 'a-fresh-one',
    });
    world.renew({ skippedSelfie: true, status: 'Approved' });
    expect(await (await open({})).json()).toMatchObject({ skipped_selfie: true, phase: 'finished' });
  });

  const many = Object.fromEntries(Array.from({ length: 301 }, (_, at) => [`page.f${at}`, 1]));
  it.each([
    ['a fact of another area', { facts: { 'net.country_code': 'DE' } }],
    ['a name that is none', { facts: { 'page.Über': 1 } }],
    ['a name without an end', { facts: { [`page.${'x'.repeat(61)}`]: 1 } }],
    ['a value that is an object', { facts: { 'page.x': { y: 1 } } }],
    ['a list of numbers', { facts: { 'page.x': [1] } }],
    ['a text without an end', { facts: { 'page.x': 'x'.repeat(513) } }],
    ['a list without an end', { facts: { 'page.x': Array(65).fill('') } }],
    ['a long text in a list', { facts: { 'page.x': ['x'.repeat(129)] } }],
    ['more facts than there are', { facts: many }],
    ['facts that are a list', { facts: [] }],
    ['half a proof', { proof: { public_key: 'x' } }],
    ['a number beyond numbers', '{"facts":{"page.x":1e999}}'],
    ['no JSON', '{"facts":'],
  ])('that brings %s is refused, and nobody hears of it', async (_what, body) => {
    const answer = await open(body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'request_invalid' });
    expect(world.seen.openings).toEqual([]);
  });

  it('may say as much as there is to say', async () => {
    const facts = Object.fromEntries(
      Array.from({ length: 300 }, (_, at) => [`page.fact_${at}`, at % 2 ? 'x'.repeat(60) : at]),
    );
    expect((await open({ facts })).status).toBe(200);
    expect(
      world.seen.openings[0]?.observation?.facts.filter(({ name }) => name.startsWith('page.')),
    ).toHaveLength(300);
    expect((await open({ facts: { 'page.x': 'x'.repeat(500) }, more: 'x'.repeat(33_000) })).status).toBe(413);
  });

  it('renews the name of its browser, and may take it back with all that was known of the device', async () => {
    const first = (await open()).headers.get('set-cookie') ?? '';
    expect(first).toContain('Max-Age=34560000');
    const cookie = first.split(';')[0] ?? '';
    expect((await open(undefined, { cookie })).headers.get('set-cookie')).toBe(first);
    const answer = await fetch(at('/forget-device'), { method: 'POST', headers: { cookie } });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('set-cookie')).toMatch(/^selfsame_device=; Path=\/session; Max-Age=0;/);
    expect(world.seen.forgotten).toBe(1);
    const unknown = await fetch(`${world.url}/session/nobody-knows-this/forget-device`, { method: 'POST' });
    expect(unknown.status).toBe(404);
  });

  it('tells no more of a header than of a fact of the page', async () => {
    await open({}, { 'user-agent': 'x'.repeat(2_000), 'accept-language': 'y'.repeat(512) });
    const [opening] = world.seen.openings;
    expect(factIn(opening?.observation, 'http.user_agent')).toBe('x'.repeat(512));
    expect(factIn(opening?.observation, 'http.accept_language')).toBe('y'.repeat(512));
  });

  it('asks browsers for the hints that are not told unasked', async () => {
    const answer = await fetch(at(''));
    expect(answer.headers.get('accept-ch')).toContain('Sec-CH-UA-Platform-Version');
  });
});

describe('what proxies tell', () => {
  it('is believed of a gateway in the header that was configured, and a report of our edge from nobody else', async () => {
    const ja4 = 't13d1516h2_8daaf6152771_d8a2da3f94cd';
    const report = Buffer.from(
      JSON.stringify({ http_version: '3', connection_reused: true, forwarding_dropped: false, tls: null }),
    );
    const forged = { 'x-selfsame-client': report.toString('base64url') };
    await open({}, { ...forged, 'x-client-ja4': ja4, 'x-forwarded-for': '203.0.113.7' });
    await open({}, { ...forged, 'x-client-ja4': ja4 });
    await open({}, { ...forged, 'x-client-ja4': `${ja4}${ja4}`, 'x-forwarded-for': '203.0.113.7' });
    const told = world.seen.openings.map(({ observation }) => [
      factIn(observation, 'tls.ja4'),
      factIn(observation, 'tls.version'),
      factIn(observation, 'http.http_version'),
      factIn(observation, 'http.forwarded_hops'),
    ]);
    expect(told).toEqual([
      [ja4, undefined, undefined, 1],
      // Nobody forwards: whoever speaks is the client.
      [undefined, undefined, '1.1', 0],
      [undefined, undefined, undefined, 1],
    ]);
  });
});

describe('a look', () => {
  const upload = (body: BodyInit, type = 'image/jpeg', headers: Record<string, string> = {}) =>
    fetch(at(`/attempts/${randomUUID()}`), {
      method: 'POST',
      body,
      headers: { 'content-type': type, ...headers },
    });
  const bundle = 'application/vnd.selfsame.capture';

  it('is assessed with what was found in it, and what follows goes along with the evidence', async () => {
    await open();
    const assessment = calmAssessment({ riskScore: 42.5 });
    world.script.assess = () => assessment;
    const body = await packBundle({ image: frame, manifest: { facts: { 'page.first_input_ms': 812 } } });
    expect(await (await upload(body, bundle)).json()).toMatchObject({ result: 'verdict' });
    const [asked] = world.seen.assessed;
    expect(asked).toMatchObject({
      phase: AssessmentPhase.CAPTURE,
      session: { sessionId: world.script.session.sessionId, vendorData: 'user-1' },
      evidence: { faceCount: 1, mediaSignals: [{ name: 'auto_nonce_token_missing' }] },
      attemptId: world.seen.completed[0]?.attemptId,
    });
    expect(factIn(asked?.observation, 'page.first_input_ms')).toBe(812);
    expect(factIn(asked?.observation, 'http.request')).toBe('upload');
    expect(factIn(asked?.observation, 'http.picture_bytes')).toBe(frame.length);
    expect(factIn(asked?.observation, 'http.body_bytes')).toBe(body.length);
    expect(factIn(asked?.observation, 'http.cookie_returned')).toBe(false);
    expect(world.seen.completed[0]?.assessment).toEqual(assessment);
  });

  it('is of a device when the device has signed it and its challenge', async () => {
    await open();
    const key = await deviceKey();
    const take = async (nonceOf: (nonce: string) => string) => {
      const attemptId = randomUUID();
      const issued = await fetch(at(`/attempts/${attemptId}/challenge`), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      const { nonce } = (await issued.json()) as { nonce: string };
      const body = await packBundle({ image: frame, nonce: nonceOf(nonce), key });
      await fetch(at(`/attempts/${attemptId}`), {
        method: 'POST',
        body,
        headers: { 'content-type': bundle },
      });
    };
    world.script.decide = () => null;
    world.script.verdictWaitMs = 50;
    await take((nonce) => nonce);
    await take(() => 'one of its own');
    const keys = world.seen.assessed.map(({ observation }) => observation?.device?.keySha256);
    expect(keys).toEqual([sha256(await pointOf(key)), Buffer.alloc(0)]);
  });

  it('that is only taken again is not assessed', async () => {
    await open();
    world.script.verify = () => goodEvidence({ problem: FaceProblem.TOO_DARK });
    expect(await (await upload(frame)).json()).toMatchObject({ result: 'retry' });
    expect(world.seen.assessed).toEqual([]);
  });

  it.each([
    ['refuses', () => Promise.reject(new Failure('internal', 'broken_inside', 'secret words'))],
    ['does not answer in time', () => new Promise<never>(() => undefined)],
  ])('reaches its verdict without an assessment when fraud-signals %s', async (_how, assess) => {
    await open();
    world.script.assess = assess;
    expect(await (await upload(frame)).json()).toMatchObject({ result: 'verdict', status: 'Approved' });
    expect(world.seen.completed).toHaveLength(1);
    expect(world.seen.completed[0]?.assessment).toBeUndefined();
    await waitFor('a warning', () => world.logs().includes('fraud-signals could not be asked about a look'));
    expect(world.logs()).not.toContain('secret words');
  });

  it('of an older session service goes its way unassessed', async () => {
    await open();
    world.script.knowsNoAssessments = true;
    expect(await (await upload(frame)).json()).toMatchObject({ result: 'verdict' });
    expect(world.seen.assessed).toEqual([]);
  });

  it('that tells more of the page than there is to tell is refused', async () => {
    await open();
    const facts = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`page.f${at}`, 'x'.repeat(250)]));
    for (const wrong of [facts, { 'http.user_agent': 'mine' }, { 'page.x': {} }]) {
      const answer = await upload(await packBundle({ image: frame, manifest: { facts: wrong } }), bundle);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: 'bundle_invalid' });
    }
    expect(world.seen.grants.size).toBe(0);
  });
});

it('nothing that was seen of a client is in any line of the log', async () => {
  const nonce = world.script.session.visitNonce;
  const key = await deviceKey();
  const proof = await proofOf(key, `${nonce}.open`);
  const headers = {
    cookie: `selfsame_device=${'c'.repeat(32)}`,
    'user-agent': 'a-very-own-agent/7',
    'accept-language': 'tlh-KX',
    'x-forwarded-for': '203.0.113.77',
    'x-client-ja4': 't13d1516h2_8daaf6152771_abcdefabcdef',
  };
  await open({ visit_nonce: nonce, proof, facts: { 'page.webgl_renderer': 'a very own renderer' } }, headers);
  await open({ facts: { 'page.x': { secret: 'a wrong fact' } } }, headers);
  world.script.assess = () => Promise.reject(new Failure('internal', 'broken_inside', 'no'));
  await fetch(at(`/attempts/${randomUUID()}`), {
    method: 'POST',
    headers: { ...headers, 'content-type': 'image/jpeg' },
    body: frame,
  });
  const secrets = [
    ...Object.values(headers).map((value) => value.replace('selfsame_device=', '')),
    ...[proof.public_key, proof.signature, nonce, 'a very own renderer', 'a wrong fact', world.token],
    (await pointOf(key)).toString('base64'),
    sha256(await pointOf(key)).toString('hex'),
  ];
  expect(world.logs()).toContain('/attempts/:attempt_id');
  for (const secret of secrets) expect(world.logs().includes(secret), secret).toBe(false);
});
