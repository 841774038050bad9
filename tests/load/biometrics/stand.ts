import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { openBus } from '@selfsame/bus/bus';
import { ReferenceKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { FaceSearchScope, VerifyRequest } from '@selfsame/contracts/biometrics/v1/service';
import { sessionStatusChanged } from '@selfsame/contracts/catalog';
import { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import { createLog } from '@selfsame/runtime/log';
import { facePath } from '@selfsame/testing/assets';
import { testNats } from '@selfsame/testing/nats';
import { startPostgresServer } from '@selfsame/testing/postgres-server';
import { waitFor } from '@selfsame/testing/wait';
import { migrateService, type ServiceProcess, startServiceProcess } from './service-process.ts';

/** Postgres, NATS, enrolled people and services that share them. */
export interface Stand {
  start(environment?: Record<string, string>): Promise<ServiceProcess>;
  /** The next look at an enrolled person, compared with their template. */
  nextRequest(): VerifyRequest;
  stop(): Promise<void>;
}

/** Enrols one person for each photo and serves until stopped. */
export async function openStand(photos: readonly string[]): Promise<Stand> {
  const [postgres, nats] = await Promise.all([startPostgresServer(), testNats()]);
  const shared = {
    DATABASE_URL: postgres.url,
    NATS_URL: nats.url,
    SESSION_GRPC: '127.0.0.1:1',
    BIOMETRIC_KEY: randomBytes(32).toString('base64'),
    LOG_LEVEL: 'info',
  };
  const services: ServiceProcess[] = [];
  const start = async (environment: Record<string, string> = {}) => {
    const service = await startServiceProcess({ ...shared, ...environment });
    services.push(service);
    return service;
  };
  await migrateService(shared);
  const people = await Promise.all(photos.map(async (photo) => lookOf(await readFile(facePath(photo)))));
  const first = await start();
  await enrol(first, nats.url, people);
  await first.stop();
  let turn = 0;
  return {
    start,
    nextRequest() {
      const person = people[turn++ % people.length];
      if (person === undefined) throw new Error('nobody is enrolled');
      return { ...person, attemptId: randomUUID() };
    },
    async stop() {
      for (const service of services) await service.stop();
      await nats.stop();
      await postgres.stop();
    },
  };
}

function lookOf(image: Buffer): VerifyRequest {
  return VerifyRequest.fromPartial({
    applicationId: randomUUID(),
    sessionId: randomUUID(),
    attemptId: randomUUID(),
    vendorData: 'somebody',
    reference: ReferenceKind.SUBJECT,
    search: FaceSearchScope.NONE,
    image,
  });
}

/** Keeps a candidate of each and tells that the session was approved on it. */
async function enrol({ client }: ServiceProcess, natsUrl: string, people: VerifyRequest[]): Promise<void> {
  const bus = await openBus({ service: 'session', url: natsUrl, log: createLog('bench', 'silent') });
  for (const person of people) {
    const { evidence } = await client.verify({ ...person, keepCandidate: true });
    if (!evidence?.candidateId) throw new Error(`a photo cannot be enrolled: problem ${evidence?.problem}`);
    const { applicationId, sessionId, vendorData } = person;
    const message = SessionStatusChanged.fromPartial({
      applicationId,
      sessionId,
      vendorData,
      candidateId: evidence.candidateId,
      status: 'Approved',
      enrols: true,
      sequence: 1n,
      occurredAt: new Date(),
    });
    await bus.publish(sessionStatusChanged, randomUUIDv7(), message);
    const subject = { applicationId, vendorData };
    await waitFor('the template', async () => (await client.hasTemplate({ subject })).exists);
  }
  await bus.close();
}
