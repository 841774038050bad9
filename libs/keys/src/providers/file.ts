import { readFile, stat } from 'node:fs/promises';
import { Failure } from '@selfsame/runtime/errors';
import type { KeyProvider } from '../provider.ts';
import { nameOf, unwrapUnder, wrapUnder } from './wrapping.ts';

/** What the file holds: its keys by version, and which of them seals what is new. */
export interface KeyFile {
  readonly current: string;
  readonly keys: ReadonlyMap<string, Buffer>;
}

const KEY_BYTES = 32;
/** A version is written into every row it seals. */
const VERSION = /^[\w.-]{1,64}$/;
/** Nobody but the owner may write; others may not read. A group may, since Kubernetes mounts secrets for one. */
const FORBIDDEN_MODE = 0o037;
const FILE_BYTES_MAX = 1_048_576;

/**
 * The wrapping keys are in a file that only the service may read: {"current": "2026-11", "keys": {"2026-11": "base64 of 32
 * bytes"}}. It is read whenever a data key is sealed or unsealed, so a version that is added serves without a restart.
 */
export function fileProvider(path: string): KeyProvider {
  return {
    name: 'file',
    async wrap(dataKey, context) {
      const { current, keys } = await readKeyFile(path);
      const key = keys.get(current);
      if (!key) throw unusable(path, `"current" names ${JSON.stringify(current)}, which is not among "keys"`);
      return wrapUnder({ version: current, key }, dataKey, context);
    },
    async unwrap(wrapped, context) {
      const { keys } = await readKeyFile(path);
      const key = keys.get(wrapped.keyVersion);
      if (!key) {
        throw new Failure(
          'precondition',
          'key_version_unknown',
          `${nameOf(context)} is sealed under version ${JSON.stringify(wrapped.keyVersion)}, which ${path} lacks: put that ` +
            'version back into the file',
        );
      }
      const remedy = `version ${wrapped.keyVersion} in ${path} is another key than the one it was sealed under, or the row was altered`;
      return unwrapUnder(key, wrapped, context, remedy);
    },
  };
}

/** @throws Failure `key_file_missing`, `key_file_unusable`; neither ever quotes the file */
export async function readKeyFile(path: string): Promise<KeyFile> {
  const text = await readText(path);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw unusable(path, 'it is not JSON'); // the parser's message would quote it
  }
  const { current, keys } = (content ?? {}) as { current?: unknown; keys?: unknown };
  if (typeof current !== 'string' || typeof keys !== 'object' || keys === null) {
    throw unusable(path, 'it must be {"current": version, "keys": {version: base64}}');
  }
  return {
    current,
    keys: new Map(Object.entries(keys).map(([version, key]) => [version, keyOf(path, version, key)])),
  };
}

function keyOf(path: string, version: string, text: unknown): Buffer {
  if (!VERSION.test(version))
    throw unusable(path, 'versions are named by 1 to 64 letters, digits, ".", "_" and "-"');
  const key = typeof text === 'string' ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  if (key.length !== KEY_BYTES || key.toString('base64') !== text) {
    throw unusable(path, `the key of version ${version} is not base64 of ${KEY_BYTES} bytes`);
  }
  return key;
}

async function readText(path: string): Promise<string> {
  try {
    const { mode, size } = await stat(path);
    if ((mode & FORBIDDEN_MODE) !== 0) throw unusable(path, `others may read or write it; chmod 600 ${path}`);
    if (size > FILE_BYTES_MAX) throw unusable(path, 'it is too large for a file of keys');
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure(
      'precondition',
      'key_file_missing',
      `the key file ${path} cannot be read: set KEY_FILE to a file {"current": version, "keys": {version: base64 of 32 bytes}} ` +
        'that this user may read',
      { cause },
    );
  }
}

function unusable(path: string, why: string): Failure {
  return new Failure('precondition', 'key_file_unusable', `the key file ${path} cannot be used: ${why}`);
}
