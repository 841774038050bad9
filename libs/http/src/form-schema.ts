import Type, { type TObject, type TSchema } from 'typebox';

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
  /** Lower case, without the dot: the name decides. Absent: any name. What the bytes are is for the route to judge. */
  readonly extensions?: readonly string[];
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

/** A file that can be taken away again, by null or an empty text in its place. */
export const RemovableFileField = ({
  description,
  maxBytes,
}: Omit<FileRules, 'extensions'> & { description: string }) =>
  Type.Unsafe<Upload | null>({
    type: ['string', 'null'],
    format: 'binary',
    description,
    [maxBytesKey]: maxBytes,
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

/** The same for a body that may come as JSON as well; there a file can only be taken away. */
export function formOrJsonBody<Body extends TObject>(body: Body): { consumes: string[]; body: Body } {
  return { ...formBody(body), consumes: ['multipart/form-data', jsonType] };
}

/** The rules of a file field, by name; undefined for every other field. */
export function fileRules(body: unknown, name: string): FileRules | undefined {
  const field = propertiesOf(body)[name];
  if (field?.format !== 'binary') return undefined;
  const extensions = field[extensionsKey] as string[] | undefined;
  return { maxBytes: Number(field[maxBytesKey]), ...(extensions ? { extensions } : {}) };
}

/** How many bytes all files of a form may have together. */
export function filesMaxBytes(body: unknown): number {
  const files = Object.keys(propertiesOf(body)).map((name) => fileRules(body, name)?.maxBytes ?? 0);
  return files.reduce((sum, bytes) => sum + bytes, 0);
}

/** file: an Upload. json: a value from JSON text. plain: whatever its type says. */
export type FieldKind = 'file' | 'json' | 'plain';

/** A field of a form: its schema as plain JSON Schema. */
export type Property = TSchema & Readonly<Record<string, unknown>>;

/** How the text or file of a field is read. */
export function kindOf(property: Property | undefined): FieldKind {
  if (property?.format === 'binary') return 'file';
  return property?.contentMediaType === jsonType ? 'json' : 'plain';
}

/** The fields of a form, by name. */
export function propertiesOf(body: unknown): Readonly<Record<string, Property>> {
  return (body as { properties?: Record<string, Property> } | undefined)?.properties ?? {};
}

/** The names of the fields that must be sent. */
export function requiredOf(body: unknown): ReadonlySet<string> {
  return new Set((body as { required?: string[] } | undefined)?.required ?? []);
}

/** How many bytes a file or JSON text may have. */
export function maxBytesOf(property: Property): number {
  return Number(property[maxBytesKey] ?? Number.POSITIVE_INFINITY);
}

/** Whether null may stand in a field's place; an empty text then means null. */
export function acceptsNull(property: Property): boolean {
  return typesOf(property).includes('null');
}

/** The type of a field's value, null aside. */
export function valueType(property: Property): unknown {
  return typesOf(property).find((type) => type !== 'null');
}

function typesOf({ type, anyOf }: Property): unknown[] {
  return [type, ...((anyOf as Property[] | undefined) ?? []).map((each) => each.type)]
    .flat()
    .filter((each) => each !== undefined);
}
