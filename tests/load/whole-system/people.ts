import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { facePath } from '@selfsame/testing/assets';
import { openCompany } from '../../harness/applications.ts';
import { hostedClient } from '../../harness/hosted-client.ts';
import type { RunningSystem } from '../../harness/running-system.ts';

/** An application under load. */
export interface Tenant {
  readonly applicationId: string;
  /** A key is limited to some calls a minute; several keys of one application are not what is measured. */
  nextKey(): string;
  /** Ids of its workflows. */
  readonly enrolment: string;
  readonly signIn: string;
}

/** Somebody who is enrolled with an application. */
export interface Person {
  readonly tenant: Tenant;
  readonly vendorData: string;
  readonly frame: Buffer;
  /** Where they are: several addresses of this machine, as users have several networks. */
  readonly address: string | undefined;
}

const photos = ['img/p01_1.jpg', 'img/p02_1.jpg', 'img/p03_1.jpg', 'img/p19_1.jpg'];
const addressCount = 32;

/** Applications with many keys, each with the two workflows of the load, told at `webhookUrl`. */
export async function openTenants(
  system: RunningSystem,
  options: { count: number; keys: number; webhookUrl: string },
): Promise<Tenant[]> {
  const tenants: Tenant[] = [];
  for (let index = 0; index < options.count; index += 1) {
    const company = await openCompany(system, `load_${index}`, { listens: false });
    await company.close();
    const { api, applicationId } = company;
    const workflow = async (type: string, features: string[]): Promise<string> => {
      const { status, body } = await api.post('/v3/workflows/', {
        workflow_label: type,
        workflow_type: type,
        features: features.map((feature) => ({ feature })),
        // The load comes from no phone.
        is_desktop_allowed: true,
      });
      if (status !== 201) throw new Error(`no workflow: ${status} ${JSON.stringify(body)}`);
      return body.workflow_id;
    };
    const enrolment = await workflow('kyc', ['LIVENESS']);
    const signIn = await workflow('biometric_authentication', ['LIVENESS', 'FACE_MATCH']);
    const told = await api.post('/v3/webhook/destinations/', {
      label: 'load',
      url: options.webhookUrl,
      subscribed_events: ['status.updated'],
    });
    if (told.status !== 201) throw new Error(`no destination: ${told.status}`);
    const keys = await addKeys(system, applicationId, options.keys);
    let used = 0;
    const nextKey = () => keys[used++ % keys.length] as string;
    tenants.push({ applicationId, enrolment, signIn, nextKey });
  }
  return tenants;
}

/** Keys as the command for operators makes them, without starting it for each. */
async function addKeys(system: RunningSystem, applicationId: string, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, () => randomBytes(32).toString('base64url'));
  await system.query(
    `INSERT INTO session.api_keys (id, application_id, key_sha256)
     SELECT gen_random_uuid(), $1::uuid, digest FROM unnest($2::bytea[]) AS digest`,
    [applicationId, keys.map((key) => createHash('sha256').update(key).digest())],
  );
  return keys;
}

/** Enrols as many people as the load needs: each has at most one unfinished session, so they take turns. */
export async function enrolPeople(
  system: RunningSystem,
  tenants: readonly Tenant[],
  count: number,
  signal: AbortSignal,
): Promise<Person[]> {
  const frames = await Promise.all(photos.map((photo) => readFile(facePath(photo))));
  const people: Person[] = [];
  let begun = 0;
  const enrolNext = async (): Promise<void> => {
    while (begun < count && !signal.aborted) {
      const index = begun++;
      const tenant = tenants[index % tenants.length] as Tenant;
      const frame = frames[index % frames.length] as Buffer;
      const person: Person = { tenant, vendorData: randomUUID(), frame, address: addressOf(index) };
      await enrol(system, person);
      people.push(person);
    }
  };
  await Promise.all([enrolNext(), enrolNext(), enrolNext()]);
  signal.throwIfAborted();
  return people;
}

/** On Linux every address of 127/8 is this machine's. */
function addressOf(index: number): string | undefined {
  return process.platform === 'linux' ? `127.77.0.${1 + (index % addressCount)}` : undefined;
}

async function enrol(system: RunningSystem, { tenant, vendorData, frame }: Person): Promise<void> {
  const create = async () => {
    const response = await fetch(new URL('/v3/session/', system.baseUrl), {
      method: 'POST',
      headers: { 'x-api-key': tenant.nextKey(), 'content-type': 'application/json' },
      body: JSON.stringify({ workflow_id: tenant.enrolment, vendor_data: vendorData }),
      signal: AbortSignal.timeout(15_000),
    });
    return { httpStatus: response.status, ...((await response.json()) as { session_url: string }) };
  };
  const created = await patiently(create);
  if (created.httpStatus !== 201) throw new Error(`not created: ${JSON.stringify(created)}`);
  const page = hostedClient(created.session_url);
  await page.open();
  const attemptId = randomUUID();
  const answer = await patiently(() => page.attempt(frame, attemptId));
  if (answer.status !== 'Approved') throw new Error(`not enrolled: ${JSON.stringify(answer)}`);
}

/** A machine that does much else refuses now and then. */
async function patiently<T extends { httpStatus: number }>(ask: () => Promise<T>): Promise<T> {
  for (let repeats = 0; ; repeats += 1) {
    const answer = await ask();
    const isRefused = answer.httpStatus === 503 || answer.httpStatus === 429;
    if (!isRefused || repeats === refusalsMax) return answer;
    await pause(refusalPauseMs);
  }
}

const refusalsMax = 20;
const refusalPauseMs = 500;
