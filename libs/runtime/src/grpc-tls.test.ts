import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { silentSession } from '../test/silent-session.ts';
import { connectGrpc, serveGrpc } from './grpc.ts';
import { type GrpcTls, readGrpcTls } from './grpc-tls.ts';
import { createLog } from './log.ts';

const log = createLog('unit', 'fatal');
const folder = mkdtempSync(join(tmpdir(), 'selfsame-grpc-tls-'));
const closings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function makeAuthority(name: string): void {
  const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`];
  openssl('req', '-x509', ...newKey, ...files, '-days', '2', '-subj', `/CN=${name}`);
}

/** A certificate for `host`, by the authority of that name. */
function makeCertificate(name: string, host: string, authority: string): GrpcTls {
  openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
  writeFileSync(join(folder, 'names'), `subjectAltName=DNS:${host}`);
  const by = ['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`, '-CAcreateserial'];
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-out',
    `${name}.crt`,
    ...by,
    '-days',
    '2',
    '-extfile',
    'names',
  );
  return {
    certificateFile: join(folder, `${name}.crt`),
    keyFile: join(folder, `${name}.key`),
    authorityFile: join(folder, `${authority}.crt`),
  };
}

let server: GrpcTls;
let caller: GrpcTls;
let stranger: GrpcTls;
let misnamed: GrpcTls;
beforeAll(() => {
  makeAuthority('ours');
  makeAuthority('theirs');
  server = makeCertificate('server', 'localhost', 'ours');
  caller = makeCertificate('caller', 'caller', 'ours');
  misnamed = makeCertificate('misnamed', 'another-service', 'ours');
  // Trusts our authority, and was made by another.
  stranger = { ...makeCertificate('stranger', 'caller', 'theirs'), authorityFile: server.authorityFile };
});

const implementation = {
  ...silentSession,
  findApplication: async () => ({ slug: 'shop' }),
};

async function serve(tls: GrpcTls | undefined): Promise<number> {
  const { port, stop } = await serveGrpc({
    host: '127.0.0.1',
    port: 0,
    log,
    services: (each) => each.add(SessionServiceDefinition, implementation),
    tls,
  });
  closings.push(stop);
  return port;
}

function ask(port: number, tls: GrpcTls | undefined): Promise<unknown> {
  const { client, close } = connectGrpc(SessionServiceDefinition, `localhost:${port}`, {
    deadlineMs: 3_000,
    tls,
  });
  closings.push(close);
  return client.findApplication({});
}

test('a caller with a certificate of the authority is answered', async () => {
  await expect(ask(await serve(server), caller)).resolves.toBeDefined();
});

test('a caller without a certificate, or with one of another authority, is refused', async () => {
  const port = await serve(server);
  await expect(ask(port, undefined)).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(ask(port, stranger)).rejects.toMatchObject({ kind: 'unavailable' });
});

test('a server whose certificate names another host is not asked', async () => {
  await expect(ask(await serve(misnamed), caller)).rejects.toMatchObject({ kind: 'unavailable' });
});

test('a renewed certificate is used without a restart', async () => {
  const files = makeCertificate('renewed', 'former-name', 'ours');
  const port = await serve({ ...files, refreshMs: 50 });
  await expect(ask(port, caller)).rejects.toMatchObject({ kind: 'unavailable' });
  copyFileSync(server.keyFile, files.keyFile);
  copyFileSync(server.certificateFile, files.certificateFile);
  await waitFor('an answer', () =>
    ask(port, caller).then(
      () => true,
      () => false,
    ),
  );
});

test('files that belong together are demanded together, and have to be there', () => {
  expect(readGrpcTls({})).toBeUndefined();
  expect(() => readGrpcTls({ GRPC_TLS_CERT: 'a' })).toThrow(
    'GRPC_TLS_CERT, GRPC_TLS_KEY, GRPC_TLS_CA belong',
  );
  const missing = {
    GRPC_TLS_CERT: '/nowhere/tls.crt',
    GRPC_TLS_KEY: '/nowhere/a',
    GRPC_TLS_CA: '/nowhere/b',
  };
  expect(() => readGrpcTls(missing)).toThrow('GRPC_TLS_CERT names /nowhere/tls.crt, which cannot be read');
});
