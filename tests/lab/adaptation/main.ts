import { parseArgs } from 'node:util';
import { ADAPTATION } from '@selfsame/biometrics/domain/adaptation';
import { tableOf } from '../table.ts';
import { openFaces } from '../templates/faces.ts';
import { ageing, chosenLooks, cosineOf, lookalike } from './model.ts';
import { onPhotos } from './photos.ts';
import type { Rule } from './rule.ts';

/**
 * pnpm lab:adaptation [--quick]
 *
 * What blending approved looks into a template gains its owner, and what it gives to others, with and without a stricter
 * threshold and with and without an anchor. Prints Markdown tables.
 */
const { values } = parseArgs({
  args: process.argv.slice(process.argv[2] === '--' ? 3 : 2), // some runners hand the separator on
  options: { quick: { type: 'boolean', default: false } },
});
const sizes = values.quick ? { people: 20, owners: 10 } : { people: 100, owners: 60 };

const shipped: Rule = { name: '**shipped**', ...ADAPTATION };
const rules: readonly Rule[] = [
  { name: 'never', similarityMin: 101, weight: 0, anchorSimilarityMin: 0 },
  { ...shipped, name: 'all above 70, no anchor', similarityMin: 70, anchorSimilarityMin: 0 },
  { ...shipped, name: 'all above 70, anchor', similarityMin: 70 },
  { ...shipped, name: 'above 90, anchor', similarityMin: 90 },
  { ...shipped, name: 'strict, no anchor', anchorSimilarityMin: 0 },
  shipped,
  { ...shipped, name: 'half the weight', weight: ADAPTATION.weight / 2 },
  { ...shipped, name: 'twice the weight', weight: ADAPTATION.weight * 2 },
  { ...shipped, name: 'wider anchor, 99.31', anchorSimilarityMin: 99.31 },
  { ...shipped, name: 'narrower anchor, 99.82', anchorSimilarityMin: 99.82 },
];
/** Cosines with the enrolled look at which a stranger's looks read 70 and more once in a hundred, a dozen, five, two tries. */
const likenesses = [0.5, 0.53, 0.55, 0.6];

const points = (value: number) => value.toFixed(1);
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const change = (before: number, after: number) => `${points(before)} → ${points(after)}`;
const shares = (before: number, after: number) => `${percent(before)} → ${percent(after)}`;

console.log(
  `Shipped: looks of ${ADAPTATION.similarityMin} and more (cosine ${cosineOf(ADAPTATION.similarityMin).toFixed(3)}), weight ${ADAPTATION.weight}, never below ${ADAPTATION.anchorSimilarityMin} to the anchor (cosine ${cosineOf(ADAPTATION.anchorSimilarityMin).toFixed(4)})\n`,
);

console.log('### The owner\n');
const faces = await openFaces();
console.log(
  tableOf(
    rules.map((rule) => {
      const photos = onPhotos(faces, rule);
      const aged = ageing(rule, sizes.people);
      return {
        rule: rule.name,
        'photos left out': change(photos.genuineBefore, photos.genuineAfter),
        'worse by a point': percent(photos.worse),
        'model, same face': change(aged.youngBefore, aged.youngAfter),
        'model, aged': change(aged.oldBefore, aged.oldAfter),
        'aged, 70 and more': shares(aged.oldPassedBefore, aged.oldPassedAfter),
        'sign-ins blended in': percent(aged.adaptations),
      };
    }),
  ),
);

const intruders = rules.map((rule) => ({
  rule: rule.name,
  tried: likenesses.map((likeness) => ({ likeness, ...lookalike(rule, likeness, sizes.owners) })),
}));
const columns = (texts: readonly (readonly [string, string])[]) => Object.fromEntries(texts);

console.log('\n### Lookalikes: share of their looks that read 70 and more, before and after 50 that did\n');
console.log(
  tableOf(
    intruders.map(({ rule, tried }) => ({
      rule,
      ...columns(
        tried.map(({ likeness, acceptedBefore, acceptedAfter }) => [
          `cosine ${likeness}`,
          shares(acceptedBefore, acceptedAfter),
        ]),
      ),
    })),
  ),
);

console.log('\n### Lookalikes: mean score, before and after\n');
console.log(
  tableOf(
    intruders.map(({ rule, tried }) => ({
      rule,
      ...columns(
        tried.map(({ likeness, scoreBefore, scoreAfter }) => [
          `cosine ${likeness}`,
          change(scoreBefore, scoreAfter),
        ]),
      ),
    })),
  ),
);

console.log('\n### Other strangers: photos of others, and looks that are chosen freely\n');
console.log(
  tableOf(
    rules.map((rule) => {
      const photos = onPhotos(faces, rule);
      const chosen = [0, 0.34, 0.426].map((likeness) => [
        `50 chosen looks, cosine ${likeness}`,
        points(chosenLooks(rule, likeness, 50)),
      ]) satisfies string[][];
      return {
        rule: rule.name,
        'photos, mean': change(photos.impostorBefore, photos.impostorAfter),
        'photos, most': change(photos.impostorMaxBefore, photos.impostorMaxAfter),
        'photos at 30 and more': `${photos.acceptedBefore} → ${photos.acceptedAfter} of ${photos.impostorsTried}`,
        ...Object.fromEntries(chosen),
      };
    }),
  ),
);
