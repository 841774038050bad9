import { randomBytes, randomUUID } from 'node:crypto';
import { migrations } from '@selfsame/biometrics/migrations';
import type { BiometricsTables } from '@selfsame/biometrics/outbound/tables';
import { putTemplate } from '@selfsame/biometrics/outbound/template-store';
import { createVault } from '@selfsame/biometrics/outbound/vault';
import { EMBEDDING_SPACE } from '@selfsame/biometrics/pipeline/embedding';
import { type FaceSearch, openFaceSearch } from '@selfsame/biometrics/search/face-search';
import { activeKey } from '@selfsame/biometrics/template-keys';
import { openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { createLog } from '@selfsame/runtime/log';
import { startPostgresServer } from '@selfsame/testing/postgres-server';

/** An application with so many subjects in Postgres, sealed as the service seals them, and the search over them. */
export interface Enrolled {
  readonly applicationId: string;
  readonly faces: FaceSearch;
  /** From the first row read to the last one searchable. */
  readonly builtMs: number;
  close(): Promise<void>;
}

const service = 'biometrics';
const ROWS_AT_ONCE = 200;

/** @param face makes the protected template of a subject */
export async function enrol(rows: number, threads: number, face: () => Int8Array): Promise<Enrolled> {
  const log = createLog(service, 'error');
  const postgres = await startPostgresServer();
  await migrate({ service, url: postgres.url, migrations, log });
  const database = await openDatabase<BiometricsTables>({ service, url: postgres.url, migrations });
  const vault = createVault(randomBytes(32));
  const applicationId = randomUUID();
  const key = await activeKey(database.db, applicationId);
  const made = { pipelineVersion: 'bench', embeddingSpace: EMBEDDING_SPACE };
  for (let row = 0; row < rows; row += ROWS_AT_ONCE) {
    await database.transaction(async (tx) => {
      for (let index = row; index < Math.min(rows, row + ROWS_AT_ONCE); index += 1) {
        const owner = {
          kind: 'subject',
          applicationId,
          subject: vault.subjectOf(applicationId, `${index}`),
        } as const;
        const from = { sessionId: randomUUID(), expiresAt: null };
        await putTemplate(tx, owner, vault.seal(owner, key, face(), made), from);
      }
    });
  }
  const start = performance.now();
  const faces = openFaceSearch({ database, vault, log, maxBytes: 2 ** 30, threads, intervalMs: 5_000 });
  await faces.built;
  return {
    applicationId,
    faces,
    builtMs: performance.now() - start,
    async close() {
      await faces.close();
      await database.close();
      await postgres.stop();
    },
  };
}
