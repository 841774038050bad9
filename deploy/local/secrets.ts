import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '@selfsame/runtime/errors';

/** Base64 of 32 random bytes each; they stay with the data they protect. */
const made = ['SESSION_TOKEN_KEY', 'POSTGRES_PASSWORD'] as const;
/**
 * Services' own keys: an earlier release made them, and their data was sealed under them. None are made any more; the data keys
 * of a new data directory are sealed under its key files.
 */
const kept = ['BIOMETRIC_KEY', 'SHARE_KEY', 'SIGNALS_KEY', 'WEBHOOK_SECRET_KEY'] as const;

/** What only a single process may know. */
export type Secrets = Readonly<Record<(typeof made)[number], string>> &
  Readonly<Partial<Record<(typeof kept)[number], string>>>;

/** Settings of whoever started us that no process here may see. */
const foreign = [
  'DATABASE_URL',
  'DEMO_API_KEY',
  'DEMO_WEBHOOK_SECRET',
  'KMS_ACCESS_KEY_ID',
  'KMS_SECRET_ACCESS_KEY',
];

/** Files of keys that seal data keys; what is biometric has one of its own. */
export interface KeyFiles {
  readonly data: string;
  readonly biometric: string;
}

/**
 * Reads the secrets of a data directory, making them on the first run; a key in `environment` wins.
 * @throws Failure `secrets_lost` when there is data but no secrets: new keys could not read it
 */
export function loadSecrets(dataDirectory: string, environment: NodeJS.ProcessEnv): Secrets {
  const file = join(dataDirectory, 'secrets.json');
  const known = existsSync(file) ? readKept(file) : undefined;
  if (known === undefined && existsSync(join(dataDirectory, 'postgres'))) {
    throw secretsLost(file);
  }
  const secrets = {
    ...pick(kept, (name) => known?.[name]),
    ...pick(made, (name) => known?.[name] ?? randomBytes(32).toString('base64')),
  };
  if (made.some((name) => known?.[name] !== secrets[name])) writePrivate(file, secrets);
  return {
    ...secrets,
    ...pick([...kept, 'SESSION_TOKEN_KEY'], (name) => environment[name]),
  };
}

/**
 * The key files of a data directory, made on the first run.
 * @throws Failure `secrets_lost` when there is data that was sealed under them, and they are gone
 */
export function loadKeyFiles(dataDirectory: string, secrets: Secrets): KeyFiles {
  const folder = join(dataDirectory, 'keys');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keyFile = (name: string) => {
    const file = join(folder, `${name}.json`);
    if (!existsSync(file)) {
      // Data of an earlier release has the services' own keys, and is taken over.
      if (existsSync(join(dataDirectory, 'postgres')) && secrets.BIOMETRIC_KEY === undefined)
        throw secretsLost(file);
      // A name that no other directory has: whoever brings the wrong file is told which version is missing.
      const version = `local-${randomBytes(4).toString('hex')}`;
      writePrivate(file, { current: version, keys: { [version]: randomBytes(32).toString('base64') } });
    }
    return file;
  };
  return { data: keyFile('data'), biometric: keyFile('biometric') };
}

function secretsLost(file: string): Failure {
  const how = 'restore the file, or move the data directory away to start anew';
  return new Failure(
    'precondition',
    'secrets_lost',
    `${file} is gone, but the data it protects is there: ${how}`,
  );
}

/** Writes JSON that only this user may read, whole or not at all. */
export function writePrivate(file: string, content: unknown): void {
  const unfinished = `${file}.${process.pid}.tmp`;
  writeFileSync(unfinished, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
}

/** `environment` without anything that only one service may know. */
export function withoutSecrets(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const hidden = new Set<string>([...made, ...kept, ...foreign]);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !hidden.has(name)));
}

function readKept(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch (cause) {
    throw new Failure('precondition', 'secrets_lost', `${file} is not readable JSON: restore it`, { cause });
  }
}

/** Members without a value are left out. */
function pick<Name extends string, Value extends string | undefined>(
  names: readonly Name[],
  read: (name: Name) => Value,
): Record<Name, Value & string> {
  const entries = names.flatMap((name) => {
    const value = read(name);
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(entries);
}
