import { randomUUIDv7 } from 'node:crypto';
import type { Database, Transaction } from '@selfsame/database/database';
import { Failure } from '@selfsame/runtime/errors';
import { newApiKey, secretDigest } from './domain/secrets.ts';
import { readWorkflowWrite } from './domain/workflow.ts';
import {
  insertApiKey,
  insertApplication,
  lockApplication,
  setStrictStatuses,
} from './outbound/application-store.ts';
import { ensureOrganization, findApplicationBySlug } from './outbound/organization-store.ts';
import type { Tables } from './outbound/tables.ts';
import { findWorkflow, setDefault } from './outbound/workflow-store.ts';
import type { SeedWorkflow } from './seeds.ts';
import { reusableSeed, seedDefaults, seedWorkflows } from './seeds.ts';
import { addWorkflow } from './workflows.ts';

/** An application with a key that was minted for it just now; the key is shown once and stored nowhere. */
export interface CreatedApplication {
  readonly applicationId: string;
  readonly slug: string;
  readonly organizationId: string;
  readonly apiKey: string;
}

/**
 * Creates an application unless its slug is taken, adds the seeds it lacks and mints a new API key in any case.
 * @throws Failure `organization_differs` when it exists in another organisation: it stays where its users are
 */
export async function createApplication(
  database: Database<Tables>,
  wanted: {
    slug: string;
    name: string;
    environment: 'live' | 'sandbox';
    /** Slug; made when there is none. undefined: a new application gets one of its own. */
    organization?: string | undefined;
    /** undefined leaves the setting as it is; off for new applications */
    strictStatuses?: boolean | undefined;
  },
): Promise<CreatedApplication> {
  const apiKey = newApiKey();
  const application = await database.transaction(async (tx) => {
    const { slug, organization, strictStatuses } = wanted;
    const ensured = await ensureApplication(tx, wanted);
    const id = ensured.applicationId;
    await lockApplication(tx, id);
    if (strictStatuses !== undefined) await setStrictStatuses(tx, id, strictStatuses);
    const seeds = Object.hasOwn(seedWorkflows, slug) ? (seedWorkflows[slug] ?? []) : [];
    await addSeeds(tx, id, organization === undefined ? seeds : [...seeds, reusableSeed]);
    await insertApiKey(tx, { id: randomUUIDv7(), application_id: id, key_sha256: secretDigest(apiKey) });
    return ensured;
  });
  return { ...application, slug: wanted.slug, apiKey };
}

/** The application of this slug. Its organisation's row orders those who make it at once. */
async function ensureApplication(
  tx: Transaction<Tables>,
  wanted: Parameters<typeof createApplication>[1],
): Promise<{ applicationId: string; organizationId: string }> {
  const { slug, name, environment, organization } = wanted;
  const existing = await findApplicationBySlug(tx, slug);
  if (existing !== null && organization === undefined) return existing;
  const id = randomUUIDv7();
  const { organizationId, isNew } = await ensureOrganization(tx, randomUUIDv7(), organization ?? slug);
  const current = existing ?? (await findApplicationBySlug(tx, slug));
  if (current !== null) {
    if (current.organizationId === organizationId || organization === undefined) return current;
    const words = `The application ${slug} belongs to another organisation already.`;
    throw new Failure('precondition', 'organization_differs', words);
  }
  // Nobody becomes part of an organisation because they have chosen its name.
  const isStranger = organization === undefined && !isNew;
  const own = isStranger ? await ensureOrganization(tx, id, `${slug}_${id.slice(-12)}`) : { organizationId };
  await insertApplication(tx, { id, organization_id: own.organizationId, slug, name, environment });
  return { applicationId: id, organizationId: own.organizationId };
}

async function addSeeds(
  tx: Transaction<Tables>,
  applicationId: string,
  seeds: readonly SeedWorkflow[],
): Promise<void> {
  for (const seed of seeds) {
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
