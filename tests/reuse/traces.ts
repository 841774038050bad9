import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Client } from 'pg';

/** Where something was found. Never what: a failing test prints it. */
export interface Trace {
  readonly place: string;
  /** Which of the needles, by its name. */
  readonly of: string;
}

/** What must not be found, by a name that may be printed. */
export type Needles = Readonly<Record<string, string | Buffer>>;

const storedInText = (needle: string | Buffer) =>
  typeof needle === 'string' ? needle : needle.toString('hex');

/** Every row of every table of every service, as text, whatever their types. */
export async function searchTables(databaseUrl: string, needles: Needles): Promise<Trace[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(`
      SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
      WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`);
    const found: Trace[] = [];
    for (const { name } of tables) {
      for (const [of, needle] of Object.entries(needles)) {
        // Texts lie in columns of bytes too: as hex they are found in both.
        const text = storedInText(needle).toLowerCase();
        const hex = typeof needle === 'string' ? Buffer.from(needle).toString('hex') : text;
        const { rows } = await client.query<{ count: number }>(
          `SELECT count(*)::int AS count FROM ${name} AS t
           WHERE strpos(lower(t::text), $1) > 0 OR strpos(lower(t::text), $2) > 0`,
          [text, hex],
        );
        if ((rows[0]?.count ?? 0) > 0) found.push({ place: `table ${name}`, of });
      }
    }
    return found;
  } finally {
    await client.end();
  }
}

/** Every message that any stream still holds. */
export async function searchStreams(natsUrl: string, needles: Needles): Promise<Trace[]> {
  const connection = await connect({ servers: natsUrl });
  try {
    const manager = await jetstreamManager(connection);
    const found: Trace[] = [];
    for await (const { config, state } of manager.streams.list()) {
      const stream = await jetstream(connection).streams.get(config.name);
      for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
        const message = await stream.getMessage({ seq }).catch(() => null);
        if (message === null) continue;
        const bytes = Buffer.concat([Buffer.from(message.data), Buffer.from(String(message.header))]);
        for (const [of, needle] of Object.entries(needles)) {
          if (bytes.includes(needle)) found.push({ place: `message ${message.subject}`, of });
        }
      }
    }
    return found;
  } finally {
    await connection.close();
  }
}

/** Every file under a folder: logs, kept pictures, what a store on disk has. */
export async function searchFiles(folder: string, needles: Needles): Promise<Trace[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const found: Trace[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const bytes = await readFile(join(entry.parentPath, entry.name)).catch(() => Buffer.alloc(0));
    for (const [of, needle] of Object.entries(needles)) {
      if (bytes.includes(needle)) found.push({ place: `file ${entry.name}`, of });
    }
  }
  return found;
}
