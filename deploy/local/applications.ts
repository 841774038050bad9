import { existsSync, readFileSync } from 'node:fs';
import { Failure } from '@selfsame/runtime/errors';
import { writePrivate } from './secrets.ts';

/** One application as a newcomer needs it: its key, and the secret of its default webhook destination. */
interface LocalApplication {
  application_id: string;
  api_key: string;
  webhook_secret: string;
}

/** local.json: what to paste into a first integration. */
export interface LocalFile extends LocalApplication {
  base_url: string;
  /** Of the built-in PostgreSQL, for commands that work beside the services; one that was given is not written down. */
  database_url?: string;
  partner: LocalApplication & { identifier: string };
}

/** What the command that creates an application prints. */
export interface CreatedApplication {
  application_id: string;
  slug: string;
  api_key: string;
}

export interface ProvisionOptions {
  baseUrl: string;
  /** Of the built-in PostgreSQL. */
  databaseUrl?: string | undefined;
  file: string;
  createApplication(slug: string, name: string): Promise<CreatedApplication>;
}

const sessionEvents = ['status.updated', 'data.updated'];

/** Reads local.json. Undefined when there is none, or none that can be read. */
function readLocalFile(file: string): LocalFile | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LocalFile;
  } catch {
    return undefined;
  }
}

/**
 * Makes sure of the applications `demo` and `partner_b`, each with its default webhook destination, through the public
 * API, and writes local.json. A key that still works is kept.
 */
export async function provision(options: ProvisionOptions): Promise<LocalFile> {
  const kept = readLocalFile(options.file);
  const [demo, partner] = await Promise.all([
    ensureApplication(options, 'demo', 'Demo', kept),
    ensureApplication(options, 'partner_b', 'Partner B', kept?.partner),
  ]);
  const local = {
    base_url: options.baseUrl,
    ...(options.databaseUrl === undefined ? {} : { database_url: options.databaseUrl }),
    ...demo,
    partner: { identifier: 'partner_b', ...partner },
  };
  if (JSON.stringify(local) !== JSON.stringify(kept)) writePrivate(options.file, local);
  return local;
}

async function ensureApplication(
  options: ProvisionOptions,
  slug: string,
  name: string,
  kept: LocalApplication | undefined,
): Promise<LocalApplication> {
  const { baseUrl } = options;
  const isGood = kept?.api_key !== undefined && (await keyWorks(baseUrl, kept.api_key));
  const { application_id, api_key } = isGood ? kept : await options.createApplication(slug, name);
  const url = `${baseUrl}/demo/webhooks/${slug}`;
  const webhook_secret = await ensureDestination(baseUrl, api_key, url);
  return { application_id, api_key, webhook_secret };
}

async function keyWorks(baseUrl: string, apiKey: string): Promise<boolean> {
  const response = await call(baseUrl, apiKey, 'GET', '/v3/workflows/');
  if (response.status === 401 || response.status === 403) return false;
  await expectSuccess(response, 'GET /v3/workflows/');
  return true;
}

interface Destination {
  uuid: string;
  label: string;
  url: string;
}

/** The secret of the destination `default`, which is created, or pointed at `url`, as needed. */
async function ensureDestination(baseUrl: string, apiKey: string, url: string): Promise<string> {
  const base = '/v3/webhook/destinations/';
  const list = await ask<Destination[]>(baseUrl, apiKey, 'GET', base);
  const existing = list.find((each) => each.label === 'default');
  const body = { label: 'default', url, webhook_version: 'v3', subscribed_events: sessionEvents };
  if (existing === undefined) {
    const created = await ask<{ secret_shared_key: string }>(baseUrl, apiKey, 'POST', base, body);
    return created.secret_shared_key;
  }
  const path = `${base}${existing.uuid}/`;
  if (existing.url !== url) await ask(baseUrl, apiKey, 'PATCH', path, { url });
  return (await ask<{ secret_shared_key: string }>(baseUrl, apiKey, 'GET', path)).secret_shared_key;
}

async function ask<Answer>(
  baseUrl: string,
  apiKey: string,
  method: string,
  path: string,
  body?: object,
): Promise<Answer> {
  const response = await call(baseUrl, apiKey, method, path, body);
  await expectSuccess(response, `${method} ${path}`);
  return (await response.json()) as Answer;
}

function call(
  baseUrl: string,
  apiKey: string,
  method: string,
  path: string,
  body?: object,
): Promise<Response> {
  return fetch(`${baseUrl}${path}`, {
    method,
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(10_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function expectSuccess(response: Response, what: string): Promise<void> {
  if (response.ok) return;
  // Error bodies of the contract hold field names and texts only.
  const why = (await response.text()).slice(0, 300);
  throw new Failure('internal', 'provision_failed', `${what} answered ${response.status}: ${why}`);
}
