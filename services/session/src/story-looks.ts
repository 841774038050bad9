import type { StoryEntry } from '@selfsame/bus/story';
import { attemptsLeft } from './domain/session-life.ts';
import { isOneOf, type Status, unfinishedStatuses } from './domain/status.ts';
import { inWords, type ToldEvidence, tellEvidence } from './domain/told-evidence.ts';
import { maxAttempts } from './domain/verdict.ts';
import { type StepReason, whyOf } from './domain/why.ts';
import { adaptiveOf } from './domain/workflow.ts';
import type { ToldAttempt, ToldRow } from './outbound/story-store.ts';
import { shortId as short } from './story-words.ts';

const service = 'session';
/** A look is over in seconds; one without a verdict after this long is none any more. */
const lookMaxMs = 60_000;

/** What capture answers to itself: session hears of a picture that will not do only when it was the last. */
const unusable =
  'no verdict: its picture would not do (no face, several, blurred, dark, …) and the user was asked for another, or the upload broke off';

/** The looks of a session as it remembers them, each with its verdict and why. Pure. */
export function tellLooks(row: ToldRow, attempts: readonly ToldAttempt[], now: Date): StoryEntry[] {
  const counted = new Set(row.attempts);
  const judged = attempts.filter(({ judged_at }) => judged_at !== null);
  const last = judged.toSorted((one, other) => timeOf(one) - timeOf(other)).at(-1);
  return attempts.flatMap((attempt, index): StoryEntry[] => {
    // A call is granted nothing: it is answered.
    if (row.session_type === 'API' && attempt.judged_at !== null)
      return [verdictEntry(row, attempt, 'answered at once', true)];
    const name = `attempt ${index + 1} (${short(attempt.attempt_id)})`;
    const { attempt_id, granted_at: at, method } = attempt;
    const facts = { attempt_id, number: index + 1, method, counts: counted.has(attempt_id) };
    const text = `${name} granted${method === null ? '' : `, ${method}`}`;
    const agreed = index === 0 ? ['our page takes no picture before its user has agreed'] : [];
    const granted: StoryEntry = { at, service, kind: 'attempt', text, lines: agreed, facts };
    if (attempt.judged_at !== null)
      return [granted, verdictEntry(row, attempt, `${name} judged`, attempt === last)];
    const isOver = now.getTime() - at.getTime() > lookMaxMs || index < attempts.length - 1;
    if (!isOver) return [{ ...granted, text: `${text}, no evidence so far` }];
    if (!isLastChance(row, attempt_id)) return [{ ...granted, lines: [...agreed, unusable] }];
    const problem = `${name} was the last one and was never judged: the upload broke off, or biometrics or NATS was away`;
    return [{ ...granted, problem }];
  });
}

/** The last attempt is judged whatever it shows: one that has no verdict was lost. */
function isLastChance({ attempts, definition, status }: ToldRow, attemptId: string): boolean {
  const isWaiting = isOneOf(unfinishedStatuses, status as Status);
  const left = attemptsLeft({ attempts, maxAttempts: maxAttempts(definition.steps) });
  return isWaiting && left === 0 && attempts.at(-1) === attemptId;
}

/** A risk that no step and no rule asks for is told, and decides nothing: who reads of it wonders. */
function unweighed({ definition }: ToldRow, found: ToldEvidence | null): string[] {
  if (found?.risk_score == null || adaptiveOf(definition).enabled) return [];
  if (definition.steps.some(({ feature }) => feature === 'IP_ANALYSIS')) return [];
  return ['the risk has no part in this verdict: the workflow has no IP_ANALYSIS, blocklists alone count'];
}

const timeOf = ({ judged_at }: ToldAttempt) => judged_at?.getTime() ?? 0;

function verdictEntry(row: ToldRow, attempt: ToldAttempt, how: string, isLast: boolean): StoryEntry {
  const found = tellEvidence(attempt.evidence);
  // The reports of the session rest on its last look.
  const steps = isLast ? whyOf(row.reports ?? [], row.definition.steps) : [];
  return {
    at: attempt.judged_at ?? attempt.granted_at,
    service,
    kind: 'verdict',
    text: `${attempt.verdict}: ${how}`,
    lines: [...(found ? [inWords(found)] : []), ...unweighed(row, found), ...steps.flatMap(stepLines)],
    facts: { attempt_id: attempt.attempt_id, verdict: attempt.verdict, evidence: found, steps },
  };
}

/** A step of a verdict, and under it its reasons. */
export function stepLines({ feature, status, reasons }: StepReason): string[] {
  const [first = '', ...others] = reasons;
  return [`${feature} ${status}${first && ': '}${first}`, ...others.map((reason) => `  ${reason}`)];
}
