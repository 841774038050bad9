import { randomUUIDv7 } from 'node:crypto';
import type { Transaction } from '@selfsame/database/database';
import type { Principal } from '@selfsame/http/authentication';
import type { Context } from './context.ts';
import { givenRules } from './domain/adaptive.ts';
import type { Query } from './domain/session-filter.ts';
import { pageOf, readPage } from './domain/session-filter.ts';
import type { WorkflowDefinition } from './domain/workflow.ts';
import { readWorkflowWrite } from './domain/workflow.ts';
import { workflowItem, workflowSettings } from './domain/workflow-view.ts';
import { lockApplication } from './outbound/application-store.ts';
import type { Queries, Tables } from './outbound/tables.ts';
import type { WorkflowVersion } from './outbound/workflow-store.ts';
import {
  countWorkflows,
  findVersion,
  findWorkflow,
  insertDefinition,
  insertWorkflow,
  listWorkflows,
  markWorkflowDeleted,
  saveVersion,
  setDefault,
} from './outbound/workflow-store.ts';
import type { Refused } from './refusal.ts';
import { notFound, refusedDetail, refusedFields } from './refusal.ts';
import { apiActor } from './reviews.ts';
import { refusedRules } from './step-up-rules.ts';

const maxWorkflows = 50;

type Settings = { readonly settings: Record<string, unknown> };

/** `POST /v3/workflows/`: version 1, published unless it says draft. */
export async function createWorkflow(
  context: Context,
  principal: Principal,
  body: unknown,
): Promise<Settings | Refused> {
  const read = readWorkflowWrite(body);
  if ('errors' in read) return refusedFields(read.errors);
  const { write } = read;
  const refused = await refusedRules(context, givenRules(body));
  if (refused !== null) return refused;
  return context.database.transaction(async (tx) => {
    await lockApplication(tx, principal.applicationId);
    if ((await countWorkflows(tx, principal.applicationId)) >= maxWorkflows) {
      return refusedDetail(`An application can have at most ${maxWorkflows} workflows.`);
    }
    const id = await addWorkflow(tx, {
      applicationId: principal.applicationId,
      slug: null,
      definition: write.definition,
      status: write.status ?? 'published',
      createdBy: apiActor.actor,
    });
    if (write.isDefault) await setDefault(tx, principal.applicationId, id, true);
    return settingsOf(tx, principal, id);
  });
}

/** Adds a workflow with its first version. @returns its id */
export async function addWorkflow(
  tx: Transaction<Tables>,
  workflow: {
    applicationId: string;
    slug: string | null;
    definition: WorkflowDefinition;
    status: 'draft' | 'published';
    createdBy: string;
  },
): Promise<string> {
  const id = randomUUIDv7();
  const { status, createdBy } = workflow;
  await insertWorkflow(tx, { id, applicationId: workflow.applicationId, slug: workflow.slug });
  const definitionId = await addDefinition(tx, workflow.definition);
  await saveVersion(tx, {
    id,
    workflowId: id,
    version: 1,
    status,
    definitionId,
    createdBy,
    updatedAt: new Date(),
  });
  return id;
}

/**
 * `PATCH /v3/workflows/{uuid}/`. Without `status` the version is edited in place, which publishes a draft; `published` on a
 * published version makes a new version; `draft` is for drafts. Sessions keep the definition that they were created with.
 */
export async function updateWorkflow(
  context: Context,
  principal: Principal,
  ref: string,
  body: unknown,
): Promise<Settings | Refused> {
  const refused = await refusedRules(context, givenRules(body));
  if (refused !== null) return refused;
  return context.database.transaction(async (tx) => {
    await lockApplication(tx, principal.applicationId);
    const base = await findVersionOrLatest(tx, principal, ref);
    if (base === null) return notFound;
    const read = readWorkflowWrite(body, base.definition);
    if ('errors' in read) return refusedFields(read.errors);
    const { definition, status, isDefault } = read.write;
    if (status === 'draft' && base.status === 'published') {
      return refusedFields({ status: ['A published workflow cannot become a draft again.'] });
    }
    const latest = await findWorkflow(tx, principal.applicationId, base.workflowId);
    const asNewVersion = status === 'published' && base.status === 'published';
    const id = asNewVersion ? randomUUIDv7() : base.versionId;
    await saveVersion(tx, {
      id,
      workflowId: base.workflowId,
      version: asNewVersion ? (latest?.version ?? base.version) + 1 : base.version,
      status: status ?? 'published',
      definitionId: await addDefinition(tx, definition),
      createdBy: apiActor.actor,
      updatedAt: new Date(),
    });
    if (isDefault !== null) await setDefault(tx, principal.applicationId, base.workflowId, isDefault);
    return settingsOf(tx, principal, id);
  });
}

/** `GET /v3/workflows/{uuid}/`: a version by its id, or the latest version by the workflow's slug. */
export async function readWorkflow(
  context: Context,
  principal: Principal,
  ref: string,
): Promise<Settings | Refused> {
  const version = await findVersionOrLatest(context.database.db, principal, ref);
  return version === null ? notFound : { settings: workflowSettings(version) };
}

/** `GET /v3/workflows/`: workflows at their latest version, newest first. */
export async function readWorkflows(context: Context, principal: Principal, query: Query) {
  const page = readPage(query);
  const { count, versions } = await listWorkflows(context.database.db, principal.applicationId, page);
  const base = `${context.links.publicBaseUrl}/v3/workflows/`;
  return pageOf(versions.map(workflowItem), count, page, { base, query });
}

/** `DELETE /v3/workflows/{uuid}/`: the workflow goes with all its versions; its sessions go on. */
export async function deleteWorkflow(
  context: Context,
  principal: Principal,
  ref: string,
): Promise<{ workflowId: string } | Refused> {
  return context.database.transaction(async (tx) => {
    await lockApplication(tx, principal.applicationId);
    const version = await findVersionOrLatest(tx, principal, ref);
    if (version === null) return notFound;
    await markWorkflowDeleted(tx, version.workflowId, new Date());
    return { workflowId: version.workflowId };
  });
}

/**
 * The id of version 1 is the workflow's own id, so it names the latest version; ids of later versions name themselves.
 */
async function findVersionOrLatest(
  db: Queries,
  principal: Principal,
  ref: string,
): Promise<WorkflowVersion | null> {
  const latest = await findWorkflow(db, principal.applicationId, ref);
  if (latest === null || ref === latest.workflowId || ref === latest.slug) return latest;
  return findVersion(db, principal.applicationId, ref);
}

async function addDefinition(tx: Transaction<Tables>, definition: WorkflowDefinition): Promise<string> {
  const id = randomUUIDv7();
  await insertDefinition(tx, id, definition);
  return id;
}

async function settingsOf(
  tx: Transaction<Tables>,
  principal: Principal,
  versionId: string,
): Promise<Settings> {
  const version = await findVersion(tx, principal.applicationId, versionId);
  if (version === null) throw new Error('a workflow that was just written is gone');
  return { settings: workflowSettings(version) };
}
