/** Field errors in the contract's shape: business rules are one text, validation a list of texts. */
export type FieldErrors = Record<string, string | string[]>;

/** A JSON object from outside. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object (no array, no null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads fields of a body and gathers every mistake; absent and null fields read as undefined. */
export interface FieldReader {
  readonly errors: FieldErrors;
  /** Records a mistake; the first one about a field stays. */
  refuse(name: string, text: string | string[]): undefined;
  /** The field is needed: absent, null and empty ones are refused. */
  required(name: string): boolean;
  text(name: string, options?: { max?: number }): string | undefined;
  flag(name: string): boolean | undefined;
  integer(name: string, min: number, max: number): number | undefined;
  choice<const T extends string>(name: string, values: readonly T[]): T | undefined;
  object(name: string): JsonObject | undefined;
  array(name: string): readonly unknown[] | undefined;
}

/** A reader of `body`; `prefix` names the outer field when the body is nested, since errors are flat. */
export function readFields(body: JsonObject, errors: FieldErrors = {}, outer?: string): FieldReader {
  const present = (name: string): unknown =>
    Object.hasOwn(body, name) ? (body[name] ?? undefined) : undefined;
  const refuse = (name: string, text: string | string[]): undefined => {
    const field = outer ?? name;
    if (errors[field] !== undefined) return;
    if (typeof text === 'string' || outer === undefined) errors[field] = text;
    else errors[field] = text.map((line) => `${name}: ${line}`);
  };
  const readText: FieldReader['text'] = (name, { max } = {}) => {
    const value = present(name);
    if (value === undefined) return undefined;
    // Numbers read as their text, as form-minded clients send them.
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string') return refuse(name, ['Not a valid string.']);
    if (text.includes('\0')) return refuse(name, ['Null characters are not allowed.']);
    if (max !== undefined && [...text].length > max) {
      return refuse(name, [`Ensure this field has no more than ${max} characters.`]);
    }
    return text;
  };
  return {
    errors,
    refuse,
    required(name) {
      const value = Object.hasOwn(body, name) ? body[name] : undefined;
      if (value === undefined) refuse(name, ['This field is required.']);
      else if (value === null) refuse(name, ['This field may not be null.']);
      else if (value === '') refuse(name, ['This field may not be blank.']);
      else return true;
      return false;
    },
    text: readText,
    flag(name) {
      const value = present(name);
      if (value === undefined || typeof value === 'boolean') return value;
      if (value === 'true') return true;
      if (value === 'false') return false;
      return refuse(name, ['Must be a valid boolean.']);
    },
    integer(name, min, max) {
      const value = present(name);
      if (value === undefined) return undefined;
      const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isInteger(number))
        return refuse(name, ['A valid integer is required.']);
      if (number < min) return refuse(name, [`Ensure this value is greater than or equal to ${min}.`]);
      if (number > max) return refuse(name, [`Ensure this value is less than or equal to ${max}.`]);
      return number;
    },
    choice(name, values) {
      const value = present(name);
      if (value === undefined) return undefined;
      const found = values.find((candidate) => candidate === value);
      return found ?? refuse(name, [notAChoice(value)]);
    },
    object(name) {
      const value = present(name);
      if (value === undefined || isObject(value)) return value;
      return refuse(name, ['Invalid data. Expected a dictionary.']);
    },
    array(name) {
      const value = present(name);
      if (value === undefined || Array.isArray(value)) return value;
      return refuse(name, ['Expected a list of items.']);
    },
  };
}

/** The contract's words for a value outside an enumeration; long or structured values are not repeated. */
function notAChoice(value: unknown): string {
  const shown =
    typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 64) : typeof value;
  return `"${shown}" is not a valid choice.`;
}
