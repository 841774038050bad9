import { randomUUID } from 'node:crypto';
import { AssessmentPhase } from '@selfsame/contracts/fraud_signals/v1/service';
import { openDatabase } from '@selfsame/database/database';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FactName, FactValue } from '../src/domain/facts.ts';
import { weigh } from '../src/domain/weigh.ts';
import { addEntry } from '../src/lists/entries.ts';
import { findListHits } from '../src/lists/hits.ts';
import { createList, removeList, systemList } from '../src/lists/lists.ts';
import { migrations } from '../src/migrations.ts';
import type { Tables } from '../src/outbound/tables.ts';
import { serviceName } from '../src/service.ts';
import type { Visit } from '../src/visit.ts';
import { digest, factsOf, openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

type Kind = 'blocklist' | 'allowlist' | 'custom';

/** A list of an application of its own, so that no test sees another's entries. */
interface Place {
  readonly applicationId: string;
  add(kind: Kind, entryType: string, ...values: string[]): Promise<string>;
  look(visit?: Partial<Visit>, deviceNames?: readonly string[]): ReturnType<typeof findListHits>;
}

function newPlace(): Place {
  const applicationId = randomUUID();
  return {
    applicationId,
    async add(kind, entryType, ...values) {
      const list =
        kind === 'blocklist'
          ? await systemList(world.context, applicationId, entryType as 'user')
          : await createList(world.context, applicationId, {
              name: 'L',
              description: '',
              listType: kind,
              entryType,
            });
      if ('refused' in list) throw new Error(JSON.stringify(list));
      for (const value of values) {
        const added = await addEntry(world.context, applicationId, list.id, {
          value,
          displayLabel: null,
          comment: null,
          metadata: null,
          referenceSessionId: null,
          referenceObjectUuid: null,
        });
        if ('refused' in added) throw new Error(JSON.stringify(added));
      }
      return list.id;
    },
    look: (visit = {}, deviceNames = []) =>
      findListHits(world.context, { ...emptyVisit(applicationId), ...visit }, deviceNames),
  };
}

function emptyVisit(applicationId: string): Visit {
  return {
    applicationId,
    sessionId: randomUUID(),
    vendorData: '',
    phase: 'OPENING',
    attemptId: '',
    now: new Date(),
    ipAddress: '',
    device: { keySha256: null, cookieSha256: null },
    applicationDeviceId: '',
    applicationIpAddress: '',
    email: '',
    phone: '',
    vouchedDeviceId: '',
    facts: new Map<FactName, FactValue | null>([['net.country_code', null]]),
  };
}

const inCountry = (code: string) => new Map<FactName, FactValue | null>([['net.country_code', code]]);
const device = `selfsame-fp-${'0a'.repeat(16)}`;

describe('what a visit is on', () => {
  it.each<[string, string, Partial<Visit>, boolean]>([
    ['ip_address', '203.0.113.0/24', { ipAddress: '203.0.113.255' }, true],
    ['ip_address', '203.0.113.0/24', { ipAddress: '203.0.114.0' }, false],
    ['ip_address', '203.0.113.7', { ipAddress: '::ffff:203.0.113.7' }, true],
    ['ip_address', '10.0.0.0/8', { ipAddress: '10.200.3.4' }, true],
    ['ip_address', '2001:db8::/32', { ipAddress: '2001:db8:ffff::1' }, true],
    ['ip_address', '2001:db8:0:1::/64', { ipAddress: '2001:db8:0:2::1' }, false],
    ['ip_address', '::ffff:192.0.2.0/120', { ipAddress: '192.0.2.200' }, true],
    ['ip_address', '192.0.2.1', { applicationIpAddress: '192.0.2.1' }, true],
    ['user', 'Mallory', { vendorData: 'MALLORY' }, true],
    ['user', 'Mallory', { vendorData: 'mallory ' }, false],
    ['email', 'Mallory@Example.org', { email: 'mallory@EXAMPLE.org' }, true],
    ['email', 'mallory@example.org', { vendorData: 'mallory@example.org' }, false],
    ['phone', '+34 611 222 333', { phone: '+34611222333' }, true],
    ['phone', '+34611222333', { phone: '+34611222334' }, false],
    ['country', 'esp', { facts: inCountry('ES') }, true],
    ['country', 'ES', { facts: inCountry('PT') }, false],
    ['device_fingerprint', 'Phone-0001', { applicationDeviceId: 'phone-0001' }, true],
    // Nobody proved to be that device.
    ['device_fingerprint', device, { applicationDeviceId: device }, false],
  ])('%s %s and %j: %s', async (entryType, value, visit, isHit) => {
    const place = newPlace();
    const listId = await place.add('blocklist', entryType, value);
    const { hits, facts, failed } = await place.look(visit);
    expect(hits).toMatchObject(isHit ? [{ listType: 'blocklist', entryType, listId }] : []);
    expect([facts.get('lists.is_blocked'), failed]).toEqual([isHit, false]);
  });

  it('is the device that has proved itself, under its own name in any case', async () => {
    const place = newPlace();
    await place.add('blocklist', 'device_fingerprint', device.toUpperCase());
    expect((await place.look({}, [device])).facts.get('lists.device_blocked')).toBe(true);
    expect((await place.look({}, [])).facts.get('lists.device_blocked')).toBeNull();
  });

  it('tells blocking lists first, each range that holds the address, and custom lists to rules alone', async () => {
    const place = newPlace();
    const allowed = await place.add('allowlist', 'ip_address', '10.0.0.0/8', '10.1.0.0/16');
    const custom = await place.add('custom', 'ip_address', '10.1.2.0/24');
    const regulars = await place.add('custom', 'user', 'u-1');
    const blocked = await place.add('blocklist', 'user', 'u-1');
    const { hits, facts } = await place.look({ ipAddress: '10.1.2.3', vendorData: 'u-1' });
    expect(hits.map(({ listId }) => listId)).toEqual([blocked, allowed, allowed]);
    expect(facts.get('lists.custom')).toEqual([custom, regulars].toSorted());
  });

  it('is nothing of another application, of what was deleted, or of a list that was', async () => {
    const [place, other] = [newPlace(), newPlace()];
    await other.add('blocklist', 'user', 'u-1');
    const list = await place.add('allowlist', 'user', 'u-1');
    expect((await place.look({ vendorData: 'u-1' })).hits).toHaveLength(1);
    await removeList(world.context, place.applicationId, list);
    expect((await place.look({ vendorData: 'u-1' })).hits).toEqual([]);
  });

  it('is told apart from what it does not have and from what nobody could look up', async () => {
    const place = newPlace();
    const { facts } = await place.look({ vendorData: 'u-1', facts: new Map() });
    expect(Object.fromEntries(facts)).toEqual({
      'lists.ip_blocked': null,
      'lists.ip_allowed': null,
      'lists.device_blocked': null,
      'lists.device_allowed': null,
      'lists.user_blocked': false,
      'lists.user_allowed': false,
      'lists.email_blocked': null,
      'lists.email_allowed': null,
      'lists.phone_blocked': null,
      'lists.phone_allowed': null,
      'lists.is_blocked': false,
      'lists.custom': null,
    });
  });

  it.each<[boolean, string, string]>([
    [true, 'blocklist', 'country'],
    [false, 'allowlist', 'country'],
    [false, 'blocklist', 'ip_address'],
  ])(
    'has failed (%s) where the country could not be looked up and there is a %s of %s',
    async (isFailed, kind, type) => {
      const place = newPlace();
      await place.add(kind as Kind, type, type === 'country' ? 'ES' : '192.0.2.0/24');
      const { failed, facts } = await place.look({ vendorData: 'u-1', facts: new Map() });
      expect(failed).toBe(isFailed);
      expect(facts.has('lists.is_blocked'), 'nobody knows').toBe(!isFailed);
      expect((await place.look({ vendorData: 'u-1' })).failed, 'there is no country').toBe(false);
    },
  );

  it('says whether there is a blocklist to be on', async () => {
    const place = newPlace();
    await place.add('allowlist', 'user', 'u-1');
    await place.add('custom', 'country', 'ES');
    await place.add('blocklist', 'user');
    expect((await place.look()).hasBlocklists).toBe(false);
    await place.add('blocklist', 'user', 'u-2');
    expect((await place.look()).hasBlocklists).toBe(true);
    expect((await newPlace().look()).hasBlocklists).toBe(false);
  });

  it('weighs against the client on a blocklist, and for it on an allowlist unless there is a blocklist', async () => {
    const place = newPlace();
    await place.add('blocklist', 'email', 'mallory@example.org');
    await place.add('allowlist', 'ip_address', '192.0.2.0/24');
    const reasons = async (visit: Partial<Visit>) =>
      weigh((await place.look(visit)).facts).reasons.map(({ signal, weight }) => `${signal} ${weight}`);
    expect(await reasons({ ipAddress: '192.0.2.1' })).toEqual(['ip_in_customer_allowlist -30']);
    expect(await reasons({ ipAddress: '192.0.2.1', email: 'mallory@example.org' })).toEqual([
      'eml_in_tenant_blocklist 60',
    ]);
  });

  it('is not answered without the database', async () => {
    const { url } = world.postgres;
    const database = await openDatabase<Tables>({ service: serviceName, url, migrations });
    await database.close();
    const context = { ...world.context, database };
    const visit = { ...emptyVisit(randomUUID()), vendorData: 'u-1' };
    await expect(findListHits(context, visit, [])).rejects.toThrow();
  });
});

describe('a session that was opened by who is barred', () => {
  const { CAPTURE } = AssessmentPhase;
  const barred = { ipAddress: '198.51.100.66', device: { keySha256: digest('barred') } };
  const clean = { ipAddress: '192.0.2.66' };

  async function bar(entryType: string, value: string) {
    const lists = await world.call('GET', `/v3/lists/?list_type=blocklist&entry_type=${entryType}`);
    const path = `/v3/lists/${lists.body.results[0].uuid}/entries/`;
    const { body } = await world.call('POST', path, { value });
    return { entryId: body.uuid, path: `${path}${body.uuid}/` };
  }
  /** Whom the look of a session is barred by that was opened so, and then opened again elsewhere. */
  async function lookOf(opening: object, look: object = clean) {
    const session = { sessionId: randomUUID() };
    await world.assess({ session, observation: opening });
    await world.assess({ session, observation: clean });
    const looked = await world.assess({ session, phase: CAPTURE, observation: look });
    return { looked, entries: looked.listHits.map(({ entryId }) => entryId) };
  }

  it('is barred, though its picture comes without proof, from another device or another address', async () => {
    const page = factsOf({
      ...{ 'page.canvas_digest': 'ab'.repeat(16), 'page.audio_digest': 'cd'.repeat(16) },
      ...{ 'page.webgl_renderer': 'Some, GPU', 'page.webgl_vendor': 'Some', 'page.platform': 'MacIntel' },
      ...{ 'page.hardware_concurrency': 8, 'page.device_memory_gb': 8, 'page.time_zone': 'Asia/Tokyo' },
    });
    const traits = { ipAddress: '192.0.2.67', facts: page };
    const device = await bar(
      'device_fingerprint',
      (await world.assess({ observation: barred })).device?.fingerprint ?? '',
    );
    const address = await bar('ip_address', '198.51.100.64/28');
    const named = await bar(
      'device_fingerprint',
      (await world.assess({ observation: traits })).device?.fingerprint ?? '',
    );
    const { looked, entries } = await lookOf(barred);
    expect(entries.toSorted()).toEqual([device.entryId, address.entryId].toSorted());
    expect(looked).toMatchObject({ failures: [], hasBlocklists: true });
    expect(looked.reasons.map(({ signal }) => signal)).toContain('dev_in_tenant_blocklist');
    expect((await lookOf({ ...barred, ipAddress: clean.ipAddress })).entries).toEqual([device.entryId]);
    expect((await lookOf(clean)).entries).toEqual([]);
    expect((await lookOf(traits)).entries, 'named by its looks').toEqual([named.entryId]);

    for (const { path } of [device, address, named]) await world.call('DELETE', path);
    expect((await lookOf(barred)).entries, 'not any more').toEqual([]);
  });

  it('is not told while nobody knows, since the lists could not be asked at its opening', async () => {
    const session = { sessionId: randomUUID() };
    const { db } = world.context.database;
    await sql`ALTER TABLE lists RENAME TO lists_away`.execute(db);
    const opened = await world.assess({ session, observation: clean });
    await sql`ALTER TABLE lists_away RENAME TO lists`.execute(db);
    expect(opened).toMatchObject({ failures: ['lists'], hasBlocklists: true });
    const looked = await world.assess({ session, phase: CAPTURE, observation: clean });
    expect(looked.failures).toEqual(['lists']);
  });

  it('leaves allowlists to the visit that is on them', async () => {
    const list = await createList(world.context, world.application.id, {
      ...{ name: 'L', description: '', listType: 'allowlist', entryType: 'ip_address' },
    });
    if ('refused' in list) throw new Error('no list');
    await world.call('POST', `/v3/lists/${list.id}/entries/`, { value: '198.51.100.77' });
    expect((await lookOf({ ipAddress: '198.51.100.77' })).entries).toEqual([]);
  });
});

describe('a hundred thousand ranges', () => {
  it('are looked up in one query', async () => {
    const place = newPlace();
    const list = await systemList(world.context, place.applicationId, 'ip_address');
    for (let done = 0; done < 4; done += 1) {
      await sql`
        INSERT INTO list_entries (id, list_id, application_id, match_key, value, added_by, state)
        SELECT gen_random_uuid(), ${list.id}, ${place.applicationId}, uuid_send(gen_random_uuid()), 'x', 'api', 'active'
        FROM generate_series(1, 24_990)`.execute(world.context.database.db);
    }
    await place.add('blocklist', 'ip_address', '198.51.100.0/22', '2001:db8:77::/48');
    await sql`ANALYZE list_entries`.execute(world.context.database.db);
    for (const ipAddress of ['198.51.101.9', '2001:db8:77:1::9']) {
      const times: number[] = [];
      for (let count = 0; count < 50; count += 1) {
        const start = performance.now();
        const { hits } = await place.look({ ipAddress, vendorData: 'u-1', email: 'a@b.example' });
        times.push(performance.now() - start);
        expect(hits).toHaveLength(1);
      }
      times.sort((a, b) => a - b);
      const [p50, most] = [times[25] ?? 0, times[49] ?? 0];
      process.stdout.write(
        `100,000 ranges, ${ipAddress}: p50 ${p50.toFixed(2)} ms, at most ${most.toFixed(2)} ms\n`,
      );
    }
  });
});
