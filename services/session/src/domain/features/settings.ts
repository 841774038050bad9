/** One configuration key of a feature: what it accepts and what it is when not given. */
type SettingRule =
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly default: number }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number; readonly default: number }
  | { readonly kind: 'choice'; readonly values: readonly string[]; readonly default: string };

export type SettingRules = Readonly<Record<string, SettingRule>>;

/** The values that a table of rules describes. */
export type SettingsOf<Rules extends SettingRules> = {
  readonly [Key in keyof Rules]: Rules[Key] extends { readonly values: readonly (infer Value)[] }
    ? Value
    : number;
};

/** A threshold on a score of 0..100. */
export function score(value: number): { kind: 'number'; min: 0; max: 100; default: number } {
  return { kind: 'number', min: 0, max: 100, default: value };
}

export function integer(min: number, max: number, value: number) {
  return { kind: 'integer', min, max, default: value } as const;
}

export function choice<const Value extends string>(values: readonly Value[], value: NoInfer<Value>) {
  return { kind: 'choice', values, default: value } as const;
}

/** What happens when a configurable finding is made. */
export function action(value: 'NO_ACTION' | 'REVIEW' | 'DECLINE') {
  return choice(['NO_ACTION', 'REVIEW', 'DECLINE'], value);
}

export type RawSettings = Readonly<Record<string, unknown>>;

/** Reads given settings; each mistake is one sentence for the caller. Keys that are not given stay out. */
export function checkSettings(
  rules: SettingRules,
  given: RawSettings,
): { settings: RawSettings; mistakes: string[] } {
  const mistakes: string[] = [];
  const settings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule === undefined) {
      mistakes.push(`${key} is not a setting of this feature. Available: ${Object.keys(rules).join(', ')}.`);
    } else if (!accepts(rule, value)) {
      mistakes.push(`${key} must be ${describe(rule)}.`);
    } else {
      settings[key] = value;
    }
  }
  return { settings, mistakes };
}

/** Fills what is not given, so that a definition stored before a setting existed still reads completely. */
export function completeSettings<Rules extends SettingRules>(
  rules: Rules,
  given: RawSettings,
): SettingsOf<Rules> {
  const entries = Object.entries(rules).map(([key, rule]) => {
    const value = given[key];
    return [key, value !== undefined && accepts(rule, value) ? value : rule.default];
  });
  return Object.fromEntries(entries) as SettingsOf<Rules>;
}

function accepts(rule: SettingRule, value: unknown): boolean {
  if (rule.kind === 'choice') return typeof value === 'string' && rule.values.includes(value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (rule.kind === 'integer' && !Number.isInteger(value)) return false;
  return value >= rule.min && value <= rule.max;
}

function describe(rule: SettingRule): string {
  if (rule.kind === 'choice') return `one of ${rule.values.join(', ')}`;
  return `${rule.kind === 'integer' ? 'an integer' : 'a number'} from ${rule.min} to ${rule.max}`;
}
