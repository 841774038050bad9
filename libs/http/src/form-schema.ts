import { createHash } from 'node:crypto';
import type { FastifySchemaCompiler } from 'fastify';
import Type, { type TObject, type TSchema } from 'typebox';
import { FieldError } from './errors.ts';
import type { Form, FormPart } from './form-reader.ts';
import { storable } from './json-body.ts';
import { validatorCompiler } from './validation.ts';

/** A file of a form, whole, in memory. */
export interface Upload {
  /** As the client named it: for judging only, never a path. */
  readonly filename: string;
  readonly bytes: Buffer;
  /** Stands for it in JSON, so that a file is compared (idempotency) and never written anywhere by its bytes. */
  toJSON(): { sha256: string };
}

/** What a file field takes. */
export interface FileRules {
  readonly maxBytes: number;
  /** Lower case, without the dot; the name decides. What the bytes are is for the route to judge. */
  readonly extensions: readonly string[];
}

const maxBytesKey = 'x-max-bytes';
const extensionsKey = 'x-extensions';
const jsonType = 'application/json';

/** A file in the schema of a form: OpenAPI's binary string with its rules; handlers get an Upload. */
export const FileField = ({ description, ...rules }: FileRules & { description: string }) =>
  Type.Unsafe<Upload>({
    type: 'string',
    format: 'binary',
    description,
    [maxBytesKey]: rules.maxBytes,
    [extensionsKey]: rules.extensions,
  });

/** A field whose text is JSON; handlers get its value. `maxBytes` of the text. */
export const JsonField = (options: { description: string; maxBytes: number }) =>
  Type.Unsafe<unknown>({
    type: 'string',
    contentMediaType: jsonType,
    description: options.description,
    [maxBytesKey]: options.maxBytes,
  });

/** The parts of a route's schema that say: this body is a form. A field with a default need not be sent. */
export function formBody<Body extends TObject>(body: Body): { consumes: string[]; body: Body } {
  const required = [...requiredOf(body)].filter((name) => propertiesOf(body)[name]?.default === undefined);
  return { consumes: ['multipart/form-data'], body: { ...body, required } };
}

/** The rules of a file field, by name; undefined for every other field. */
export function fileRules(body: unknown, name: string): FileRules | undefined {
  const field = propertiesOf(body)[name];
  if (field?.format !== 'binary') return undefined;
  return { maxBytes: Number(field[maxBytesKey]), extensions: field[extensionsKey] as string[] };
}

/** How many bytes all files of a form may have together. */
export function filesMaxBytes(body: unknown): number {
  const files = Object.keys(propertiesOf(body)).map((name) => fileRules(body, name)?.maxBytes ?? 0);
  return files.reduce((sum, bytes) => sum + bytes, 0);
}

/**
 * Checks forms against their TypeBox schema and turns their text into its types: "30" is a number, "True" a boolean, and
 * an empty field is one that was not sent, since form clients send those. Everything but bodies is checked as ever.
 */
export const formValidatorCompiler: FastifySchemaCompiler<TSchema> = (route) => {
  if (route.httpPart !== 'body') return validatorCompiler(route);
  const properties = propertiesOf(route.schema);
  const required = requiredOf(route.schema);
  const names = Object.keys(properties);
  const plain = names.filter((name) => kindOf(properties[name]) === 'plain');
  const checkPlain = validatorCompiler({
    ...route,
    schema: Type.Object(Object.fromEntries(plain.map((name) => [name, properties[name] ?? Type.Unknown()])), {
      required: plain.filter((name) => required.has(name)),
    }),
  });
  return (form: Form | undefined) => {
    const errors: Record<string, string[]> = {};
    const body: Record<string, unknown> = {};
    const texts: Record<string, unknown> = {};
    for (const name of names) {
      const part = form?.get(name);
      const property = properties[name] ?? {};
      const kind = kindOf(property);
      const read = readPart(part, kind, property);
      if ('mistake' in read) errors[name] = [read.mistake];
      else if (kind === 'plain') {
        if (read.value !== undefined) texts[name] = read.value;
      } else if (read.value !== undefined) body[name] = read.value;
      else if (required.has(name)) errors[name] = [kind === 'file' ? noFile : 'This field is required.'];
    }
    const checked = checkPlain(texts) as { value: object } | { error: FieldError };
    // A field that could not be read is not missing as well: what is known of it goes last.
    const told = 'error' in checked ? (checked.error.body as Record<string, string[]>) : {};
    const mistakes = { ...told, ...errors };
    if ('error' in checked || Object.keys(mistakes).length > 0) return { error: new FieldError(mistakes) };
    return { value: { ...checked.value, ...body } };
  };
};

const noFile = 'No file was submitted.';

type Kind = 'file' | 'json' | 'plain';
type Read = { readonly value: unknown } | { readonly mistake: string };

function readPart(part: FormPart | undefined, kind: Kind, property: Property): Read {
  if (part === undefined) return { value: undefined };
  if (part.repeated) return { mistake: 'This field was sent more than once.' };
  if (kind === 'file') return readFile(part);
  if (part.kind === 'file') return { mistake: 'Not a valid string.' };
  if (part.text === '') return { value: undefined };
  if (part.truncated) return { mistake: 'This value is too long.' };
  if (part.text.includes('\0')) return { mistake: 'Null characters are not allowed.' };
  if (kind === 'json') return readJson(part.text, Number(property[maxBytesKey]));
  return { value: readPlain(part.text, property) };
}

function readFile(part: FormPart): Read {
  if (part.kind === 'text')
    return { mistake: part.text === '' ? noFile : 'The submitted data was not a file.' };
  // Browsers send a file input that was left empty as a file without a name.
  if (part.filename === '') {
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
function readPlain(text: string, { type }: Property): string | number | boolean {
  const trimmed = text.trim();
  if (type === 'boolean') return booleans.get(trimmed.toLowerCase()) ?? text;
  const isNumber = type === 'integer' || type === 'number';
  return isNumber && /^-?\d{1,15}(\.\d{1,15})?$/.test(trimmed) ? Number(trimmed) : text;
}

type Property = TSchema & Readonly<Record<string, unknown>>;

function kindOf(property: Property | undefined): Kind {
  if (property?.format === 'binary') return 'file';
  return property?.contentMediaType === jsonType ? 'json' : 'plain';
}

function propertiesOf(body: unknown): Readonly<Record<string, Property>> {
  return (body as { properties?: Record<string, Property> } | undefined)?.properties ?? {};
}

function requiredOf(body: unknown): ReadonlySet<string> {
  return new Set((body as { required?: string[] } | undefined)?.required ?? []);
}
