import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '@selfsame/runtime/errors';

/** Base64 of 32 random bytes each; they stay with the data they protect. */
export interface Secrets {
  readonly BIOMETRIC_KEY: string;
  readonly SESSION_TOKEN_KEY: string;
  readonly SHARE_KEY: string;
  readonly SIGNALS_KEY: string;
  readonly WEBHOOK_SECRET_KEY: string;
  readonly POSTGRES_PASSWORD: string;
}

const names = [
  'BIOMETRIC_KEY',
  'SESSION_TOKEN_KEY',
  'SHARE_KEY',
  'SIGNALS_KEY',
  'WEBHOOK_SECRET_KEY',
  'POSTGRES_PASSWORD',
] as const;

/**
 * Reads the secrets of a data directory, making them on the first run; a key in `environment` wins.
 * @throws Failure `secrets_lost` when there is data but no secrets: new keys could not read it
 */
export function loadSecrets(dataDirectory: string, environment: NodeJS.ProcessEnv): Secrets {
  const file = join(dataDirectory, 'secrets.json');
  const kept = existsSync(file) ? readKept(file) : undefined;
  if (kept === undefined && existsSync(join(dataDirectory, 'postgres'))) {
    const how = 'restore the file, or move the data directory away to start anew';
    throw new Failure(
      'precondition',
      'secrets_lost',
      `${file} is gone, but the data it protects is there: ${how}`,
    );
  }
  const secrets = fromEntries((name) => kept?.[name] ?? randomBytes(32).toString('base64'));
  if (names.some((name) => kept?.[name] !== secrets[name])) writePrivate(file, secrets);
  return {
    ...fromEntries((name) => environment[name] ?? secrets[name]),
    POSTGRES_PASSWORD: secrets.POSTGRES_PASSWORD,
  };
}

/** Writes JSON that only this user may read, whole or not at all. */
export function writePrivate(file: string, content: unknown): void {
  const unfinished = `${file}.${process.pid}.tmp`;
  writeFileSync(unfinished, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
}

/** `environment` without anything that only one service may know. */
export function withoutSecrets(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const hidden = new Set<string>([...names, 'DATABASE_URL', 'DEMO_API_KEY', 'DEMO_WEBHOOK_SECRET']);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !hidden.has(name)));
}

function readKept(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch (cause) {
    throw new Failure('precondition', 'secrets_lost', `${file} is not readable JSON: restore it`, { cause });
  }
}

function fromEntries(secretOf: (name: (typeof names)[number]) => string): Secrets {
  return {
    BIOMETRIC_KEY: secretOf('BIOMETRIC_KEY'),
    SESSION_TOKEN_KEY: secretOf('SESSION_TOKEN_KEY'),
    SHARE_KEY: secretOf('SHARE_KEY'),
    SIGNALS_KEY: secretOf('SIGNALS_KEY'),
    WEBHOOK_SECRET_KEY: secretOf('WEBHOOK_SECRET_KEY'),
    POSTGRES_PASSWORD: secretOf('POSTGRES_PASSWORD'),
  };
}
