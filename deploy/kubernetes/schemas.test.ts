import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { repository } from '../local/run.ts';
import type { KubernetesObject } from './policies/objects.ts';
import { change } from './policies/rule.ts';
import { kubectl, overlayNames, render } from './render.ts';
import { findUnknownFields, validate } from './schemas.ts';

// A compiler runs beside whatever else runs.
vi.setConfig({ testTimeout: 120_000 });

/** Components that no overlay here has. */
function renderRest(): KubernetesObject[] {
  const folder = mkdtempSync(join(tmpdir(), 'selfsame-overlay-'));
  try {
    symlinkSync(join(repository, 'deploy/kubernetes'), join(folder, 'kubernetes'));
    const overlay = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: ['kubernetes/overlays/production'],
      components: ['kubernetes/components/kms'],
    };
    writeFileSync(join(folder, 'kustomization.yaml'), stringify(overlay));
    return render(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.skipIf(kubectl === undefined)('what is rendered is what Kubernetes and the operators read', () => {
  test.each([...overlayNames, 'production and kms'])('%s', async (name) => {
    const objects = name.endsWith('kms') ? renderRest() : render(`overlays/${name}`);
    expect(objects.length).toBeGreaterThan(50);
    expect(await validate(objects)).toEqual([]);
    expect(findUnknownFields(objects)).toEqual([]);
  });

  test('a wrong value and a wrong name are refused, in custom resources too', async () => {
    const objects = render('overlays/production-gpu');
    change(objects, 'ScaledObject/biometrics-server', 'spec.minReplicaCount', 'two');
    change(objects, 'Certificate/nats-tls', 'spec.secretName');
    const wrongValues = await validate(objects);
    expect(wrongValues.map((each) => each.split(':')[0])).toEqual([
      'Certificate/nats-tls',
      'ScaledObject/biometrics-server',
    ]);

    const misspelt = render('overlays/production-gpu');
    change(misspelt, 'Deployment/session-server', 'spec.template.spec.topologySpreadContraints', []);
    change(misspelt, 'ExternalSecret/nats', 'spec.refreshIntervall', '1h');
    expect(findUnknownFields(misspelt)).toEqual([
      expect.stringMatching(/^Deployment\/session-server: .*topologySpreadContraints/),
      expect.stringMatching(/^ExternalSecret\/nats: .*refreshIntervall/),
    ]);
  });
});
