import { createCounter } from '@selfsame/runtime/metrics';
import type { RecordEntry } from './domain/record.ts';

const shares = createCounter('selfsame_shares_total', 'What became of shares and of tries to obtain them.', [
  'outcome',
]);
const consents = createCounter(
  'selfsame_consents_total',
  'Consents that were asked for, and what was answered.',
  ['answer'],
);

// The first of each is an increase, too.
for (const outcome of ['created', 'imported', 'revoked', 'refused']) shares.add({ outcome }, 0);

/** What happened to shares. A refusal is counted each time, though it is on record once. */
export function countShare(outcome: 'created' | 'imported' | 'revoked' | 'refused'): void {
  shares.add({ outcome });
}

/** What people said; `declared`: what an application says that it was told. */
export function countConsent(answer: 'asked' | 'given' | 'declared' | 'refused' | 'withdrawn'): void {
  consents.add({ answer });
}

/** What of the record counts as what; a refusal is counted where it is made. */
const shareOutcomes = {
  share_created: 'created',
  share_imported: 'imported',
  share_revoked: 'revoked',
} as const;

/** Counts what was written into the record; what two applications have in theirs is one. */
export function countRecord({ applicationId, fromApplicationId, kind, note }: RecordEntry): void {
  if (applicationId !== fromApplicationId || kind === 'import_refused') return;
  if (kind === 'consent_withdrawn') countConsent('withdrawn');
  else if (kind === 'consent_given') countConsent(note === 'declared_by_application' ? 'declared' : 'given');
  else countShare(shareOutcomes[kind]);
}
