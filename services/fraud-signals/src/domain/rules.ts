import { signalById } from './catalogue.ts';
import type { Sensitivity, SignalType, SignalValue } from './signal.ts';

/** What a rule asks of the session, mildest first. */
export const stepUpActions = ['SKIP', 'PASSIVE', 'FLASHING', 'ACTIVE_3D'] as const;
export type StepUpAction = (typeof stepUpActions)[number];

/** A step-up rule as somebody wrote it. */
export interface WrittenRule {
  readonly name: string;
  readonly logic: string;
  readonly conditions: readonly WrittenCondition[];
  readonly action: string;
}

/** A condition on a signal, on risk_score or on risk_level. */
export interface WrittenCondition {
  readonly field: string;
  readonly operator: string;
  /** JSON text; empty for is_empty and is_not_empty. */
  readonly valueJson: string;
}

/** A rule that can be matched. */
export interface Rule {
  readonly name: string;
  readonly isEach: boolean;
  readonly conditions: readonly Condition[];
  readonly action: StepUpAction;
}

export interface Condition {
  readonly field: string;
  readonly operator: Operator;
  /** What to compare with; texts in lower case. One value, several, or none at all. */
  readonly values: readonly SignalValue[];
}

const limits = { rules: 20, conditions: 10, nameLength: 60, valueLength: 4_096, listed: 200, kibibytes: 16 };

const emptiness = ['is_empty', 'is_not_empty'] as const;
const equality = ['equals', 'not_equals'] as const;
const membership = ['in', 'not_in'] as const;
const containment = ['contains', 'not_contains'] as const;
const order = ['greater_than', 'greater_than_or_equals', 'less_than', 'less_than_or_equals'] as const;

type Operator =
  | (typeof emptiness)[number]
  | (typeof equality)[number]
  | (typeof membership)[number]
  | (typeof containment)[number]
  | (typeof order)[number];

type Comparable = 'bool' | 'number' | 'text';

const operatorsOf: Readonly<Record<Comparable, readonly Operator[]>> = {
  bool: [...equality],
  number: [...equality, ...order, ...membership],
  text: [...equality, ...containment, ...membership],
};

const comparableOf: Readonly<Record<SignalType, Comparable>> = {
  bool: 'bool',
  number: 'number',
  string: 'text',
  enum: 'text',
  hash: 'text',
};

/** What a condition can be about. */
interface Field {
  readonly type: Comparable;
  readonly operators: readonly Operator[];
  readonly sensitivity: Sensitivity;
  readonly levels?: readonly string[];
}

const levels = ['low', 'medium', 'high'];

/** What conditions may be about beside signals: always there. */
const results: Readonly<Record<string, Field>> = {
  risk_score: { type: 'number', operators: operatorsOf.number, sensitivity: 'none' },
  risk_level: { type: 'text', operators: [...equality, ...membership], sensitivity: 'none', levels },
};

/** What conditions may say of a field; undefined: there is no such field. */
export function fieldOf(name: string): Field | undefined {
  if (Object.hasOwn(results, name)) return results[name];
  const signal = signalById.get(name);
  if (signal === undefined) return undefined;
  const type = comparableOf[signal.type];
  return { type, operators: [...operatorsOf[type], ...emptiness], sensitivity: signal.sensitivity };
}

/**
 * Reads rules as they were written.
 *
 * @returns the rules, or what is wrong with them: a sentence each that names the rule and the field
 */
