import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  verify,
} from 'node:crypto';
import { verifyWebhook } from '@selfsame/webhooks';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import {
  ed25519KeyOf,
  newSecret,
  publicKeyText,
  standardWebhooksSecret,
  toJwk,
} from '../outbound/secrets.ts';
import { type SessionEvent, sessionBody, webhookVersions, withTimestamp } from './body.ts';
import { type SigningKey, signedHeaders } from './signature.ts';

const serviceKey = randomBytes(32);
const destinationId = randomUUID();

function newKey(): SigningKey & { secret: string; ed25519: ReturnType<typeof ed25519KeyOf> } {
  const secret = newSecret();
  return { secret, ed25519: ed25519KeyOf(serviceKey, secret, destinationId) };
}
const current = newKey();
const previous = newKey();

/** The five ways a destination's deliveries are signed. */
const ways = {
  'one secret': [{ secret: current.secret }],
  'one secret and its v1a': [current],
  'two secrets during a rotation': [{ secret: current.secret }, { secret: previous.secret }],
  'two secrets and their v1a': [current, previous],
  'two secrets, v1a since the rotation': [current, { secret: previous.secret }],
} satisfies Record<string, [SigningKey, ...SigningKey[]]>;
type Way = keyof typeof ways;

const unixNow = Math.floor(Date.now() / 1000);
const decision = {
  status: 'Approved',
  liveness_checks: [{ node_id: 'a', status: 'Approved', score: 96.77777, warnings: [] }],
  face_matches: [{ node_id: 'b', status: 'Approved', score: 92 }],
  liveness: { status: 'Approved', method: 'PASSIVE', score: 0.9678 },
  face: { status: 'Approved', similarity_score: 0.92 },
  ip_analyses: null,
};

/** Bodies of real shape: every status and version, random texts and JSON of the customer, first attempts and retries. */
const randomBody = fc
  .record({
    status: fc.constantFrom('Not Started', 'In Progress', 'Approved', 'Declined', 'Resubmitted', 'Expired'),
    version: fc.constantFrom(...webhookVersions),
    vendorData: fc.string({ unit: 'binary', maxLength: 30 }),
    metadataJson: fc.oneof(fc.constant(''), fc.json()),
    hasDecision: fc.boolean(),
    ageSeconds: fc.integer({ min: 0, max: 200 }),
  })
  .map(({ version, hasDecision, ageSeconds, ...changes }) => {
    const event: SessionEvent = {
      eventId: randomUUID(),
      applicationId: randomUUID(),
      environment: 'sandbox',
      sessionId: randomUUID(),
      sequence: 1,
      workflowId: randomUUID(),
      workflowVersion: 1,
      decisionJson: hasDecision ? JSON.stringify(decision) : '',
      resubmitInfoJson: '{"nodes_to_resubmit":[],"reasons":{}}',
      occurredAt: new Date((unixNow - 2 * ageSeconds) * 1000),
      ...changes,
    };
    const timestamp = unixNow - ageSeconds;
    const body = withTimestamp(sessionBody(event, version), timestamp);
    return { body, message: { ...event, body, timestamp, webhookType: 'status.updated' } };
  });
const deliveries = fc.sample(randomBody, { numRuns: 200, seed: 3 });

type Headers = Record<string, string>;
/** Calls a verifier with every delivery, signed in this way. */
function everyDelivery(way: Way, check: (body: string, headers: Headers) => void): void {
  for (const { body, message } of deliveries) check(body, signedHeaders(message, ways[way]));
}

const wayNames = Object.keys(ways) as Way[];
const rotations = wayNames.filter((way) => ways[way].length === 2);
/** A receiver knows the current secret, or still the previous one during a rotation. */
const secrets: [Way, string, string][] = [
  ...wayNames.map((way): [Way, string, string] => [way, 'current', current.secret]),
  ...rotations.map((way): [Way, string, string] => [way, 'previous', previous.secret]),
];

