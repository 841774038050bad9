import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kubectl, overlayNames, render } from '../kubernetes/render.ts';
import { findTool } from '../local/tools.ts';

const server = findTool('nats-server');
const folder = mkdtempSync(join(tmpdir(), 'selfsame-nats-config-'));
beforeAll(() => {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'tls.key'];
  const files = ['-out', 'tls.crt', '-days', '1', '-subj', '/CN=nats'];
  execFileSync('openssl', ['req', '-x509', ...key, ...files], { cwd: folder, stdio: 'pipe' });
  execFileSync('cp', ['tls.crt', 'ca.crt'], { cwd: folder });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Debian 12 has 2.9, which does not know the line. */
const knowsSyncAlways = () =>
  !/v2\.9\./.test(execFileSync(String(server), ['--version'], { encoding: 'utf8' }));

test.skipIf(kubectl === undefined || server === undefined).each(overlayNames)(
  'a NATS server takes the files that %s mounts',
  (overlay) => {
    const files = render(`overlays/${overlay}`).find(({ metadata }) =>
      metadata.name.startsWith('nats-config-'),
    );
    const { data = {} } = files as unknown as { data?: Record<string, string> };
    expect(Object.keys(data)).toEqual(['nats.conf', 'tls.conf']);
    for (const [name, text] of Object.entries(data)) {
      const known = knowsSyncAlways() ? text : text.replace('sync_interval: always', '');
      writeFileSync(join(folder, name), known.replaceAll('"/tls/', `"${folder}/`));
    }
    const { status, stderr } = spawnSync(String(server), ['-t', '-c', join(folder, 'nats.conf')], {
      encoding: 'utf8',
      env: { NATS_SERVER_NAME: 'nats-0', NATS_PASSWORD: 'word' },
    });
    expect(status, stderr).toBe(0);
  },
);
