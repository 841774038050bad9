import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import Format from 'typebox/format';
import { Settings } from 'typebox/system';
import { DetailError, FieldError } from './errors.ts';

// All mistakes of a body are told at once, up to a bound.
Settings.Set({ maxErrors: 50 });

/**
 * Gives a name to a form of text, for `format` in schemas of this process.
 * @param sentence what is said of a text that does not have it
 */
export function defineFormat(name: string, check: (text: string) => boolean, sentence: string): void {
  Format.Set(name, check);
  formatSentences.set(name, sentence);
}

/** Where an error belongs that concerns no single field. */
const wholeBody = 'non_field_errors';

/**
 * Checks requests against TypeBox schemas. Bodies are taken literally (a number is not a string), query strings and paths
 * are text and are converted. A path that does not fit its schema is no route at all: 404.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  return (input: unknown) => {
    const given = input ?? {};
    const value = validator.Default(httpPart === 'body' ? given : validator.Convert(given));
    if (validator.Check(value)) return { value };
    if (httpPart === 'params') return { error: new DetailError(404, 'Not found.') };
    return { error: new FieldError(fieldErrors(validator.Errors(value))) };
  };
};

/**
 * Validation errors in the contract's shape: `{"<top-level field>": ["sentence"]}`. A sentence about something nested
 * starts with its path: `{"contact": ["email: Enter a valid email address."]}`.
 */
function fieldErrors(errors: readonly TLocalizedValidationError[]): Record<string, string[]> {
  const byPlace = new Map<string, TLocalizedValidationError[]>();
  for (const error of errors.flatMap(atEachMissingField)) {
    const place = byPlace.get(error.instancePath);
    if (place) place.push(error);
    else byPlace.set(error.instancePath, [error]);
  }
  const fields: Record<string, string[]> = {};
  for (const [place, found] of byPlace) {
    const [field = wholeBody, ...path] = place.split('/').slice(1).map(unescapePointer);
    const prefix = path.length > 0 ? `${path.join('.')}: ` : '';
    const texts = sentences(found).map((sentence) => prefix + sentence);
    if (texts.length > 0) fields[field] = [...new Set([...(fields[field] ?? []), ...texts])];
  }
  return fields;
}

/** A missing or unwanted property is reported at its parent; here it moves to the place where the caller looks. */
function atEachMissingField(error: TLocalizedValidationError): TLocalizedValidationError[] {
  if (error.keyword === 'additionalProperties') return [];
  if (error.keyword !== 'required') return [error];
  return error.params.requiredProperties.map((name) => ({
    ...error,
    instancePath: `${error.instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
  }));
}

const unescapePointer = (part: string) => part.replaceAll('~1', '/').replaceAll('~0', '~');

/** One place's errors as sentences. Of a union's alternatives, "or null" is left unsaid and choices are joined. */
function sentences(errors: readonly TLocalizedValidationError[]): string[] {
  const choices = errors.flatMap((error) => {
    if (error.keyword === 'const') return [error.params.allowedValue];
    return error.keyword === 'enum' ? error.params.allowedValues : [];
  });
  const others = errors.filter(
    (error) =>
      !['const', 'enum', 'anyOf', 'oneOf', 'if'].includes(error.keyword) &&
      !(error.keyword === 'type' && error.params.type === 'null'),
  );
  return [...(choices.length > 0 ? [`Must be one of: ${choices.join(', ')}.`] : []), ...others.map(sentence)];
}

function sentence(error: TLocalizedValidationError): string {
  switch (error.keyword) {
    case 'required':
      return 'This field is required.';
    case 'boolean':
      return 'Unknown field.';
    case 'type':
      return typeSentences[String(error.params.type)] ?? 'This value has the wrong type.';
    case 'format':
      return formatSentences.get(error.params.format) ?? `Enter a valid ${error.params.format}.`;
    case 'minLength':
      return error.params.limit === 1
        ? 'This field may not be blank.'
        : `Ensure this field has at least ${error.params.limit} characters.`;
    case 'maxLength':
      return `Ensure this field has no more than ${error.params.limit} characters.`;
    case 'minimum':
      return `Ensure this value is greater than or equal to ${error.params.limit}.`;
    case 'maximum':
      return `Ensure this value is less than or equal to ${error.params.limit}.`;
    case 'exclusiveMinimum':
      return `Ensure this value is greater than ${error.params.limit}.`;
    case 'exclusiveMaximum':
      return `Ensure this value is less than ${error.params.limit}.`;
    case 'minItems':
      return `Ensure this field has at least ${error.params.limit} elements.`;
    case 'maxItems':
      return `Ensure this field has no more than ${error.params.limit} elements.`;
    case 'uniqueItems':
      return 'Ensure that no element appears twice.';
    case 'pattern':
      return 'This value does not have the expected form.';
    default:
      return 'This value is not valid.';
  }
}

const typeSentences: Record<string, string> = {
  string: 'Not a valid string.',
  integer: 'A valid integer is required.',
  number: 'A valid number is required.',
  boolean: 'Must be a valid boolean.',
  array: 'Expected a list of items.',
  object: 'Expected a JSON object.',
};

const formatSentences = new Map(
  Object.entries({
    uuid: 'Must be a valid UUID.',
    uri: 'Enter a valid URL.',
    url: 'Enter a valid URL.',
    email: 'Enter a valid email address.',
    date: 'Enter a valid date: YYYY-MM-DD.',
    'date-time': 'Enter a valid date and time in ISO 8601.',
  }),
);
