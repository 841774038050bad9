import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';

let database: Awaited<ReturnType<typeof testDatabaseUrl>>;

beforeAll(async () => {
  database = await testDatabaseUrl();
});
afterAll(() => database.drop());

function entry(file: string, ...parameters: string[]) {
  const path = fileURLToPath(new URL(`../src/${file}`, import.meta.url));
  return promisify(execFile)(process.execPath, [path, ...parameters], {
    env: { ...process.env, DATABASE_URL: database.url },
  });
}

const application = ['--slug', 'demo', '--name', 'Demo'];

describe('the command that creates an application', () => {
  it('says which command comes first when the schema is missing', async () => {
    const failure = entry('cli/create-application.ts', ...application);
    await expect(failure).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('migrate.ts') });
  });

  it('prints one line; a second run adds a key and nothing else', async () => {
    await entry('migrate.ts');
    const first = JSON.parse((await entry('cli/create-application.ts', ...application)).stdout);
    expect(first).toEqual({
      application_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      slug: 'demo',
      organization_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      api_key: expect.stringMatching(/^selfsame_[\w-]{43}$/),
    });
    const second = JSON.parse((await entry('cli/create-application.ts', ...application)).stdout);
    expect(second).toMatchObject({ application_id: first.application_id, slug: 'demo' });
    expect(second.api_key).not.toBe(first.api_key);
  });

  it('puts an application beside others of an organisation, and moves none', async () => {
    const create = async (slug: string, ...more: string[]) =>
      JSON.parse((await entry('cli/create-application.ts', '--slug', slug, '--name', slug, ...more)).stdout);
    const [first, second] = [
      await create('north_app', '--organization', 'north'),
      await create('north_shop', '--organization', 'north'),
    ];
    expect(second.organization_id).toBe(first.organization_id);
    // A name is no key: who takes that of an organisation is not in it.
    const stranger = await create('north');
    expect(stranger.organization_id).not.toBe(first.organization_id);
    expect(await create('north')).toMatchObject({ organization_id: stranger.organization_id });
    const moved = create('demo', '--organization', 'north');
    await expect(moved).rejects.toMatchObject({ stderr: expect.stringContaining('another organisation') });
  });

  it('says how it is used', async () => {
    const failure = entry('cli/create-application.ts', '--slug', 'Not A Slug', '--name', 'x');
    await expect(failure).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('usage:') });
  });
});

describe('the command that revokes keys', () => {
  const revoke = async (...parameters: string[]) =>
    JSON.parse((await entry('cli/revoke-key.ts', '--slug', 'rotating', ...parameters)).stdout);
  const mint = () => entry('cli/create-application.ts', '--slug', 'rotating', '--name', 'Rotating');

  it('revokes one key by its id, or all but the newest', async () => {
    for (let count = 0; count < 4; count += 1) await mint();
    const { active, revoked } = await revoke();
    expect([active.length, revoked]).toEqual([4, []]);
    const ids = active.map((key: { key_id: string }) => key.key_id);
    expect((await revoke('--key-id', ids[2])).revoked).toEqual([ids[2]]);
    const rest = await revoke('--all-but-newest');
    expect([rest.revoked, rest.active]).toEqual([[ids[1], ids[3]], [active[0]]]);
    expect((await revoke('--all-but-newest')).revoked).toEqual([]);
  });

  it('says what it cannot find', async () => {
    await expect(revoke('--key-id', randomUUID())).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no working key'),
    });
    const nobody = entry('cli/revoke-key.ts', '--slug', 'nobody');
    await expect(nobody).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('nobody') });
    const both = revoke('--key-id', randomUUID(), '--all-but-newest');
    await expect(both).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('usage:') });
  });
});

it('a wrong environment is told in full', () => {
  expect(() =>
    readConfig({ HTTP_PORT: 'x', BIOMETRICS_GRPC: 'http://b', SESSION_TOKEN_KEY: 'short' }),
  ).toThrow(
    /HTTP_PORT[\s\S]*GRPC_PORT[\s\S]*DATABASE_URL[\s\S]*NATS_URL[\s\S]*BIOMETRICS_GRPC[\s\S]*PUBLIC_BASE_URL[\s\S]*SESSION_TOKEN_KEY/,
  );
});
