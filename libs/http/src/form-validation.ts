import { createHash } from 'node:crypto';
import type { FastifySchemaCompiler } from 'fastify';
import Type, { type TSchema } from 'typebox';
import { FieldError } from './errors.ts';
import type { Form, FormPart } from './form-reader.ts';
import {
  acceptsNull,
  type FieldKind,
  kindOf,
  maxBytesOf,
  type Property,
  propertiesOf,
  requiredOf,
  type Upload,
  valueType,
} from './form-schema.ts';
import { storable } from './json-body.ts';
import { validatorCompiler } from './validation.ts';

/**
 * Checks forms against their TypeBox schema and turns their text into its types: "30" is a number, "True" a boolean, and
 * an empty field is one that was not sent, since form clients send those; where null may stand, it is null. Where JSON is
 * accepted as well, its bodies follow the same schema, but hold no files. Fields marked `readOnly` are let go, unknown ones
 * too unless the schema refuses them. Everything but bodies is checked as ever.
 */
export const formValidatorCompiler: FastifySchemaCompiler<TSchema> = (route) => {
  if (route.httpPart !== 'body') return validatorCompiler(route);
  const { additionalProperties } = route.schema as { additionalProperties?: unknown };
  const isStrict = additionalProperties === false;
  const all = propertiesOf(route.schema);
  const properties = Object.entries(all).filter(([, property]) => property.readOnly !== true);
  const required = requiredOf(route.schema);
  const checkPlain = plainChecker(route, properties, required);
  return (sent: Form | object | undefined) => {
    if (sent !== undefined && !isRecord(sent)) {
      return { error: new FieldError({ non_field_errors: ['Expected a JSON object.'] }) };
    }
    const errors: Record<string, string[]> = {};
    const body: Record<string, unknown> = {};
    const plain: Record<string, unknown> = {};
    for (const [name, property] of properties) {
      const kind = kindOf(property);
      const read =
        sent instanceof Map
          ? readPart(sent.get(name), kind, property)
          : readMember(sent as object, name, kind, property);
      if ('mistake' in read) errors[name] = [read.mistake];
      else if (read.value === undefined) {
        if (required.has(name) && kind !== 'plain') errors[name] = [kind === 'file' ? noFile : missing];
      } else if (kind === 'plain') plain[name] = read.value;
      else body[name] = read.value;
    }
    if (isStrict) for (const name of unknownNames(sent, all)) errors[name] = ['Unknown field.'];
    const checked = checkPlain(plain) as { value: object } | { error: FieldError };
    // A field that could not be read is not missing as well: what is known of it goes last.
    const told = 'error' in checked ? (checked.error.body as Record<string, string[]>) : {};
    const mistakes = { ...told, ...errors };
    if ('error' in checked || Object.keys(mistakes).length > 0) return { error: new FieldError(mistakes) };
    return { value: { ...checked.value, ...body } };
  };
};

const noFile = 'No file was submitted.';
const missing = 'This field is required.';

type Read = { readonly value: unknown } | { readonly mistake: string };

function plainChecker(
  route: Parameters<FastifySchemaCompiler<TSchema>>[0],
  properties: readonly (readonly [string, Property])[],
  required: ReadonlySet<string>,
) {
  const plain = properties.filter(([, property]) => kindOf(property) === 'plain');
  const names = plain.map(([name]) => name);
  const schema = Type.Object(Object.fromEntries(plain), {
    required: names.filter((name) => required.has(name)),
  });
  return validatorCompiler({ ...route, schema });
}

/** The first few, shortened: they go back into the answer. */
function unknownNames(sent: Form | object | undefined, known: object): string[] {
  const names = sent instanceof Map ? [...sent.keys()] : Object.keys(sent ?? {});
  const unknown = names.filter((name) => !Object.hasOwn(known, name));
  return unknown.slice(0, 20).map((name) => name.slice(0, 64));
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readPart(part: FormPart | undefined, kind: FieldKind, property: Property): Read {
  if (part === undefined) return { value: undefined };
  if (part.repeated) return { mistake: 'This field was sent more than once.' };
  if (part.kind === 'text' && part.text === '' && acceptsNull(property)) return { value: null };
  if (kind === 'file') return readFile(part, property);
  if (part.kind === 'file') return { mistake: 'Not a valid string.' };
  if (part.text === '') return { value: undefined };
  if (part.truncated) return { mistake: 'This value is too long.' };
  if (part.text.includes('\0')) return { mistake: 'Null characters are not allowed.' };
  if (kind === 'json') return readJson(part.text, maxBytesOf(property));
  return readPlain(part.text, property);
}

/** A member of a JSON body. */
function readMember(body: object | undefined, name: string, kind: FieldKind, property: Property): Read {
  const value: unknown = body !== undefined && Object.hasOwn(body, name) ? body[name as never] : undefined;
  if (value === '' && acceptsNull(property)) return { value: null };
  if (kind !== 'file' || value === undefined || (value === null && acceptsNull(property))) return { value };
  return { mistake: 'Files are sent as multipart/form-data.' };
}

function readFile(part: FormPart, property: Property): Read {
  if (part.kind === 'text')
    return { mistake: part.text === '' ? noFile : 'The submitted data was not a file.' };
  // Browsers send a file input that was left empty as a file without a name.
  if (part.filename === '') {
    if (part.bytes?.length === 0 && acceptsNull(property)) return { value: undefined };
    return { mistake: part.bytes?.length === 0 ? noFile : 'The submitted file has no name.' };
  }
  if (part.mistake !== undefined) return { mistake: part.mistake };
  if (part.bytes === undefined || part.bytes.length === 0) return { mistake: 'The submitted file is empty.' };
  const { filename, bytes } = part;
  const toJSON = () => ({ sha256: createHash('sha256').update(bytes).digest('base64') });
  return { value: { filename, bytes, toJSON } satisfies Upload };
}

function readJson(text: string, maxBytes: number): Read {
  if (Buffer.byteLength(text) > maxBytes) {
    return { mistake: `Ensure this field has no more than ${maxBytes} bytes.` };
  }
  try {
    return { value: storable(JSON.parse(text)) };
  } catch (error) {
    if (error instanceof FieldError) return { mistake: 'Null characters are not allowed.' };
    return { mistake: 'Value must be valid JSON.' };
  }
}

const booleans = new Map(
  Object.entries({
    ...{ true: true, t: true, yes: true, y: true, on: true, '1': true },
    ...{ false: false, f: false, no: false, n: false, off: false, '0': false },
  }),
);

/** Text as the type of its field. Python's clients write True, forms write on; what does not read stays a mistake. */
function readPlain(text: string, property: Property): Read {
  const trimmed = text.trim();
  const type = valueType(property);
  if (type === 'boolean') return { value: booleans.get(trimmed.toLowerCase()) ?? text };
  if (type === 'array') return readJson(text, maxBytesOf(property));
  const isNumber = type === 'integer' || type === 'number';
  return { value: isNumber && /^-?\d{1,15}(\.\d{1,15})?$/.test(trimmed) ? Number(trimmed) : text };
}
