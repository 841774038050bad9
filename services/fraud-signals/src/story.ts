import type { StoryEntry, StoryOf } from '@selfsame/bus/story';
import { findTaught, findVisit, listMoments } from './outbound/story-store.ts';
import type { Queries } from './outbound/tables.ts';

const service = 'fraud-signals';
/** Reasons that people are shown; programs get all. */
const reasonsShown = 5;

/**
 * What this service knows of a session, in no order: assessments with their heaviest reasons, the visit, what it taught. No
 * address, no device, nothing that names a person. For operators: see `readStory` of session.
 */
export async function readStory(db: Queries, { sessionId, applicationId }: StoryOf): Promise<StoryEntry[]> {
  const [moments, visit, taughtAt] = await Promise.all([
    listMoments(db, sessionId),
    findVisit(db, applicationId, sessionId),
    findTaught(db, applicationId, sessionId),
  ]);
  const entries: StoryEntry[] = moments.map((moment) => {
    const { id, phase, score, level, reasons, step_up: stepUp, failures, counts } = moment;
    const rounded = Math.round(score * 10) / 10;
    const heaviest = reasons.slice(0, reasonsShown).map(({ signal, weight }) => `${signal} ${weight}`);
    const rule = stepUp === null ? '' : `, step-up ${stepUp.action} by "${stepUp.name}"`;
    return {
      at: moment.assessed_at,
      service,
      kind: 'assessment',
      text: `assessed at ${phase.toLowerCase()}: risk ${rounded} ${level}${rule}`,
      lines: heaviest.length > 0 ? [`because ${heaviest.join(', ')}`] : [],
      facts: {
        assessment_id: id,
        phase,
        attempt_id: moment.attempt_id,
        score: rounded,
        level,
        reasons,
        signals: counts,
        step_up: stepUp && { action: stepUp.action, rule: stepUp.name, because: stepUp.because },
        blocklist_entries: moment.blocked_by.length,
        failures,
        catalogue_version: moment.catalogue_version,
        replayable_until: moment.raw_until,
      },
      ...(failures.length > 0 && {
        problem: `a part of the assessment failed (${failures.join(', ')}): nothing that relies on it is approved; see fraud-signals' log`,
      }),
    };
  });
  if (visit !== undefined) {
    const { came_at, is_proved, phase, erased_at, status } = visit;
    const facts = { proved: is_proved, phase, status: status || null };
    if (phase >= 2 && erased_at === null) {
      const device = is_proved ? 'its browser proved a key' : 'its browser proved no key';
      entries.push({ at: came_at, service, kind: 'opened', text: `page opened, ${device}`, facts });
    }
    if (erased_at !== null) {
      entries.push({ at: erased_at, service, kind: 'forgotten', text: 'visit forgotten', facts: {} });
    }
  }
  if (taughtAt !== null) {
    entries.push({
      at: taughtAt,
      service,
      kind: 'learned',
      text: 'device and network known from here on',
      facts: {},
    });
  }
  return entries;
}
