import type { SubjectName } from './comparison.ts';
import type { Context } from './context.ts';
import {
  countEnrolled,
  type EnrolledFilter,
  type EnrolledRow,
  readEnrolled,
} from './outbound/enrolled-store.ts';
import { type HistoryRow, readHistory } from './outbound/history-store.ts';
import { type Reverted, type Reverting, revertTemplate } from './reversion.ts';
import { forgetWithin } from './templates.ts';

/** Whose templates are asked for: an application's, or of them that of one subject. */
export interface EnrolledQuery {
  readonly applicationId: string;
  readonly vendorData?: string | undefined;
}

/** A template by the name that the application knows it by. */
export interface NamedTemplate {
  readonly applicationId: string;
  readonly templateUuid: string;
}

/** One page of an application's enrolled templates, newest enrolment first, and how many there are. */
export async function listEnrolled(
  context: Pick<Context, 'database' | 'vault'>,
  query: EnrolledQuery,
  page: { limit: number; offset: number },
): Promise<{ count: number; rows: EnrolledRow[] }> {
  const filter = filterOf(context, query);
  const [count, rows] = await Promise.all([
    countEnrolled(context.database.db, filter),
    readEnrolled(context.database.db, filter, page),
  ]);
  return { count, rows };
}

/** How many templates an application has enrolled. */
export function countTemplates(
  context: Pick<Context, 'database' | 'vault'>,
  query: EnrolledQuery,
): Promise<number> {
  return countEnrolled(context.database.db, filterOf(context, query));
}

function filterOf(
  { vault }: Pick<Context, 'vault'>,
  { applicationId, vendorData }: EnrolledQuery,
): EnrolledFilter {
  if (vendorData === undefined) return { applicationId };
  return { applicationId, subject: vault.subjectOf(applicationId, vendorData) };
}

/** One template of an application; undefined when it has none of this name. */
export async function findEnrolled(
  { database }: Pick<Context, 'database'>,
  named: NamedTemplate,
): Promise<EnrolledRow | undefined> {
  const [row] = await readEnrolled(database.db, named, { limit: 1, offset: 0 });
  return row;
}

/** How a template came to be what it is, newest first; undefined when there is no such template. */
export async function historyOf(
  context: Pick<Context, 'database'>,
  named: NamedTemplate,
): Promise<HistoryRow[] | undefined> {
  const row = await findEnrolled(context, named);
  return (
    row && readHistory(context.database.db, { applicationId: named.applicationId, subject: row.subject })
  );
}

/** Removes a template and everything else that is stored about its subject. @returns whether there was one */
export async function deleteEnrolled(
  context: Pick<Context, 'database' | 'bus'>,
  named: NamedTemplate,
): Promise<boolean> {
  const row = await findEnrolled(context, named);
  if (row === undefined) return false;
  const owner = { applicationId: named.applicationId, subject: row.subject };
  const { templates } = await context.database.transaction((tx) => forgetWithin(context, tx, owner));
  return templates > 0;
}

/** Puts a template back to what was enrolled, by hand. */
export async function revertEnrolled(
  context: Reverting & Pick<Context, 'database'>,
  named: NamedTemplate,
): Promise<Reverted> {
  const row = await findEnrolled(context, named);
  if (row === undefined) return 'not_found';
  const owner = { kind: 'subject', applicationId: named.applicationId, subject: row.subject } as const;
  return await context.database.transaction((tx) => revertTemplate(context, tx, owner, null));
}

/** The public name of a subject's template; undefined when they have none. */
export async function nameOf(
  context: Pick<Context, 'database' | 'vault'>,
  { applicationId, vendorData }: SubjectName,
): Promise<NamedTemplate | undefined> {
  const filter = filterOf(context, { applicationId, vendorData });
  const [row] = await readEnrolled(context.database.db, filter, { limit: 1, offset: 0 });
  return row && { applicationId, templateUuid: row.templateUuid };
}
