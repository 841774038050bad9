import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { streamName } from '@selfsame/contracts/catalog';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { someone, startWorld, type World } from '../harness/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 120_000);
afterAll(() => world?.stop(), 60_000);

/** Tables of the bus itself, which note that an event came again. */
const bookkeeping = ['inbox', 'outbox', 'stream_readers'];
/** Where the handlers of the consumers write. */
const effects = [
  'session.sessions',
  'biometrics.templates',
  'fraud_signals.visits',
  'webhook_dispatcher.deliveries',
  'share.records',
  'session.audit_log',
  'session.erasure_confirmations',
];

/** A fingerprint of the rows of every table of every service. */
async function fingerprints(): Promise<Map<string, string>> {
  const tables = await world.system.query(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema in ('session', 'biometrics', 'fraud_signals', 'share', 'webhook_dispatcher') and table_name <> all($1)`,
    [bookkeeping],
  );
  const prints = new Map<string, string>();
  for (const { name } of tables) {
    const [row] = await world.system.query(
      `select count(*) || ' rows ' || md5(string_agg(md5(t::text), '' order by md5(t::text))) as print from ${name} t`,
      [],
    );
    prints.set(String(name), String(row?.print));
  }
  return prints;
}

/** Every durable consumer is deleted under its subscription, and has read the whole stream again. @returns how many events each has read */
async function redeliverAll(): Promise<Record<string, number>> {
  const connection = await connect({ servers: world.system.natsUrl });
  try {
    const { consumers } = await jetstreamManager(connection);
    const names: string[] = [];
    for await (const { name } of consumers.list(streamName)) names.push(name);
    for (const name of names) await consumers.delete(streamName, name);
    const read: Record<string, number> = {};
    for (const name of names) {
      read[name] = await waitFor(`${name} to have read all again`, async () => {
        const info = await consumers.info(streamName, name);
        return info.num_pending === 0 && info.num_ack_pending === 0 && info.delivered.consumer_seq;
      });
    }
    return read;
  } finally {
    await connection.close();
  }
}

/** Waits until every event was published, and every consumer has handled all there are. */
async function waitForHandling(): Promise<void> {
  const connection = await connect({ servers: world.system.natsUrl });
  try {
    const { consumers } = await jetstreamManager(connection);
    await waitFor('every event to be published and handled', async () => {
      for (const schema of ['session', 'biometrics', 'fraud_signals', 'share', 'webhook_dispatcher']) {
        const waiting = await world.system.query(
          `select 1 from ${schema}.outbox where incarnation is null limit 1`,
        );
        if (waiting.length > 0) return false;
      }
      for await (const { num_pending, num_ack_pending } of consumers.list(streamName)) {
        if (num_pending + num_ack_pending > 0) return false;
      }
      return true;
    });
  } finally {
    await connection.close();
  }
}

/** Somebody whose verification was shared, and who is erased then. */
async function shareAndErase(): Promise<void> {
  const vendorData = someone();
  await world.enrol(vendorData, 'img/p04_1.jpg');
  const { body: sessions } = await world.api.get(`/v3/sessions/?vendor_data=${vendorData}`);
  const path = `/v3/session/${sessions.results[0].session_id}`;
  const consent = await world.api.post(`${path}/consents/`, {
    audience: 'partner_b',
    captured: { at: new Date().toISOString(), method: 'checkbox', text: 'I agree.', text_version: '1' },
  });
  expect(consent.status).toBe(201);
  expect((await world.api.post(`${path}/share/`, { audience: 'partner_b' })).status).toBe(200);
  const { body: erasure } = await world.api.delete(`/v3/users/${vendorData}/`);
  await waitFor('the certificate', async () => {
    return (await world.api.get(`/v3/erasures/${erasure.erasure_id}/`)).body.status === 'erased';
  });
}

it('every consumer of every service reads all events again, and nothing happens', async () => {
  const subject = someone();
  await world.enrol(subject, 'img/p01_1.jpg');
  const removed = await world.createSession({ workflow_id: 'wf_liveness', vendor_data: someone() });
  await world.webhook(removed.session_id, 'Not Started');
  expect((await world.api.delete(`/v3/session/${removed.session_id}/delete/`)).status).toBe(204);
  await shareAndErase();
  await waitFor('the deletion to be heard everywhere', async () => {
    const [row] = await world.system.query(
      `select (select count(*) from biometrics.inbox where consumer like '%deleted')
         + (select count(*) from fraud_signals.inbox where consumer like '%deleted')
         + (select count(*) from share.inbox where consumer like '%deleted')
         + (select count(*) from webhook_dispatcher.inbox where consumer like '%deleted') as heard`,
      [],
    );
    return Number(row?.heard) >= 4;
  });
  await waitForHandling();
  // What moves by itself (rate limits, say) is left out.
  const stable = await waitFor('quiet tables', async () => {
    const [one, other] = [await fingerprints(), await fingerprints()];
    const quiet = new Map([...one].filter(([name, print]) => other.get(name) === print));
    return effects.every((name) => quiet.has(name)) && quiet;
  });
  for (const name of effects) expect(stable.get(name), name).not.toMatch(/^0 rows/);
  const posted = world.receiver.requests.length;

  const read = await redeliverAll();

  for (const name of [
    'session-capture-completed',
    'session-api-called',
    'session-erasure-confirmed',
    'biometrics-session-status_changed',
    'biometrics-session-deleted',
    'fraud-signals-session-status_changed',
    'fraud-signals-session-deleted',
    'share-session-deleted',
    'webhook-dispatcher-session-status_changed',
    'webhook-dispatcher-session-deleted',
  ]) {
    expect(read[name], name).toBeGreaterThan(0);
  }
  const now = await fingerprints();
  for (const [name, print] of stable) expect(now.get(name), name).toBe(print);
  expect(world.receiver.requests.length).toBe(posted);
}, 120_000);