export function readRules(written: readonly WrittenRule[]): { rules: Rule[] } | { mistakes: string[] } {
  if (written.length > limits.rules) return { mistakes: [`There may be ${limits.rules} rules at most.`] };
  // Each assessment of a session carries all of them, and keeps them.
  if (bytesOf(written) > limits.kibibytes * 1_024) {
    return { mistakes: [`All rules together may have ${limits.kibibytes} KiB at most.`] };
  }
  const mistakes: string[] = [];
  const names = new Set<string>();
  const rules = written.map((rule, at) => {
    const title = titleOf(rule, at);
    const tell = (what: string) => mistakes.push(`${title}: ${what}`);
    const length = [...rule.name.trim()].length;
    if (length === 0 || length > limits.nameLength)
      tell(`name must have 1 to ${limits.nameLength} characters.`);
    else if (names.has(rule.name.trim())) tell('another rule has the same name.');
    names.add(rule.name.trim());
    if (rule.logic !== 'and' && rule.logic !== 'or') tell('logic must be and or or.');
    const action = stepUpActions.find((each) => each === rule.action);
    if (action === undefined) tell(`action must be one of ${stepUpActions.join(', ')}.`);
    if (rule.conditions.length > limits.conditions) {
      tell(`there may be ${limits.conditions} conditions at most.`);
      return [];
    }
    // Without conditions everybody would be let in without a look.
    if (action === 'SKIP' && rule.conditions.length === 0) tell('SKIP needs at least one condition.');
    const conditions = rule.conditions.flatMap((condition) => readCondition(condition, tell) ?? []);
    if (action === undefined) return [];
    return [{ name: rule.name.trim(), isEach: rule.logic === 'and', conditions, action }];
  });
  return mistakes.length > 0 ? { mistakes } : { rules: rules.flat() };
}

/** What is wrong with rules, a sentence each, for whoever saves them; none: they can be used. */
export function checkRules(written: readonly WrittenRule[]): string[] {
  const read = readRules(written);
  return 'mistakes' in read ? read.mistakes : [];
}

/** Of all texts in them, so that it is the same in every spelling. */
function bytesOf(rules: readonly WrittenRule[]): number {
  const texts = rules.flatMap(({ name, logic, action, conditions }) => [
    ...[name, logic, action],
    ...conditions.flatMap(({ field, operator, valueJson }) => [field, operator, valueJson]),
  ]);
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function titleOf({ name }: WrittenRule, at: number): string {
  const shown = name.trim().slice(0, limits.nameLength);
  return shown === '' ? `Rule ${at + 1}` : `Rule ${at + 1} (${shown})`;
}

function readCondition(
  { field: name, operator, valueJson }: WrittenCondition,
  tell: (what: string) => void,
): Condition | null {
  const shown = name.slice(0, 100);
  const field = fieldOf(name);
  if (field === undefined) {
    tell(`${shown || 'a condition without a field'} is not a signal, risk_score or risk_level.`);
    return null;
  }
  const known = field.operators.find((each) => each === operator);
  if (known === undefined) {
    tell(`${shown} takes one of ${field.operators.join(', ')}.`);
    return null;
  }
  const values = readValues(field, known, valueJson);
  if (typeof values === 'string') {
    tell(`${shown} ${known} ${values}.`);
    return null;
  }
  return { field: name, operator: known, values };
}

/** @returns the values, or what is wrong with them */
function readValues(field: Field, operator: Operator, valueJson: string): SignalValue[] | string {
  if (operator === 'is_empty' || operator === 'is_not_empty') {
    return valueJson === '' || valueJson === 'null' ? [] : 'takes no value';
  }
  const parsed = valueJson.length > limits.valueLength ? undefined : parse(valueJson);
  const isMany = operator === 'in' || operator === 'not_in';
  const what = { bool: 'true or false', number: 'a number', text: 'a text' }[field.type];
  const wanted = isMany ? `needs a list of 1 to ${limits.listed} values, each ${what}` : `needs ${what}`;
  const many = isMany ? parsed : [parsed];
  if (!Array.isArray(many) || many.length === 0 || many.length > limits.listed) return wanted;
  const values = many.flatMap((each) => normalised(field.type, each) ?? []);
  if (values.length < many.length) return wanted;
  if (field.levels && values.some((value) => !field.levels?.includes(String(value)))) {
    return 'needs LOW, MEDIUM or HIGH';
  }
  return values;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function normalised(type: Comparable, value: unknown): SignalValue | null {
  if (type === 'bool') return typeof value === 'boolean' ? value : null;
  if (type === 'number') return typeof value === 'number' && Number.isFinite(value) ? value : null;
  return typeof value === 'string' && value !== '' ? value.toLowerCase() : null;
}
