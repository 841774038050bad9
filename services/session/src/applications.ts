import { randomUUIDv7 } from 'node:crypto';
import type { Database, Transaction } from '@selfsame/database/database';
import { newApiKey, secretDigest } from './domain/secrets.ts';
import { readWorkflowWrite } from './domain/workflow.ts';
import {
  ensureApplication,
  insertApiKey,
  lockApplication,
  setStrictStatuses,
} from './outbound/application-store.ts';
import type { Tables } from './outbound/tables.ts';
import { findWorkflow, setDefault } from './outbound/workflow-store.ts';
import { seedDefaults, seedWorkflows } from './seeds.ts';
import { addWorkflow } from './workflows.ts';

/** An application with a key that was minted for it just now; the key is shown once and stored nowhere. */
export interface CreatedApplication {
  readonly applicationId: string;
  readonly slug: string;
  readonly apiKey: string;
}

/** Creates an application unless its slug is taken, adds the seeds it lacks and mints a new API key in any case. */
export async function createApplication(
  database: Database<Tables>,
  wanted: {
    slug: string;
    name: string;
    environment: 'live' | 'sandbox';
    /** undefined leaves the setting as it is; off for new applications */
    strictStatuses?: boolean | undefined;
  },
): Promise<CreatedApplication> {
  const apiKey = newApiKey();
  const applicationId = await database.transaction(async (tx) => {
    const { slug, name, environment, strictStatuses } = wanted;
    const id = await ensureApplication(tx, { id: randomUUIDv7(), slug, name, environment });
    await lockApplication(tx, id);
    if (strictStatuses !== undefined) await setStrictStatuses(tx, id, strictStatuses);
    await addSeeds(tx, id, wanted.slug);
    await insertApiKey(tx, { id: randomUUIDv7(), application_id: id, key_sha256: secretDigest(apiKey) });
    return id;
  });
  return { applicationId, slug: wanted.slug, apiKey };
}

async function addSeeds(tx: Transaction<Tables>, applicationId: string, slug: string): Promise<void> {
  for (const seed of Object.hasOwn(seedWorkflows, slug) ? (seedWorkflows[slug] ?? []) : []) {
    if ((await findWorkflow(tx, applicationId, seed.slug)) !== null) continue;
    const read = readWorkflowWrite({ ...seedDefaults, ...seed.body });
    if ('errors' in read) throw new Error(`seed ${seed.slug}: ${JSON.stringify(read.errors)}`);
    const { definition, isDefault } = read.write;
    const id = await addWorkflow(tx, {
      applicationId,
      slug: seed.slug,
      definition,
      status: 'published',
      createdBy: 'System',
    });
    if (isDefault) await setDefault(tx, applicationId, id, true);
  }
}
