import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureCompleted } from '@selfsame/contracts/catalog';
import { type TestNats, testNats } from '@selfsame/testing/nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBus } from './bus.ts';
import { captured, log } from './harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'selfsame-bus-tls-'));
const file = (name: string) => join(folder, name);
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function makeCertificate(name: string): void {
  openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
  writeFileSync(file('names'), 'subjectAltName=DNS:localhost');
  const by = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, ...by);
}

let server: TestNats;
let url: string;
beforeAll(async () => {
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=ca');
  makeCertificate('server');
  makeCertificate('client');
  // The block that production runs with, but for where the files lie.
  const block = readFileSync(join(import.meta.dirname, '../../../deploy/nats/mutual-tls/tls.conf'), 'utf8')
    .replace('/tls/tls.crt', file('server.crt'))
    .replace('/tls/tls.key', file('server.key'))
    .replace('/tls/ca.crt', file('ca.crt'));
  server = await testNats({ settings: block });
  url = server.url.replace('nats://127.0.0.1', 'tls://localhost');
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('events go to a server that asks for a certificate', async () => {
  const files = {
    natsAuthorityFile: file('ca.crt'),
    natsCertificateFile: file('client.crt'),
    natsKeyFile: file('client.key'),
  };
  const bus = await openBus({ service: 'x', url, log, stream: files });
  await bus.publish(captureCompleted, 'one', captured(''));
  await bus.close();
});

test('without a certificate there is no bus, and one line says so', async () => {
  const opened = openBus({ service: 'x', url, log, stream: { natsAuthorityFile: file('ca.crt') } });
  await expect(opened).rejects.toMatchObject({ code: expect.stringMatching(/^bus_(refused|unreachable)$/) });
});
