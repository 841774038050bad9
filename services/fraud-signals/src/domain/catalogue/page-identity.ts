import { deviceTraits, fingerprintOf } from '../device-traits.ts';
import type { FactName, FactValue } from '../facts.ts';
import { type Signal, signal } from '../signal.ts';
import { engineOf } from './page-engines.ts';
import { digestOf, number } from './page-entries.ts';

const base = { source: 'browser', version: 1, sensitivity: 'none' } as const;

/** What `fingerprintOf` reads, in any order. */
const traitFacts = [
  'page.webgl_renderer',
  'page.webgl_vendor',
  'page.webgl_digest',
  'page.canvas_digest',
  'page.canvas_stable',
  'page.audio_digest',
  'page.audio_stable',
  'page.math_digest',
  'page.fonts',
  'page.voices_digest',
  'page.hardware_concurrency',
  'page.device_memory_gb',
  'page.screen_width',
  'page.screen_height',
  'page.pixel_ratio',
  'page.color_depth',
  'page.color_gamut',
  'page.hdr',
  'page.max_touch_points',
  'page.fine_pointer',
  'page.hover',
  'page.platform',
  'page.ua_model',
  'page.ua_architecture',
  'page.ua_bitness',
  'page.webgpu_adapter',
  'page.time_zone',
  'page.languages',
  'page.keyboard',
] as const satisfies readonly FactName[];

const factsOf = (values: readonly (FactValue | null)[]): ReadonlyMap<FactName, FactValue | null> =>
  new Map(traitFacts.map((name, at) => [name, values[at] ?? null]));

/** Whether the browser is one that was here before, and whether it hides that. */
export const pageIdentitySignals: readonly Signal[] = [
  signal({
    ...base,
    id: 'br_fingerprint_hash',
    category: 'device_browser',
    type: 'hash',
    description: 'All that seldom changes about the browser and its machine, as one digest',
    risk: 'Part of what devices are compared by; never proof of one',
    sensitivity: 'pseudonymous',
    weight: 0,
    reads: traitFacts,
    extract(...values) {
      const fingerprint = fingerprintOf(factsOf(values));
      return fingerprint === null ? null : digestOf(fingerprint);
    },
  }),
  signal({
    ...base,
    id: 'br_fingerprint_confidence',
    category: 'device_browser',
    type: 'number',
    description: 'Share of what tells devices apart that this browser tells, 0 to 1',
    risk: 'Browsers that tell little are alike: nothing follows from their likeness',
    weight: 0,
    reads: traitFacts,
    extract(...values) {
      const facts = factsOf(values);
      if (values.every((value) => value === null)) return null;
      const told = deviceTraits.filter(({ read }) => read(facts) !== null);
      const sum = (traits: typeof deviceTraits) => traits.reduce((all, { weight }) => all + weight, 0);
      return Math.round((1_000 * sum(told)) / sum(deviceTraits)) / 1_000;
    },
  }),
  number('br_device_id_cookie_age_days', 'page.mark_age_days', {
    category: 'device_browser',
    description: 'Days since this browser was first here, by a mark that it keeps',
    risk: 'Absent on a first visit and where nothing is kept',
  }),
  signal({
    ...base,
    id: 'br_device_id_storage_conflict',
    category: 'tampering',
    type: 'bool',
    description: 'The browser’s cookie, texts and database keep different marks of ours',
    risk: 'Parts of a profile that was copied',
    weight: 10,
    reads: ['page.mark_places', 'page.mark_count'],
    extract: (places, count) => (places === null || count === null || places === 0 ? null : count > 1),
  }),
  signal({
    ...base,
    id: 'br_private_mode_likely',
    category: 'privacy_mode',
    type: 'bool',
    description: 'The window is one that forgets, by what its engine refuses there',
    risk: 'A device whose past is hidden; many people do so for good reasons',
    weight: 3,
    reads: [
      'page.file_system',
      'page.storage_quota_mb',
      'page.heap_limit_mb',
      'page.null_error',
      'page.stack_sign',
    ],
    extract(fileSystem, quotaMb, heapMb, message, sign) {
      if (fileSystem === null) return null;
      switch (engineOf(message, sign)) {
        case 'spidermonkey':
          return fileSystem.startsWith('SecurityError');
        case 'javascriptcore':
          return fileSystem.startsWith('UnknownError');
        case 'v8':
          // As long as Chromium gave such windows a share of the memory; today all are told the same.
          return quotaMb === null || heapMb === null ? null : quotaMb < 2 * heapMb;
        default:
          return null;
      }
    },
  }),
  signal({
    ...base,
    id: 'br_dom_blockers_hash',
    category: 'device_browser',
    type: 'hash',
    description: 'Which kinds of advertisements something on the way hides',
    risk: 'Part of what devices are compared by; absent where nothing is hidden',
    weight: 0,
    reads: ['page.hidden_baits'],
    extract: (baits) => (baits === null || baits.length === 0 ? null : digestOf(baits.toSorted().join())),
  }),
];
