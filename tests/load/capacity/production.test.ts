import { all, pods, quantity } from '@selfsame/deploy/kubernetes/objects';
import { kubectl, render } from '@selfsame/deploy/kubernetes/render';
import { describe, expect, test } from 'vitest';
import { type Part, production } from './measured.ts';

const title = `what is run at least${kubectl ? '' : ' (left out: no kubectl here; "npm test" fetches one)'}`;

describe.skipIf(kubectl === undefined)(title, () => {
  test('is what production has on Kubernetes: fewest replicas, times what each requests', () => {
    const objects = render('overlays/production');
    const fewest = new Map<string, number>();
    for (const { kind, metadata, spec } of [...all(objects, 'Deployment'), ...all(objects, 'StatefulSet')])
      fewest.set(`${kind}/${metadata.name}`, spec?.replicas ?? 1);
    for (const { spec } of all(objects, 'HorizontalPodAutoscaler'))
      fewest.set(`Deployment/${spec?.scaleTargetRef.name}`, spec?.minReplicas ?? 1);
    for (const { spec } of all(objects, 'ScaledObject'))
      fewest.set(`Deployment/${spec?.scaleTargetRef.name}`, spec?.minReplicaCount ?? 0);

    const replicas = new Map<string, number>();
    const cores = new Map<string, number>();
    const note = (part: string, count: number, coresOfEach: number) => {
      replicas.set(part, count);
      cores.set(part, Number((count * coresOfEach).toFixed(3)));
    };
    for (const { kind, owner, name, spec } of pods(objects)) {
      if (kind === 'Job') continue;
      const requested = spec.containers.map(({ resources }) => quantity(resources?.requests?.cpu));
      note(
        name.replace(/-server$/, ''),
        fewest.get(owner) ?? 0,
        requested.reduce((sum, each) => sum + each, 0),
      );
    }
    for (const { metadata, spec } of all(objects, 'Cluster'))
      note(metadata.name, spec.instances, quantity(spec.resources?.requests?.cpu));

    const { gateway, ...rendered } = production.leastCores;
    expect(gateway, 'is not ours').toBeGreaterThan(0);
    expect(Object.fromEntries(cores)).toEqual(rendered);
    for (const [part, count] of Object.entries(production.copies))
      expect(replicas.get(part as Part), part).toBe(count);
  });
});
