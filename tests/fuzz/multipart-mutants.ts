import type { Random } from '../chaos/random.ts';

/** A request body as it goes over the wire. */
export interface RawBody {
  readonly kind: string;
  readonly contentType: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

const BOUNDARY = 'x-selfsame-fuzz-boundary';
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** A well-formed body with one picture and the fields given. */
export function wellFormed(
  kind: string,
  picture: Uint8Array,
  fields: Readonly<Record<string, string>> = {},
  filename = 'face.jpg',
): RawBody {
  const parts = Object.entries(fields).map(([name, value]) => textPart(name, value));
  return raw(kind, [...parts, filePart('user_image', filename, picture), Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

type Mutation = (picture: Uint8Array, random: Random) => RawBody;

const flags = { save_api_request: 'false' };

const mutations: Readonly<Record<string, Mutation>> = {
  'cut short': (picture, random) => {
    const { body } = wellFormed('', picture, flags);
    return { kind: 'cut short', contentType: TYPE, body: body.slice(0, random.integer(body.length)) };
  },
  'bytes changed': (picture, random) => {
    const { body } = wellFormed('', picture, flags);
    for (let count = 1 + random.integer(20); count > 0; count -= 1) {
      body[random.integer(Math.min(body.length, 600))] = random.integer(256);
    }
    return { kind: 'bytes changed', contentType: TYPE, body };
  },
  'no boundary': (picture) => ({
    ...wellFormed('no boundary', picture, flags),
    contentType: 'multipart/form-data',
  }),
  'another boundary': (picture) => ({
    ...wellFormed('another boundary', picture, flags),
    contentType: 'multipart/form-data; boundary=other',
  }),
  'boundary of 5000 letters': (picture) => ({
    ...wellFormed('boundary of 5000 letters', picture, flags),
    contentType: `multipart/form-data; boundary=${'a'.repeat(5_000)}`,
  }),
  'another content type': (picture, random) => ({
    ...wellFormed('another content type', picture, flags),
    contentType: random.pick(['application/json', 'text/plain', 'image/jpeg', 'multipart/mixed', '*/*']),
  }),
  'no end': (picture) =>
    raw('no end', [textPart('save_api_request', 'false'), filePart('user_image', 'f.jpg', picture)]),
  'file as text': (picture) =>
    raw('file as text', [textPart('user_image', Buffer.from(picture).toString('latin1')), end()]),
  'file twice': (picture) =>
    raw('file twice', [
      filePart('user_image', 'a.jpg', picture),
      filePart('user_image', 'b.jpg', picture),
      textPart('save_api_request', 'false'),
      end(),
    ]),
  'hundreds of fields': (picture, random) =>
    raw('hundreds of fields', [
      ...Array.from({ length: 50 + random.integer(500) }, (_, index) => textPart(`field_${index}`, 'x')),
      filePart('user_image', 'f.jpg', picture),
      end(),
    ]),
  'a field of a megabyte': (picture) =>
    raw('a field of a megabyte', [
      textPart('metadata', 'x'.repeat(1024 * 1024)),
      filePart('user_image', 'f.jpg', picture),
      end(),
    ]),
  'hundreds of part headers': (picture, random) =>
    raw('hundreds of part headers', [
      Buffer.from(
        `--${BOUNDARY}\r\n${Array.from({ length: 100 + random.integer(3_000) }, (_, index) => `X-H${index}: y\r\n`).join('')}` +
          'Content-Disposition: form-data; name="user_image"; filename="f.jpg"\r\n\r\n',
      ),
      Buffer.from(picture),
      Buffer.from('\r\n'),
      end(),
    ]),
  'odd names': (picture, random) =>
    raw('odd names', [
      filePart(
        random.pick([
          'user_image',
          '__proto__',
          'constructor',
          'user_image[]',
          '',
          'ref_image',
          '\u0000',
          'üser',
        ]),
        random.pick([
          'f.jpg',
          '../../etc/passwd.jpg',
          'f',
          'f.exe',
          '.jpg',
          `${'f'.repeat(10_000)}.jpg`,
          'f\u0000.jpg',
        ]),
        picture,
      ),
      textPart('save_api_request', 'false'),
      end(),
    ]),
  'odd values': (picture, random) =>
    wellFormed(
      'odd values',
      picture,
      {
        ...flags,
        [random.pick(['face_liveness_score_decline_threshold', 'rotate_image', 'metadata', 'vendor_data'])]:
          random.pick([
            '',
            '-1',
            '101',
            'NaN',
            '1e309',
            'null',
            '[]',
            '{"a":',
            '\u0000',
            'x'.repeat(300),
            '💥',
          ]),
      },
      'f.jpg',
    ),
  'only noise': (_picture, random) => ({
    kind: 'only noise',
    contentType: TYPE,
    body: Uint8Array.from({ length: random.integer(5_000) }, () => random.integer(256)),
  }),
  empty: () => ({ kind: 'empty', contentType: TYPE, body: new Uint8Array(0) }),
  'too large': () => wellFormed('too large', new Uint8Array(5 * 1024 * 1024 + 1), flags),
};

/** One body that is wrong in some way. The same random numbers give the same one. */
export function mutateBody(picture: Uint8Array, random: Random): RawBody {
  const mutation = mutations[random.pick(Object.keys(mutations))];
  if (mutation === undefined) throw new Error('no mutation');
  return mutation(picture, random);
}

function raw(kind: string, parts: readonly Uint8Array[]): RawBody {
  return { kind, contentType: TYPE, body: new Uint8Array(Buffer.concat(parts)) };
}

function textPart(name: string, value: string): Buffer {
  return Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
}

function filePart(name: string, filename: string, content: Uint8Array): Buffer {
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: image/jpeg\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), content, Buffer.from('\r\n')]);
}

function end(): Buffer {
  return Buffer.from(`--${BOUNDARY}--\r\n`);
}
