import type { StepUpAction } from './features/assessment.ts';
import { stepUpActions } from './features/assessment.ts';
import type { FieldReader, JsonObject } from './fields.ts';
import { isObject, readFields } from './fields.ts';

/** A condition over a signal, risk_score or risk_level, in the words of the contract's graphs. */
export interface StepUpCondition {
  readonly field: string;
  readonly operator: string;
  /** Absent for is_empty and is_not_empty. */
  readonly value?: unknown;
}

/** What a visit that looks like this has to show. Rules are tried in their order, the first that applies wins. */
export interface StepUpRule {
  readonly name: string;
  readonly logic: 'and' | 'or';
  /** None: always. */
  readonly rules: readonly StepUpCondition[];
  readonly action: StepUpAction;
}

/** How a workflow asks more of some visits and less of others. */
export interface Adaptive {
  readonly enabled: boolean;
  /** A rule that says SKIP may approve a session without a selfie. */
  readonly allow_skip: boolean;
  /** Also before there is a page, by the device that the application names. */
  readonly allow_at_creation: boolean;
  readonly rules: readonly StepUpRule[];
}

/** What one session changes of it: rules in place of the workflow's, which may ask for less, or no skipping. */
export interface AdaptiveOverride {
  readonly rules?: readonly StepUpRule[];
  readonly allow_skip?: boolean;
}

/**
 * Nobody shows their face where device and network are known. Whatever is not a known device, nobody knows whether it is
 * one included, performs the movements where it hides or is suspicious, and shows one picture otherwise.
 */
export const defaultRules: readonly StepUpRule[] = [
  {
    name: 'known device on a known network',
    logic: 'and',
    rules: [
      { field: 'usr_device_known', operator: 'equals', value: true },
      { field: 'usr_ip_known', operator: 'equals', value: true },
      { field: 'risk_level', operator: 'not_equals', value: 'HIGH' },
    ],
    action: 'SKIP',
  },
  {
    name: 'known device',
    logic: 'and',
    rules: [{ field: 'usr_device_known', operator: 'equals', value: true }],
    action: 'PASSIVE',
  },
  {
    name: 'new device that hides or is suspicious',
    logic: 'or',
    rules: [
      { field: 'ip_is_tor_exit', operator: 'equals', value: true },
      { field: 'ip_is_anonymous_vpn', operator: 'equals', value: true },
      { field: 'ip_is_public_proxy', operator: 'equals', value: true },
      { field: 'ip_is_residential_proxy', operator: 'equals', value: true },
      { field: 'risk_level', operator: 'equals', value: 'HIGH' },
      // Whoever keeps the page's script from telling is no less hidden.
      { field: 'page_told_nothing', operator: 'equals', value: true },
    ],
    action: 'ACTIVE_3D',
  },
  { name: 'new device', logic: 'and', rules: [], action: 'PASSIVE' },
];

/** As a workflow is until it says otherwise. Who enrols a face has to show it, unless the workflow says so itself. */
export function defaultAdaptive(workflowType: string): Adaptive {
  return {
    enabled: false,
    allow_skip: workflowType === 'biometric_authentication',
    allow_at_creation: false,
    rules: defaultRules,
  };
}

/** What of the setting's shape is looked at here; signals and operators are known to those who compute them. */
const limits = {
  rules: 20,
  conditions: 10,
  nameLength: 60,
  textLength: 100,
  valueLength: 4_096,
  // They travel with every look.
  totalBytes: 16 * 1024,
};

/**
 * Reads `adaptive` of a workflow's body: what is not given stays as it was, null is as if it had never been set.
 * @param from what the workflow says so far
 */
export function readAdaptive(
  body: JsonObject,
  fields: FieldReader,
  from: Adaptive,
  workflowType: string,
): Adaptive {
  if (body.adaptive === null) return defaultAdaptive(workflowType);
  const given = readKnownKeys(fields, ['enabled', 'allow_skip', 'allow_at_creation', 'rules']);
  if (given === undefined) return from;
  const flag = (name: 'enabled' | 'allow_skip' | 'allow_at_creation') => {
    const value = given[name];
    if (value === undefined || typeof value === 'boolean') return value ?? from[name];
    fields.refuse('adaptive', [`${name}: Must be a valid boolean.`]);
    return from[name];
  };
  return {
    enabled: flag('enabled'),
    allow_skip: flag('allow_skip'),
    allow_at_creation: flag('allow_at_creation'),
    rules: readRules(given.rules, fields) ?? from.rules,
  };
}

