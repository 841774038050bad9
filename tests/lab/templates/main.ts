import { parseArgs } from 'node:util';
import { startPostgresServer } from '@selfsame/testing/postgres-server';
import { costAtFar, modelScores, realScores } from './accuracy.ts';
import { withBoth, withKeyAlone, withKnownPairs, withTemplateAlone } from './attacks.ts';
import { openFaces } from './faces.ts';
import { modelLinkage, realLinkage } from './linkage.ts';
import { type Measured, printReport } from './report.ts';
import { reissue } from './revocation.ts';
import type { Scheme } from './scheme.ts';
import { biohash } from './schemes/biohash.ts';
import { indexOfMax } from './schemes/index-of-max.ts';
import { coarseProjection, foldedProjection, rop8 } from './schemes/random-projection.ts';
import { measureSpeed } from './speed.ts';

/**
 * pnpm lab:templates [--quick] [--revocation [--templates N]]
 *
 * Measures schemes of template protection beside each other: what each costs, links and gives away. Prints Markdown
 * tables. `--revocation` measures revoking and re-issuing on a Postgres of its own instead.
 */
const { values } = parseArgs({
  args: process.argv.slice(process.argv[2] === '--' ? 3 : 2), // some runners hand the separator on
  options: {
    quick: { type: 'boolean', default: false },
    revocation: { type: 'boolean', default: false },
    templates: { type: 'string', default: '100000' },
  },
});
const schemes: readonly Scheme[] = [
  rop8,
  coarseProjection(4),
  coarseProjection(2),
  foldedProjection,
  biohash(256),
  biohash(2048),
  indexOfMax(512, 16),
];
/** What is drawn for a table worth publishing, and to see that the lab runs. */
const sizes = values.quick
  ? { genuine: 10_000, impostor: 100_000, pools: 4, rounds: 4, keys: 1, known: [64], targets: 60 }
  : {
      genuine: 100_000,
      impostor: 1_000_000,
      pools: 40,
      rounds: 40,
      keys: 2,
      known: [64, 256, 1_024],
      targets: 100,
    };

if (values.revocation) {
  const server = process.env.DATABASE_URL ? undefined : await startPostgresServer();
  if (server) process.env.DATABASE_URL = server.url;
  console.log(JSON.stringify(await reissue(Number(values.templates))));
  await server?.stop();
} else {
  const faces = await openFaces();
  const measured: Measured[] = [];
  for (const scheme of schemes) {
    const start = performance.now();
    const [model, real] = [modelScores(scheme, sizes), realScores(scheme, faces)];
    measured.push({
      scheme,
      speed: measureSpeed(scheme),
      model: costAtFar(model, 1e-3),
      real: costAtFar(real, 1e-3),
      linkage: { model: modelLinkage(scheme, sizes.pools), real: realLinkage(scheme, faces, sizes.rounds) },
      attacks: {
        template: withTemplateAlone(scheme, faces, sizes.keys),
        key: withKeyAlone(faces),
        both: withBoth(scheme, faces, sizes.keys),
        known: sizes.known.map((known) => ({ known, ...withKnownPairs(scheme, known, sizes.targets) })),
      },
    });
    console.error(`${scheme.name}: ${((performance.now() - start) / 1_000).toFixed(0)} s`);
  }
  printReport(measured, { ...sizes, faces });
}
