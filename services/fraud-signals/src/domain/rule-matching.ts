import { type Condition, fieldOf, type Rule, type StepUpAction } from './rules.ts';
import type { SignalValue } from './signal.ts';
import type { Weighed } from './weigh.ts';

/** The first rule that applies. */
export interface MatchedRule {
  /** Its place, from 0. */
  readonly rule: number;
  readonly name: string;
  readonly action: StepUpAction;
  /** What its conditions were about and what that was, for people and records; nothing that points at a person. */
  readonly because: readonly string[];
}

/**
 * Finds the first rule that applies. Pure. What could not be looked for satisfies no condition, and what is not there
 * satisfies is_empty alone: a rule that lets people in never does so because nobody knows. Texts compare whatever their case.
 */
export function matchRule(rules: readonly Rule[], weighed: Weighed): MatchedRule | null {
  for (const [at, { name, isEach, conditions, action }] of rules.entries()) {
    const held = conditions.filter((condition) => holds(condition, weighed));
    const applies = isEach || conditions.length === 0 ? held.length === conditions.length : held.length > 0;
    if (applies) return { rule: at, name, action, because: held.map(({ field }) => because(field, weighed)) };
  }
  return null;
}

/** What a field is about at this visit: undefined when nobody could look, null when it is not there. */
function foundOf(field: string, { score, level, readings }: Weighed): SignalValue | null | undefined {
  if (field === 'risk_score') return score;
  if (field === 'risk_level') return level;
  const reading = readings.get(field);
  if (reading === undefined || reading.state === 'unavailable') return undefined;
  return reading.state === 'absent' ? null : reading.value;
}

function holds({ field, operator, values }: Condition, weighed: Weighed): boolean {
  const found = foundOf(field, weighed);
  if (found === undefined) return false;
  if (found === null) return operator === 'is_empty';
  const value = typeof found === 'string' ? found.toLowerCase() : found;
  const [wanted = ''] = values;
  switch (operator) {
    case 'is_empty':
      return false;
    case 'is_not_empty':
      return true;
    case 'equals':
    case 'in':
      return values.includes(value);
    case 'not_equals':
    case 'not_in':
      return !values.includes(value);
    case 'contains':
      return String(value).includes(String(wanted));
    case 'not_contains':
      return !String(value).includes(String(wanted));
    case 'greater_than':
      return value > wanted;
    case 'greater_than_or_equals':
      return value >= wanted;
    case 'less_than':
      return value < wanted;
    case 'less_than_or_equals':
      return value <= wanted;
  }
}

const shownLength = 80;

function because(field: string, weighed: Weighed): string {
  const value = foundOf(field, weighed);
  if (value === null || value === undefined) return `${field} is empty`;
  // This text outlives the raw values.
  if (fieldOf(field)?.sensitivity === 'personal') return `${field} is as the rule says`;
  const text = String(value);
  return `${field} = ${text.length > shownLength ? `${text.slice(0, shownLength)}…` : text}`;
}
