import Type from 'typebox';
import { Compile } from 'typebox/compile';

/** The header in which our own edge tells what it saw of a client's connection: JSON as base64url. */
export const edgeHeader = 'x-selfsame-client';

/** Ours has less than 2,000 characters at the most. */
const headerLengthMax = 4_096;

const text = (maxLength: number) => Type.String({ maxLength });
const count = Type.Integer({ minimum: 0, maximum: 65_535 });
const list = (length: number) => Type.Array(text(length), { maxItems: 64 });

const edgeReport = Type.Object({
  http_version: text(8),
  connection_reused: Type.Boolean(),
  forwarding_dropped: Type.Boolean(),
  tls: Type.Union([
    /** Plain http. */
    Type.Null(),
    Type.Object({
      version: text(16),
      cipher: text(64),
      alpn: text(32),
      resumed: Type.Boolean(),
      ja4: text(64),
      ja3: text(32),
      grease: Type.Boolean(),
      cipher_count: count,
      extension_count: count,
      server_name: Type.Union([text(255), Type.Null()]),
      alpn_offered: list(64),
      groups: list(8),
      versions_offered: list(8),
      post_quantum_share: Type.Boolean(),
      ech: Type.Boolean(),
    }),
  ]),
});
const check = Compile(edgeReport);

/** What our edge saw of the client's connection. */
export type EdgeReport = Type.Static<typeof edgeReport>;

/** Reads the header. Null for anything that our edge does not write. @param header of a trusted proxy only */
export function readEdgeReport(header: string | readonly string[] | undefined): EdgeReport | null {
  if (typeof header !== 'string' || header.length > headerLengthMax) return null;
  try {
    const report: unknown = JSON.parse(Buffer.from(header, 'base64url').toString());
    return check.Check(report) ? report : null;
  } catch {
    return null;
  }
}
