import { templateEnrolled } from '@selfsame/contracts/catalog';
import type { Transaction } from '@selfsame/database/database';
import { openedAnchor } from './adaptation.ts';
import { openedOrTold, type SubjectOwner, similarityBetween } from './comparison.ts';
import type { Context } from './context.ts';
import { noteChange } from './outbound/history-store.ts';
import type { BiometricsTables } from './outbound/tables.ts';
import { changeTemplate, findTemplate, holdSubject, type KeptTemplate } from './outbound/template-store.ts';

/** What came of a revert. `unchanged`: the template is what was enrolled. */
export type Reverted = 'reverted' | 'unchanged' | 'not_found';

export type Reverting = Pick<Context, 'vault' | 'log' | 'bus'>;

/**
 * Puts a subject's template back to what the last verified enrolment left, from the commit on; search indexes follow. The next
 * look is blended into it no sooner than after an adaptation.
 * @param sessionId that was declined, and whose look goes with it; null when somebody does it by hand
 */
export async function revertTemplate(
  context: Reverting,
  tx: Transaction<BiometricsTables>,
  owner: SubjectOwner,
  sessionId: string | null,
): Promise<Reverted> {
  await holdSubject(tx, owner.subject);
  const kept = await findTemplate(tx, owner, { hold: true });
  if (kept === undefined) return 'not_found';
  const { anchor, stored } = kept;
  if (anchor === undefined || stored.state !== 'usable') return 'unchanged';
  const scores = await scoresOf(context, tx, owner, kept);
  await changeTemplate(tx, owner, { template: anchor, anchor: undefined }, { pauses: true });
  await noteChange(tx, owner, { kind: 'reverted', sessionId, scores });
  await context.bus.enqueue(tx, templateEnrolled, {
    applicationId: owner.applicationId,
    sessionId: kept.sessionId ?? '',
    keyVersion: stored.key.version,
    occurredAt: new Date(),
  });
  context.log.info({ session_id: sessionId }, 'template reverted to what was enrolled');
  return 'reverted';
}

/** How like the anchor what is given up was; nothing where one of them does not open. */
async function scoresOf(
  context: Reverting,
  tx: Transaction<BiometricsTables>,
  owner: SubjectOwner,
  { anchor, stored }: KeptTemplate,
): Promise<{ previous?: number }> {
  const open = await openedOrTold(context, tx, owner, stored);
  if (open === undefined || anchor === undefined) return {};
  const template = openedAnchor(context, { ...open, owner, anchor });
  return template ? { previous: similarityBetween(context.vault, { key: open.key, template }, open) } : {};
}
