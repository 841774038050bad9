import { isAlpha3 } from '../countries.ts';

/** One configuration key of a feature: what it accepts and what it is when not given. */
type SettingRule =
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly default: number }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number; readonly default: number }
  | { readonly kind: 'choice'; readonly values: readonly string[]; readonly default: string }
  | { readonly kind: 'flag'; readonly default: boolean }
  | { readonly kind: 'bands'; readonly default: Bands }
  | { readonly kind: 'countries'; readonly default: CountryRules };

/** From `possible` on something may be so, from `high` on it is taken to be; 50..100, since searches tell of nothing below. */
export interface Bands {
  readonly possible: number;
  readonly high: number;
}

/** Who may come from a country; its states may differ from it. */
export interface CountryRule {
  readonly allowed: boolean;
  readonly states?: Readonly<Record<string, boolean>>;
}

/** By ISO 3166-1 alpha-3. */
export type CountryRules = Readonly<Record<string, CountryRule>>;

export type SettingRules = Readonly<Record<string, SettingRule>>;

/** The values that a table of rules describes. */
export type SettingsOf<Rules extends SettingRules> = {
  readonly [Key in keyof Rules]: Rules[Key] extends { readonly values: readonly (infer Value)[] }
    ? Value
    : Rules[Key] extends { readonly kind: 'flag' }
      ? boolean
      : Rules[Key] extends { readonly kind: 'bands' }
        ? Bands
        : Rules[Key] extends { readonly kind: 'countries' }
          ? CountryRules
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

export function flag(value: boolean) {
  return { kind: 'flag', default: value } as const;
}

export function bands(value: Bands) {
  return { kind: 'bands', default: value } as const;
}

/** Countries that visits may come from or not; those that are not named may. */
export function countries() {
  return { kind: 'countries', default: {} } as const;
}

/** What happens when a configurable finding is made. */
export function action(value: 'NO_ACTION' | 'REVIEW' | 'DECLINE') {
  return choice(['NO_ACTION', 'REVIEW', 'DECLINE'], value);
}

export type RawSettings = Readonly<Record<string, unknown>>;

/**
 * Reads given settings; each mistake is one sentence for the caller. Keys that are not given stay out.
 * @param unavailable settings that the contract knows and nothing would act on, with the reason: refused, never ignored
 */
export function checkSettings(
  rules: SettingRules,
  given: RawSettings,
  unavailable: Readonly<Record<string, string>> = {},
): { settings: RawSettings; mistakes: string[] } {
  const mistakes: string[] = [];
  const settings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    const reason = Object.hasOwn(unavailable, key) ? unavailable[key] : undefined;
    if (reason !== undefined) {
      mistakes.push(`${key} cannot be set yet: ${reason}`);
    } else if (rule === undefined) {
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
  if (rule.kind === 'flag') return typeof value === 'boolean';
  if (rule.kind === 'bands') return isBands(value);
  if (rule.kind === 'countries') return isCountries(value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (rule.kind === 'integer' && !Number.isInteger(value)) return false;
  return value >= rule.min && value <= rule.max;
}

const lowestBand = 50;

function isBands(value: unknown): value is Bands {
  if (typeof value !== 'object' || value === null) return false;
  const { possible, high, ...rest } = value as Record<string, unknown>;
  if (typeof possible !== 'number' || typeof high !== 'number') return false;
  return Object.keys(rest).length === 0 && possible >= lowestBand && possible <= high && high <= 100;
}

const mostStates = 100;

function isCountries(value: unknown): value is CountryRules {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([code, rule]) => isAlpha3(code) && isCountryRule(rule));
}

function isCountryRule(value: unknown): value is CountryRule {
  if (typeof value !== 'object' || value === null) return false;
  const { allowed, states = {}, ...rest } = value as Record<string, unknown>;
  if (typeof allowed !== 'boolean' || Object.keys(rest).length > 0) return false;
  if (typeof states !== 'object' || states === null || Array.isArray(states)) return false;
  const named = Object.entries(states);
  return (
    named.length <= mostStates &&
    named.every(([name, isAllowed]) => name.length <= 100 && typeof isAllowed === 'boolean')
  );
}

function describe(rule: SettingRule): string {
  if (rule.kind === 'choice') return `one of ${rule.values.join(', ')}`;
  if (rule.kind === 'flag') return 'true or false';
  if (rule.kind === 'bands')
    return `an object of two numbers from ${lowestBand} to 100, possible and high, in this order`;
  if (rule.kind === 'countries') {
    return 'an object by ISO 3166-1 alpha-3 code of {allowed: true or false, states: {name: true or false}}';
  }
  return `${rule.kind === 'integer' ? 'an integer' : 'a number'} from ${rule.min} to ${rule.max}`;
}
