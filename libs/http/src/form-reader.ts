import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyFileStream, type BusboyHeaders } from '@fastify/busboy';
import { DetailError } from './errors.ts';
import type { FileRules } from './form-schema.ts';

/** One field of a form as it came. `repeated`: another of this name came after it. */
export type FormPart = {
  repeated: boolean;
} & (
  | { readonly kind: 'text'; readonly text: string; readonly truncated: boolean }
  | {
      readonly kind: 'file';
      readonly filename: string;
      /** Why the file will not do; its bytes were let go as soon as that was known. */
      mistake: string | undefined;
      /** The whole file; undefined when it will not do. */
      bytes: Buffer | undefined;
    }
);

export type Form = ReadonlyMap<string, FormPart>;

/** What is asked of a form beyond its fields. */
export interface FormLimits {
  /** Of the whole body. What is larger is 413; up to there a file that is too large is read to its end and told so. */
  readonly maxBytes: number;
  /** For the whole body to arrive. */
  readonly timeoutMs: number;
  /** Rules of the file fields, by name; files under other names are never held. */
  readonly fileRules: (name: string) => FileRules | undefined;
}

const maxParts = 32;
const maxTextBytes = 64 * 1024;
const maxHeaderBytes = 4 * 1024;

/** What the fields of a form that are no files may hold together. */
export const textsMaxBytes = maxParts * maxTextBytes;

/**
 * Reads a multipart form. Holds no more of a file than its field takes and one byte: a file of a wrong name is let go
 * before its first byte, one that is too large at the byte that says so.
 * @throws DetailError 400 (no boundary, cut off, not a form, too many fields), 408, 413
 */
export async function readForm(
  source: Readable,
  headers: IncomingHttpHeaders,
  limits: FormLimits,
): Promise<Form> {
  if (Number(headers['content-length'] ?? 0) > limits.maxBytes) throw tooLarge();
  const parser = openParser(headers);
  const form = new Map<string, FormPart>();
  const whole = Promise.withResolvers<void>();
  const fail = (error: DetailError) => whole.reject(error);
  const malformed = () => fail(notAForm('The form is damaged or incomplete.'));

  let arrived = 0;
  source.on('data', (chunk: Buffer) => {
    arrived += chunk.length;
    if (arrived > limits.maxBytes) fail(tooLarge());
  });
  source.on('error', malformed);
  const cutOff = () => source.readableEnded || malformed();
  source.on('close', cutOff);

  const take = (name: string | undefined, part: FormPart) => {
    if (name === undefined || name === '') return;
    const earlier = form.get(name);
    if (earlier === undefined) form.set(name, part);
    else earlier.repeated = true;
  };
  parser.on('field', (name, text, _nameCut, truncated) =>
    take(name, { kind: 'text', text, truncated, repeated: false }),
  );
  parser.on('file', (name, file, filename) => {
    const rules = form.has(name) ? undefined : limits.fileRules(name);
    take(name, holdFile(file, filename ?? '', rules, malformed));
  });
  parser.on('partsLimit', () => fail(notAForm(`The form has more than ${maxParts} fields.`)));
  parser.on('error', malformed);
  parser.on('finish', () => whole.resolve());

  const late = setTimeout(
    () => fail(new DetailError(408, 'The form took too long to arrive.')),
    limits.timeoutMs,
  );
  try {
    source.pipe(parser);
    await whole.promise;
    return form;
  } finally {
    clearTimeout(late);
    source.off('close', cutOff);
    source.unpipe(parser);
    // The rest goes nowhere, but it is read, so that the client comes to read the answer.
    source.resume();
  }
}

function openParser(headers: IncomingHttpHeaders): InstanceType<typeof Busboy> {
  try {
    return new Busboy({
      headers: headers as BusboyHeaders,
      limits: { parts: maxParts, fieldSize: maxTextBytes, headerSize: maxHeaderBytes, headerPairs: 16 },
      // By its name alone: a client may give any field a type.
      isPartAFile: (_name, _type, filename) => filename !== undefined,
    });
  } catch {
    throw notAForm('The Content-Type header names no boundary.');
  }
}

/** Gathers a file for as long as it will do. */
function holdFile(
  file: BusboyFileStream,
  filename: string,
  rules: FileRules | undefined,
  onCut: () => void,
): Extract<FormPart, { kind: 'file' }> {
  const part: Extract<FormPart, { kind: 'file' }> = {
    kind: 'file',
    filename,
    mistake: rules && wrongExtension(filename, rules),
    bytes: undefined,
    repeated: false,
  };
  const chunks: Buffer[] = [];
  let size = 0;
  file.on('data', (chunk: Buffer) => {
    if (rules === undefined || part.mistake !== undefined) return;
    size += chunk.length;
    chunks.push(chunk);
    if (size <= rules.maxBytes) return;
    part.mistake = `File size should not exceed ${sizeText(rules.maxBytes)}`;
    chunks.length = 0;
  });
  file.on('error', onCut);
  file.on('end', () => {
    if (rules !== undefined && part.mistake === undefined) part.bytes = Buffer.concat(chunks);
    chunks.length = 0;
  });
  return part;
}

function sizeText(bytes: number): string {
  return bytes < 1024 ** 2 ? `${Math.floor(bytes / 1024)} KB` : `${Math.floor(bytes / 1024 ** 2)} MB`;
}

function wrongExtension(filename: string, { extensions }: FileRules): string | undefined {
  // Without a name there may be no file at all: see where the field is read.
  if (filename === '') return undefined;
  const extension = /\.([A-Za-z0-9]{1,10})$/.exec(filename)?.[1]?.toLowerCase() ?? '';
  if (extensions === undefined || extensions.includes(extension)) return undefined;
  return `File extension "${extension}" is not allowed. Allowed extensions: ${extensions.join(', ')}.`;
}

function notAForm(detail: string): DetailError {
  return new DetailError(400, detail);
}

function tooLarge(): DetailError {
  return new DetailError(413, 'Request body is too large.');
}