/** Reads `adaptive` of a session's creation. @returns null when none was given */
export function readAdaptiveOverride(fields: FieldReader): AdaptiveOverride | null {
  const given = readKnownKeys(fields, ['rules', 'allow_skip']);
  if (given === undefined) return null;
  const { allow_skip } = given;
  if (allow_skip !== undefined && typeof allow_skip !== 'boolean') {
    fields.refuse('adaptive', ['allow_skip: Must be a valid boolean.']);
  }
  const rules = readRules(given.rules, fields);
  return {
    ...(rules === undefined ? {} : { rules }),
    ...(typeof allow_skip === 'boolean' ? { allow_skip } : {}),
  };
}

/** The rules that a workflow's body brings along; undefined when it brings none, or none of the right shape. */
export function givenRules(body: unknown): readonly StepUpRule[] | undefined {
  if (!isObject(body) || !isObject(body.adaptive)) return undefined;
  return readRules(body.adaptive.rules, readFields({}));
}

function readKnownKeys(fields: FieldReader, known: readonly string[]): JsonObject | undefined {
  const given = fields.object('adaptive');
  const unknown = Object.keys(given ?? {}).filter((key) => !known.includes(key));
  if (unknown.length === 0) return given;
  const words = unknown.slice(0, 5).map((key) => `${key.slice(0, 64)}: this field is not accepted.`);
  fields.refuse('adaptive', words);
  return undefined;
}

/** @returns undefined when none were given, or what was given has a mistake */
function readRules(given: unknown, fields: FieldReader): StepUpRule[] | undefined {
  if (given === undefined) return undefined;
  const mistakes: string[] = [];
  if (!Array.isArray(given)) mistakes.push('rules: Expected a list of items.');
  const items: readonly unknown[] = Array.isArray(given) ? given : [];
  if (items.length > limits.rules) mistakes.push(`rules: There may be ${limits.rules} rules at most.`);
  const rules = items.slice(0, limits.rules).flatMap((item, at) => {
    const tell = (what: string) => void mistakes.push(`Rule ${at + 1}: ${what}`);
    return readRule(item, tell) ?? [];
  });
  if (Buffer.byteLength(JSON.stringify(rules)) > limits.totalBytes) {
    mistakes.push(`rules: All rules together may have ${limits.totalBytes} bytes of JSON at most.`);
  }
  if (mistakes.length === 0) return rules;
  fields.refuse('adaptive', mistakes);
  return undefined;
}

type Tell = (what: string) => void;

function readRule(item: unknown, tell: Tell): StepUpRule | null {
  if (!isObject(item)) return refused(tell, 'must be an object of name, logic, rules and action.');
  refuseUnknown(item, ['name', 'logic', 'rules', 'action'], tell);
  const { name, logic = 'and', rules = [], action } = item;
  const wanted = stepUpActions.find((each) => each === action);
  if (wanted === undefined) return refused(tell, `action must be one of ${stepUpActions.join(', ')}.`);
  if (!isText(name, limits.nameLength)) {
    return refused(tell, `name must be a text of 1 to ${limits.nameLength} characters.`);
  }
  if (logic !== 'and' && logic !== 'or') return refused(tell, 'logic must be and or or.');
  if (!Array.isArray(rules) || rules.length > limits.conditions) {
    return refused(tell, `rules must be a list of at most ${limits.conditions} conditions.`);
  }
  const conditions = rules.flatMap((condition: unknown) => readCondition(condition, tell) ?? []);
  return { name, logic, rules: conditions, action: wanted };
}

function readCondition(item: unknown, tell: Tell): StepUpCondition | null {
  if (!isObject(item)) return refused(tell, 'a condition must be an object of field, operator and value.');
  refuseUnknown(item, ['field', 'operator', 'value'], tell);
  const { field, operator, value } = item;
  if (!isText(field, limits.textLength) || !isText(operator, limits.textLength)) {
    return refused(tell, 'a condition needs a field and an operator.');
  }
  if (value !== undefined && JSON.stringify(value).length > limits.valueLength) {
    return refused(tell, `the value of ${field} is too long.`);
  }
  return { field, operator, ...(value === undefined || value === null ? {} : { value }) };
}

function refuseUnknown(item: JsonObject, known: readonly string[], tell: Tell): void {
  const unknown = Object.keys(item).filter((key) => !known.includes(key));
  for (const key of unknown.slice(0, 5)) tell(`${key.slice(0, 64)}: this field is not accepted.`);
}

function refused(tell: Tell, what: string): null {
  tell(what);
  return null;
}

function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= max;
}
