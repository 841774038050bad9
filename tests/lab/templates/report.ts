import type { Cost } from './accuracy.ts';
import type { Reconstruction } from './attacks.ts';
import type { FaceSet } from './faces.ts';
import type { Linkage } from './linkage.ts';
import type { Scheme } from './scheme.ts';
import type { Speed } from './speed.ts';

/** Everything measured of one scheme. */
export interface Measured {
  readonly scheme: Scheme;
  readonly speed: Speed;
  readonly model: Cost;
  readonly real: Cost;
  readonly linkage: { readonly model: Linkage; readonly real: Linkage };
  readonly attacks: {
    readonly template: Reconstruction;
    readonly key: Reconstruction;
    readonly both: Reconstruction;
    readonly known: readonly (Reconstruction & { readonly known: number })[];
  };
}

/** What was drawn. */
interface Sizes {
  readonly genuine: number;
  readonly impostor: number;
  readonly faces: FaceSet;
}

/** Prints the tables as Markdown. */
export function printReport(measured: readonly Measured[], sizes: Sizes): void {
  const { genuine, impostor, faces } = sizes;
  const first = measured[0];
  if (first === undefined) return;
  console.log(`## Cost\n`);
  console.log(
    `Model: ${genuine} genuine and ${impostor} impostor pairs; plain TAR at FAR 1e-3: ${share(first.model.plain)}. ` +
      `Photos: ${faces.genuine.length} genuine and ${faces.impostor.length} impostor pairs; plain TAR at FAR 1e-3: ${share(first.real.plain)}.\n`,
  );
  table(
    [
      'scheme',
      'bytes',
      'protect µs',
      'compare ns',
      'cost, model (points of TAR)',
      'TAR, photos',
      'cost, photos',
    ],
    measured.map(({ scheme, speed, model, real }) => [
      scheme.name,
      scheme.bytes,
      speed.protectMicroseconds.toFixed(0),
      speed.compareNanoseconds.toFixed(0),
      points(model),
      share(real.guarded),
      points(real),
    ]),
  );
  console.log(`\n## Unlinkability\n`);
  table(
    ['scheme', 'D↔sys, model', 'nothing there', 'D↔sys, photos', 'nothing there'],
    measured.map(({ scheme, linkage: { model, real } }) => [
      scheme.name,
      ...[model, real].flatMap((each) => [each.system.toFixed(3), each.floor.toFixed(3)]),
    ]),
  );
  console.log(
    `\n${first.linkage.model.mated} mated scores of the model, ${first.linkage.real.mated} of the photos.\n`,
  );
  console.log(`## What an attacker gets\n`);
  console.log(
    'Mean cosine of the reconstruction with the embedding / share accepted at FAR 1e-3 / at FAR 1e-4.\n',
  );
  table(
    [
      'scheme',
      'template alone',
      'key alone',
      'both',
      ...first.attacks.known.map(({ known }) => `${known} known pairs`),
    ],
    measured.map(({ scheme, attacks: { template, key, both, known } }) => [
      scheme.name,
      ...[template, key, both, ...known].map(reconstructed),
    ]),
  );
  const { template, both, known } = first.attacks;
  console.log(
    `\nReconstructions a cell: ${template.trials} with one of the two, ${both.trials} with both, ${known[0]?.trials} from known pairs.`,
  );
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  for (const row of [head, head.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);
}

function share({ tar, low, high }: { tar: number; low: number; high: number }): string {
  return `${percent(tar)} (${percent(low)} to ${percent(high)})`;
}

function points({ points: cost, low, high }: Cost): string {
  return `${cost.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

function reconstructed({ cosine, accepted, interval }: Reconstruction): string {
  const [mild, strict, low, high] = [
    accepted['FAR 1e-3'],
    accepted['FAR 1e-4'],
    interval.low,
    interval.high,
  ].map((rate) => (100 * rate).toFixed(0));
  return `${cosine.toFixed(3)} / ${mild} % / ${strict} % (${low} to ${high})`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(2)} %`;
}