describe.each(secrets)(
  'signed with %s, for a receiver that has the %s secret, is accepted',
  (way, which, secret) => {
    test('by the package standardwebhooks, with the whsec_ form', () => {
      const webhook = new Webhook(standardWebhooksSecret(secret));
      everyDelivery(way, (body, headers) => expect(webhook.verify(body, headers)).toEqual(JSON.parse(body)));
    });

    test('by the package standardwebhooks, with the secret as it is', () => {
      const webhook = new Webhook(secret, { format: 'raw' });
      everyDelivery(way, (body, headers) => webhook.verify(Buffer.from(body), headers));
    });

    test('by the package standardwebhooks, which looks at nothing but its three headers', () => {
      const webhook = new Webhook(secret, { format: 'raw' });
      everyDelivery(way, (body, headers) => {
        const own = Object.entries(headers).filter(([name]) => name.startsWith('webhook-'));
        expect(own.length).toBe(3);
        webhook.verify(body, Object.fromEntries(own));
      });
    });

    const hmac = (text: string) => createHmac('sha256', secret).update(text, 'utf8').digest('hex');
    const [raw, canonical] =
      which === 'current'
        ? ['X-Signature', 'X-Signature-V2']
        : ['X-Signature-Previous', 'X-Signature-Previous'];
    test(`by the raw bytes and ${raw}`, () => {
      everyDelivery(way, (body, headers) => expect(headers[raw]).toBe(hmac(body)));
    });

    test(`by canonical JSON and ${canonical}`, () => {
      everyDelivery(way, (body, headers) =>
        expect(headers[canonical]).toBe(hmac(canonicalOf(JSON.parse(body)))),
      );
    });

    test('by @selfsame/webhooks, with either family of headers', () => {
      everyDelivery(way, (body, headers) => {
        expect(verifyWebhook(body, headers, secret)).toEqual(JSON.parse(body));
        expect(verifyWebhook(body, headers, standardWebhooksSecret(secret))).toEqual(JSON.parse(body));
        const { 'webhook-signature': _, ...contract } = headers;
        expect(verifyWebhook(body, contract, secret)).toEqual(JSON.parse(body));
      });
    });
  },
);

test.each(wayNames)('signed with %s, X-Signature-Simple holds the identity of the event', (way) => {
  everyDelivery(way, (body, headers) => {
    const { session_id, status, webhook_type, timestamp } = JSON.parse(body);
    expect(headers['X-Timestamp']).toBe(String(timestamp));
    const identity = [headers['X-Timestamp'], session_id, status, webhook_type].join(':');
    const signature = createHmac('sha256', current.secret).update(identity).digest('hex');
    expect(headers['X-Signature-Simple']).toBe(signature);
  });
});

describe.each([
  ['one secret and its v1a', 'current', current],
  ['two secrets and their v1a', 'current', current],
  ['two secrets and their v1a', 'previous', previous],
  ['two secrets, v1a since the rotation', 'current', current],
] as const)('signed with %s, for a receiver that has the %s public key, is accepted', (way, _which, key) => {
  const fromJwk = createPublicKey({ key: { ...toJwk(key.ed25519) }, format: 'jwk' });
  const prefix = Buffer.from('302a300506032b6570032100', 'hex');
  const bytes = Buffer.from(publicKeyText(key.ed25519).slice('whpk_'.length), 'base64');
  const fromText = createPublicKey({ key: Buffer.concat([prefix, bytes]), format: 'der', type: 'spki' });

  test.each([
    ['its JWK', fromJwk],
    ['its whpk_ text', fromText],
  ])('by node:crypto with %s', (_name, publicKey) => {
    everyDelivery(way, (body, headers) => {
      const signed = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
      const asymmetric = (headers['webhook-signature'] ?? '')
        .split(' ')
        .filter((text) => text.startsWith('v1a,'));
      const isGenuine = asymmetric.some((text) =>
        verify(null, signed, publicKey, Buffer.from(text.slice('v1a,'.length), 'base64')),
      );
      expect(isGenuine).toBe(true);
    });
  });

  test('by @selfsame/webhooks with the text, the JWK and the JWKS', () => {
    const jwk = toJwk(key.ed25519);
    everyDelivery(way, (body, headers) => {
      for (const given of [publicKeyText(key.ed25519), jwk, { keys: [jwk] }])
        verifyWebhook(body, headers, given);
    });
  });
});

describe('signed with everything, is refused', () => {
  const others = [newSecret(), standardWebhooksSecret(newSecret())];
  test('with another secret or another public key', () => {
    const stranger = publicKeyText(generateKeyPairSync('ed25519').publicKey);
    everyDelivery('two secrets and their v1a', (body, headers) => {
      expect(() => new Webhook(others[0] ?? '', { format: 'raw' }).verify(body, headers)).toThrow(
        'No matching',
      );
      for (const key of [...others, stranger])
        expect(() => verifyWebhook(body, headers, key)).toThrow('no signature');
    });
  });

  test('after the previous secret has ended', () => {
    everyDelivery('one secret and its v1a', (body, headers) => {
      expect(headers).not.toHaveProperty('X-Signature-Previous');
      expect(() => verifyWebhook(body, headers, previous.secret)).toThrow('no signature');
    });
  });
});

/** A receiver's own: sorted keys, no spaces, unescaped Unicode. */
function canonicalOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalOf).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalOf(member)}`).join(',')}}`;
}
