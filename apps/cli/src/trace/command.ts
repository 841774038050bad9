import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findLocalRun } from '@selfsame/deploy/whereabouts';
import { Failure } from '@selfsame/runtime/errors';
import { paintFor } from '../terminal.ts';
import { readTrace } from './read-trace.ts';
import { traceText } from './text.ts';

export const traceUsage = `usage: selfsame trace SESSION_ID [--json] [--all] [--database-url URL | --data-dir DIRECTORY]
Tells the story of one session: from its creation to the last try of its last webhook. It is
recorded in the audit log.
--json         the same for programs
--all          every entry, also of a very long story
--database-url PostgreSQL; default: DATABASE_URL, else that of the local run in --data-dir
               (.selfsame)
Exit code 0: told; 1: it could not be read; 2: there is no such session.`;

const exitCodes = { told: 0, failed: 1, unknown: 2 };
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @returns the exit code. @throws Failure whose message says what to do */
export async function trace(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      'database-url': { type: 'string' },
      'data-dir': { type: 'string' },
    },
  });
  const [given, ...others] = positionals;
  if (given === undefined) throw new Failure('invalid', 'usage', traceUsage);
  if (!uuid.test(given)) {
    const hint = 'it is the session_id that POST /v3/session/ answers, a UUID';
    throw new Failure('invalid', 'usage', `${given.slice(0, 80)} is no session id: ${hint}`);
  }
  if (others.length > 0) {
    throw new Failure(
      'invalid',
      'usage',
      `one session at a time: ${others.join(' ').slice(0, 80)} is too much`,
    );
  }
  const sessionId = given.toLowerCase();
  const url = databaseUrl(values, environment);
  const told = await readTrace(url, sessionId, `selfsame trace ${sessionId}`);
  if (told === null) {
    const line = `There is no session ${sessionId} in this database.`;
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ schema: 'selfsame.trace/1', session_id: sessionId, found: false })}\n`
        : `${line}\n`,
    );
    return exitCodes.unknown;
  }
  const text = values.json
    ? `${JSON.stringify({ ...told, found: true }, null, 2)}\n`
    : traceText(told, paintFor(process.stdout, environment), { isWhole: values.all });
  process.stdout.write(text);
  return exitCodes.told;
}

function databaseUrl(
  values: { readonly 'database-url'?: string | undefined; readonly 'data-dir'?: string | undefined },
  environment: NodeJS.ProcessEnv,
): string {
  const given =
    values['database-url'] ?? (values['data-dir'] === undefined ? environment.DATABASE_URL : undefined);
  if (given) {
    if (!/^postgres(ql)?:\/\//.test(given) || !URL.canParse(given))
      throw new Failure('invalid', 'usage', 'the database URL must be a URL that starts with postgres://');
    return given;
  }
  const directory = resolve(values['data-dir'] ?? environment.SELFSAME_DATA_DIR ?? '.selfsame');
  const url = findLocalRun(directory, environment).environments.session.DATABASE_URL;
  if (url) return url;
  throw new Failure(
    'invalid',
    'usage',
    `the database of ${directory} was given by DATABASE_URL: give it here too`,
  );
}
