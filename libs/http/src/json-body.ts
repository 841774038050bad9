import type { FastifyInstance } from 'fastify';
import { DetailError, FieldError } from './errors.ts';

const openingBrace = 0x7b;
const jsonType = /^application\/([\w.-]+\+)?json\b/i;

/**
 * Reads JSON bodies: those that say so, and any body that starts with `{` whatever its content type, because curl's `-d`
 * calls JSON a form. Other types are 415 unless the service adds a parser of its own.
 */
export function parseJsonBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (request, raw: Buffer, done) => {
    const type = request.headers['content-type'] ?? '';
    if (raw.length === 0) return done(null, undefined);
    if (!jsonType.test(type) && raw[firstVisible(raw)] !== openingBrace) {
      return done(new DetailError(415, `Unsupported media type "${type.slice(0, 100)}" in request.`));
    }
    const text = raw.toString('utf8');
    parse(request, text, (error, value) => {
      // The parser's own text quotes the body.
      if (error) return done(new DetailError(400, 'JSON parse error: the body is not valid JSON.'));
      try {
        done(null, unstorable.test(text) ? storable(value) : value);
      } catch (refusal) {
        done(refusal as Error);
      }
    });
  });
}

function firstVisible(raw: Buffer): number {
  let index = 0;
  while (raw[index] === 0x20 || raw[index] === 0x09 || raw[index] === 0x0a || raw[index] === 0x0d) index += 1;
  return index;
}

/** Escapes of NUL and of surrogate halves: characters that Postgres cannot hold. */
const unstorable = /\\u(0000|d[89a-f])/i;

/** A value as Postgres holds it: lone surrogates become U+FFFD. @throws FieldError for NUL characters */
export function storable(value: unknown, field = 'non_field_errors'): unknown {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw new FieldError({ [field]: ['Null characters are not allowed.'] });
    return value.toWellFormed();
  }
  if (Array.isArray(value)) return value.map((item) => storable(item, field));
  if (typeof value !== 'object' || value === null) return value;
  const nested = field !== 'non_field_errors';
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const key = name.replaceAll('\0', '').toWellFormed();
      return [key, storable(item, nested ? field : key)];
    }),
  );
}
