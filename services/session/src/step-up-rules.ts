import type { Context } from './context.ts';
import type { StepUpRule } from './domain/adaptive.ts';
import type { Refused } from './refusal.ts';
import { refusedFields } from './refusal.ts';

/**
 * Asks those who compute signals whether rules can be matched. Rules that nobody could check are not saved: they would fail
 * when somebody stands before the page.
 * @param rules undefined or empty: none were given, so nobody is asked
 * @returns null when they can
 */
export async function refusedRules(
  context: Context,
  rules: readonly StepUpRule[] | undefined,
): Promise<Refused | null> {
  if (rules === undefined || rules.length === 0) return null;
  try {
    const mistakes = await context.fraudSignals.checkRules(rules);
    return mistakes.length === 0 ? null : refusedFields({ adaptive: [...mistakes] });
  } catch (err) {
    context.log.warn({ err }, 'step-up rules could not be checked');
    const detail = 'Step-up rules cannot be checked right now. Try again, or leave adaptive.rules out.';
    return { refused: 'unavailable', detail };
  }
}
