import { createHmac } from 'node:crypto';
import {
  type OtherEvent,
  type StatusEvent,
  verifyWebhook,
  WebhookError,
  type WebhookEvent,
  type WebhookHeaders,
  type WebhookKey,
} from '@selfsame/webhooks';
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  body,
  contractHeaders,
  ed25519,
  event,
  now,
  nowMs,
  previousSecret,
  secret,
  standardHeaders,
} from './sent.ts';

const standardSecret = `whsec_${Buffer.from(secret).toString('base64')}`;
const jwk = ed25519.publicKey.export({ format: 'jwk' }) as { kty: string; crv: string; x: string };
const publicKey = `whpk_${Buffer.from(jwk.x, 'base64url').toString('base64')}`;

function verify(
  headers: WebhookHeaders,
  keys: WebhookKey | readonly WebhookKey[] = secret,
  text: string | Uint8Array | ArrayBuffer = body,
) {
  return verifyWebhook(text, headers, keys, { now });
}

/** The code of the error that is thrown. */
function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof WebhookError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('a genuine webhook', () => {
  const both = { ...contractHeaders(), ...standardHeaders() };
  test.each<[string, WebhookHeaders, WebhookKey | WebhookKey[]]>([
    ['with the headers of both worlds', both, secret],
    ['with those of Standard Webhooks alone', standardHeaders(), secret],
    ['with those of the contract alone', contractHeaders(), secret],
    ['with X-Signature alone', { ...contractHeaders(), 'x-signature-v2': undefined }, secret],
    [
      'with upper-case hex',
      { 'x-signature-v2': contractHeaders()['x-signature'].toUpperCase(), 'x-timestamp': '1766000000' },
      secret,
    ],
    [
      'with names in any case',
      { 'X-Signature-V2': contractHeaders()['x-signature'], 'X-Timestamp': '1766000000' },
      secret,
    ],
    ['with a Headers object', new Headers(both), secret],
    [
      'with values in arrays',
      Object.fromEntries(Object.entries(both).map(([name, value]) => [name, [value]])),
      secret,
    ],
    ['and the whsec_ form of the secret', both, standardSecret],
    ['and the secret among others', both, ['another', secret]],
    [
      'signed with two secrets, of which the first is known',
      standardHeaders(body, [secret, previousSecret]),
      secret,
    ],
    [
      'signed with two secrets, of which the second is known',
      standardHeaders(body, [secret, previousSecret]),
      previousSecret,
    ],
    [
      'of the contract, signed with a second secret that is known',
      { ...contractHeaders(), 'x-signature-previous': contractHeaders(body, previousSecret)['x-signature'] },
      previousSecret,
    ],
    [
      'signed with v1a, and the public key as text',
      standardHeaders(body, [secret, ed25519.privateKey]),
      publicKey,
    ],
    ['signed with v1a, and the public key as a JWK', standardHeaders(body, [ed25519.privateKey]), jwk],
    ['signed with v1a, and the whole JWKS', standardHeaders(body, [ed25519.privateKey]), { keys: [jwk] }],
    [
      'with signatures of a version that is still to come',
      { ...standardHeaders(), 'webhook-signature': `v2,AAAA ${standardHeaders()['webhook-signature']}` },
      secret,
    ],
  ])('%s is accepted', (_name, headers, keys) => {
    expect(verify(headers, keys)).toEqual(event);
  });

  test('is accepted as text, as bytes and as an ArrayBuffer', () => {
    const bytes = new TextEncoder().encode(body);
    for (const raw of [body, bytes, Buffer.from(body), bytes.buffer]) {
      expect(verify(both, secret, raw)).toEqual(event);
    }
  });

  test('is what openssl signs', () => {
    // printf '%s' '<body>' | openssl dgst -sha256 -hmac '<secret>' -r
    const text =
      '{"created_at":1766000000,"event_id":"e","timestamp":1766000000,"webhook_type":"status.updated"}';
    const signature = '22414f36d300c884004eb7597b69f49d616040f5981ce21a1547a01fe6ae7d92';
    expect(verify({ 'x-signature-v2': signature, 'x-timestamp': '1766000000' }, secret, text).event_id).toBe(
      'e',
    );
  });
});

