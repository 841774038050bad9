import { beforeAll, describe, expect, test } from 'vitest';
import type { KubernetesObject } from './policies/objects.ts';
import type { Rule } from './policies/rule.ts';
import { rules } from './policies.ts';
import { kubectl, overlayNames, render } from './render.ts';

type Overlay = (typeof overlayNames)[number];
/** Has everything that any rule is about. */
const fullest: Overlay = 'production-gpu';

const isAbout = (rule: Rule, overlay: Overlay) => rule.scope === undefined || overlay !== 'dev';
const failing = (objects: readonly KubernetesObject[], overlay: Overlay) =>
  rules.filter((rule) => isAbout(rule, overlay) && rule.check(objects).length > 0).map(({ name }) => name);

describe.skipIf(kubectl === undefined)('policies', () => {
  const rendered = new Map<Overlay, KubernetesObject[]>();
  beforeAll(() => {
    for (const overlay of overlayNames) rendered.set(overlay, render(`overlays/${overlay}`));
    const counts = [...rendered].map(([overlay, { length }]) => `${overlay} ${length}`).join(', ');
    console.log(`${rules.length} rules, ${rules.length} mutations; objects: ${counts}`);
  }, 120_000);
  const objectsOf = (overlay: Overlay) => rendered.get(overlay) ?? [];

  test('rules have names of their own, and each says why', () => {
    expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
    expect(rules.filter(({ why }) => why.length < 20)).toEqual([]);
  });

  describe.each(overlayNames)('%s', (overlay) => {
    test.each(rules.filter((rule) => isAbout(rule, overlay)).map((rule) => [rule.name, rule] as const))(
      '%s',
      (_, rule) => {
        expect(rule.check(objectsOf(overlay)), rule.why).toEqual([]);
      },
    );
  });

  describe('what is taken away is missed by its rule, and by no other', () => {
    test.each(rules.map((rule) => [rule.name, rule] as const))('%s', (name, rule) => {
      const objects = structuredClone(objectsOf(fullest));
      rule.breakIt(objects);
      expect(failing(objects, fullest)).toEqual([name]);
    });
  });
});
