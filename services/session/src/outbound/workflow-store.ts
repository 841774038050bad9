import type { Transaction } from '@selfsame/database/database';
import { isUuid } from '../domain/ids.ts';
import type { WorkflowDefinition } from '../domain/workflow.ts';
import type { WorkflowFacts } from '../domain/workflow-view.ts';
import type { Queries, Tables } from './tables.ts';

type Tx = Transaction<Tables>;

/** One version of a workflow as it is stored. */
export interface WorkflowVersion extends WorkflowFacts {
  readonly definitionId: string;
}

function selectVersions(db: Queries, applicationId: string) {
  return db
    .selectFrom('workflows as w')
    .innerJoin('workflow_versions as v', 'v.workflow_id', 'w.id')
    .innerJoin('workflow_definitions as d', 'd.id', 'v.definition_id')
    .select((eb) => [
      'w.id as workflowId',
      'w.slug',
      'w.is_default as isDefault',
      'v.id as versionId',
      'v.version',
      'v.status',
      eb
        .exists(
          eb
            .selectFrom('workflow_versions as draft')
            .select('draft.id')
            .whereRef('draft.workflow_id', '=', 'w.id')
            .where('draft.status', '=', 'draft'),
        )
        .$castTo<boolean>()
        .as('hasDraft'),
      'd.id as definitionId',
      'd.definition',
      'v.created_by as createdBy',
      'v.updated_at as updatedAt',
    ])
    .where('w.application_id', '=', applicationId)
    .where('w.deleted_at', 'is', null);
}

/** The workflow that a workflow id, version id or slug names, at its latest version (of that status, if given). */
export async function findWorkflow(
  db: Queries,
  applicationId: string,
  ref: string,
  options: { published?: boolean } = {},
): Promise<WorkflowVersion | null> {
  const row = await selectVersions(db, applicationId)
    .where((eb) =>
      isUuid(ref)
        ? eb.or([
            eb('w.id', '=', ref),
            eb(
              'w.id',
              'in',
              eb
                .selectFrom('workflow_versions as named')
                .select('named.workflow_id')
                .where('named.id', '=', ref),
            ),
          ])
        : eb('w.slug', '=', ref),
    )
    .$if(options.published === true, (query) => query.where('v.status', '=', 'published'))
    .orderBy('v.version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** One version by its own id. */
export async function findVersion(
  db: Queries,
  applicationId: string,
  id: string,
): Promise<WorkflowVersion | null> {
  const row = await selectVersions(db, applicationId).where('v.id', '=', id).executeTakeFirst();
  return row ?? null;
}

/** The ids of the workflows that ids or slugs name; unknown ones are left out. */
export async function findWorkflowIds(
  db: Queries,
  applicationId: string,
  refs: readonly string[],
): Promise<string[]> {
  const ids = refs.filter(isUuid);
  const slugs = refs.filter((ref) => !isUuid(ref));
  const rows = await db
    .selectFrom('workflows as w')
    .leftJoin('workflow_versions as v', 'v.workflow_id', 'w.id')
    .select('w.id')
    .distinct()
    .where('w.application_id', '=', applicationId)
    .where((eb) =>
      eb.or([
        eb('w.id', 'in', ids.length > 0 ? ids : [null]),
        eb('v.id', 'in', ids.length > 0 ? ids : [null]),
        eb('w.slug', 'in', slugs.length > 0 ? slugs : [null]),
      ]),
    )
    .execute();
  return rows.map((row) => row.id);
}

/** Workflows of an application at their latest versions, newest first, and how many there are. */
export async function listWorkflows(
  db: Queries,
  applicationId: string,
  page: { limit: number; offset: number },
): Promise<{ count: number; versions: WorkflowVersion[] }> {
  const versions = await selectVersions(db, applicationId)
    .where((eb) =>
      eb(
        'v.version',
        '=',
        eb
          .selectFrom('workflow_versions as latest')
          .select((each) => each.fn.max('latest.version').as('version'))
          .whereRef('latest.workflow_id', '=', 'w.id'),
      ),
    )
    .orderBy('w.created_at', 'desc')
    .orderBy('w.id')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  return { count: await countWorkflows(db, applicationId), versions };
}

/** Workflows that were not deleted. */
export async function countWorkflows(db: Queries, applicationId: string): Promise<number> {
  const row = await db
    .selectFrom('workflows')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('application_id', '=', applicationId)
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Adds a workflow; its first version has the same id. */
export async function insertWorkflow(
  tx: Tx,
  workflow: { id: string; applicationId: string; slug: string | null },
): Promise<void> {
  await tx
    .insertInto('workflows')
    .values({
      id: workflow.id,
      application_id: workflow.applicationId,
      slug: workflow.slug,
      deleted_at: null,
    })
    .execute();
}

/** Adds a definition, which nobody ever changes. */
export async function insertDefinition(tx: Tx, id: string, definition: WorkflowDefinition): Promise<void> {
  await tx
    .insertInto('workflow_definitions')
    .values({ id, definition: JSON.stringify(definition) })
    .execute();
}

/** Adds a version, or points an existing one at another definition. */
export async function saveVersion(
  tx: Tx,
  version: {
    id: string;
    workflowId: string;
    version: number;
    status: 'draft' | 'published';
    definitionId: string;
    createdBy: string;
    updatedAt: Date;
  },
): Promise<void> {
  await tx
    .insertInto('workflow_versions')
    .values({
      id: version.id,
      workflow_id: version.workflowId,
      version: version.version,
      status: version.status,
      definition_id: version.definitionId,
      created_by: version.createdBy,
      updated_at: version.updatedAt,
    })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        status: eb.ref('excluded.status'),
        definition_id: eb.ref('excluded.definition_id'),
        updated_at: eb.ref('excluded.updated_at'),
      })),
    )
    .execute();
}

/** Makes a workflow the application's default, or not; there is at most one. */
export async function setDefault(
  tx: Tx,
  applicationId: string,
  workflowId: string,
  isDefault: boolean,
): Promise<void> {
  await tx
    .updateTable('workflows')
    .set((eb) => ({ is_default: isDefault ? eb('id', '=', workflowId).$castTo<boolean>() : eb.val(false) }))
    .where('application_id', '=', applicationId)
    .$if(!isDefault, (query) => query.where('id', '=', workflowId))
    .execute();
}

/** Hides a workflow; sessions keep the definition that they pin. */
export async function markWorkflowDeleted(tx: Tx, workflowId: string, now: Date): Promise<void> {
  await tx
    .updateTable('workflows')
    .set({ deleted_at: now, is_default: false })
    .where('id', '=', workflowId)
    .execute();
}