describe('a request is refused', () => {
  const genuine = { ...contractHeaders(), ...standardHeaders() };
  test.each<[string, string, WebhookHeaders, (WebhookKey | readonly WebhookKey[])?, string?]>([
    ['without any signature', 'signature_missing', { 'x-timestamp': '1766000000' }],
    [
      'with an empty signature',
      'signature_missing',
      { ...contractHeaders(), 'x-signature-v2': '', 'x-signature': '' },
    ],
    ['of the contract when only a public key is known', 'signature_missing', contractHeaders(), publicKey],
    ['when another secret has signed', 'signature_mismatch', genuine, 'another'],
    [
      'when another secret has signed for the contract',
      'signature_mismatch',
      contractHeaders(body, 'another'),
    ],
    ['when another private key has signed', 'signature_mismatch', standardHeaders(body, [secret]), publicKey],
    ['when a byte has changed', 'signature_mismatch', genuine, secret, body.replace('Approved', 'approved')],
    [
      'when it was parsed and serialised differently',
      'signature_mismatch',
      genuine,
      secret,
      JSON.stringify(event, null, 1),
    ],
    ['when its id has changed', 'signature_mismatch', { ...genuine, 'webhook-id': 'another' }],
    ['when its time has changed', 'signature_mismatch', { ...genuine, 'webhook-timestamp': '1766000001' }],
    ['when its id is missing', 'signature_mismatch', { ...genuine, 'webhook-id': undefined }],
    [
      'when the stronger signature is wrong, whatever the other says',
      'signature_mismatch',
      { ...genuine, 'webhook-signature': 'v1,AAAA' },
    ],
    [
      'when v1 holds a public key’s signature',
      'signature_mismatch',
      {
        ...standardHeaders(),
        'webhook-signature': standardHeaders(body, [ed25519.privateKey])['webhook-signature'].replace(
          'v1a',
          'v1',
        ),
      },
      [secret, publicKey],
    ],
    [
      'with half a signature',
      'signature_mismatch',
      {
        ...contractHeaders(),
        'x-signature-v2': contractHeaders()['x-signature'].slice(0, 32),
        'x-signature': undefined,
      },
    ],
    [
      'with a signature twice',
      'signature_mismatch',
      { 'x-signature-v2': [contractHeaders()['x-signature'], contractHeaders()['x-signature']] },
    ],
    ['with no time', 'timestamp_invalid', { ...contractHeaders(), 'x-timestamp': undefined }],
    ['with a time that is no number', 'timestamp_invalid', standardHeaders(body, [secret], Number.NaN)],
    [
      'with a fresher time than the signed body',
      'timestamp_invalid',
      { ...contractHeaders(), 'x-timestamp': '1766000010' },
    ],
  ])('%s: %s', (_name, code, headers, keys = secret, text = body) => {
    expect(codeOf(() => verify(headers, keys, text))).toBe(code);
  });

  test.each([
    '',
    'null',
    '[]',
    '7',
    '{}',
    'no JSON',
    '{"event_id":1}',
    '{"created_at":1,"event_id":"e","webhook_type":"status.updated"}',
  ])('when the signed body is %j: body_invalid', (text) => {
    expect(codeOf(() => verify(standardHeaders(text), secret, text))).toBe('body_invalid');
  });

  test('when the signed bytes are not UTF-8: body_invalid', () => {
    const [before = '', after = ''] = body.split('Zoë');
    const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]);
    const signature = createHmac('sha256', secret).update(bytes).digest('hex');
    const headers = { 'x-signature-v2': signature, 'x-timestamp': '1766000000' };
    expect(codeOf(() => verify(headers, secret, bytes))).toBe('body_invalid');
  });

  test.each([
    ['300 s ago', 300, 'accepted'],
    ['301 s ago', 301, 'timestamp_stale'],
    ['300 s ahead', -300, 'accepted'],
    ['301 s ahead', -301, 'timestamp_stale'],
  ])('when it was signed %s: %#', (_name, seconds, code) => {
    const later = () => nowMs + seconds * 1000;
    for (const headers of [contractHeaders(), standardHeaders()]) {
      expect(codeOf(() => verifyWebhook(body, headers, secret, { now: later }))).toBe(code);
    }
  });

  test('when it is older than the tolerance that was asked for', () => {
    const later = () => nowMs + 11_000;
    expect(codeOf(() => verifyWebhook(body, genuine, secret, { now: later, toleranceSeconds: 10 }))).toBe(
      'timestamp_stale',
    );
    expect(codeOf(() => verifyWebhook(body, genuine, secret, { now: later, toleranceSeconds: 11 }))).toBe(
      'accepted',
    );
    expect(codeOf(() => verifyWebhook(body, genuine, secret, { now, toleranceSeconds: Number.NaN }))).toBe(
      'timestamp_stale',
    );
  });
});

describe('a mistake of the receiver', () => {
  const misused = verifyWebhook as (body: unknown, headers: WebhookHeaders, keys: unknown) => WebhookEvent;

  test.each([[{ parsed: true }], [undefined], [null], [[1, 2]], [7]])(
    'a body that is %j and not raw is named',
    (parsed) => {
      const run = () => misused(parsed, standardHeaders(), secret);
      expect(codeOf(run)).toBe('body_not_raw');
      expect(run).toThrow(/raw body.*express\.raw\(\)/);
    },
  );

  test.each([
    ['undefined, as of a variable that is not set', undefined],
    ['empty', ''],
    ['whsec_ and nothing', 'whsec_'],
    ['nothing', []],
    ['one good and one missing', [secret, undefined]],
    ['a short public key', 'whpk_AAAA'],
    ['a JWK of another kind', { kty: 'EC', crv: 'P-256', x: jwk.x }],
    ['an empty JWKS', { keys: [] }],
  ])('a key that is %s is named, and accepts nothing', (_name, key) => {
    expect(codeOf(() => misused(body, standardHeaders(body, ['']), key))).toBe('key_invalid');
  });

  test('answers 500, the sender’s 401 or 400', () => {
    const statusOf = (code: ConstructorParameters<typeof WebhookError>[0]) =>
      new WebhookError(code, '').statusCode;
    expect([statusOf('body_not_raw'), statusOf('key_invalid')]).toEqual([500, 500]);
    expect([statusOf('signature_mismatch'), statusOf('timestamp_stale')]).toEqual([401, 401]);
    expect(statusOf('body_invalid')).toBe(400);
  });

  test('no error holds a key or the body', () => {
    for (const keys of [secret, 'hunter2', ['hunter2', standardSecret]]) {
      try {
        verify({ ...standardHeaders(), 'webhook-signature': 'v1,AAAA' }, keys);
      } catch (error) {
        expect(String(error)).not.toMatch(/hunter2|q83vEj|Approved/);
      }
    }
    expect.assertions(3);
  });
});

test('webhook_type tells which members there are', () => {
  const received = verify(standardHeaders());
  if (received.webhook_type === 'status.updated') {
    expectTypeOf(received).toEqualTypeOf<StatusEvent>();
    expect(received.sequence).toBe(3);
    expect(received.face?.similarity_score).toBe(0.92);
  } else {
    const other: OtherEvent = received;
    expect(other).toBe('not reached');
  }
  expect.assertions(2);
});
