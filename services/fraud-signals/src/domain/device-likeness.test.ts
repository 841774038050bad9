import { describe, expect, it } from 'vitest';
import {
  type Candidate,
  compareDevices,
  isNearDuplicate,
  type Likeable,
  recogniseDevice,
} from './device-likeness.ts';
import { deviceTraits, fingerprintOf, hardwareRootOf, traitsOf } from './device-traits.ts';
import type { FactName, Facts, FactValue } from './facts.ts';

const names = deviceTraits.map(({ name }) => name);

/** A device that tells everything; `other` names traits that differ from those of the rest. */
function device(other: readonly string[] = [], untold: readonly string[] = []): Likeable {
  for (const name of [...other, ...untold]) expect(names).toContain(name);
  return {
    traits: names.map((name) => (untold.includes(name) ? null : other.includes(name) ? 'other' : 'same')),
    hardwareRoot: 'hardware',
    osFamily: 'macOS',
    ja4: 'ja4',
  };
}

const candidate = (like: Likeable, rest: Partial<Candidate> = {}): Candidate => ({
  ...like,
  device: 'before',
  isSameSubject: true,
  ...rest,
});

describe('a likeness', () => {
  it('is the share of weight that is equal, of what both tell, to four decimals', () => {
    expect(compareDevices(device().traits, device().traits)).toEqual({ similarity: 1, differing: [] });
    // 5 of 98
    expect(compareDevices(device(['languages']).traits, device().traits)).toEqual({
      similarity: 0.949,
      differing: ['languages'],
    });
    // 5 of 88: a browser that adds noise to its drawings tells none.
    expect(compareDevices(device(['languages'], ['canvas']).traits, device().traits).similarity).toBe(0.9432);
  });

  it('means nothing when little is told by both', () => {
    const silent = ['canvas', 'audio', 'webgl_digest', 'webgl_renderer', 'fonts'];
    expect(compareDevices(device([], silent).traits, device().traits).similarity).toBeNull();
  });

  it('does not count traits that a former release did not know', () => {
    const { traits } = device();
    expect(compareDevices(traits, traits.slice(0, -3)).similarity).toBe(1);
  });
});

describe('a device that lost its key', () => {
  it('is recognised among the devices of its subject, and says how surely', () => {
    const now = device(['languages']);
    expect(recogniseDevice(now, [candidate(device())])).toEqual({
      device: 'before',
      isSameSubject: true,
      similarity: 0.949,
      band: 'very_high',
      gateReason: 'hardware_root_match',
      isTlsCorroborated: true,
    });
    const updated = recogniseDevice({ ...device(['canvas']), ja4: 'newer' }, [candidate(device())]);
    expect(updated).toMatchObject({ similarity: 0.898, band: 'high', isTlsCorroborated: false });
    expect(recogniseDevice(device(['canvas', 'audio']), [candidate(device())])).toBeNull();
  });

  it.each<[string, Partial<Likeable>]>([
    ['other hardware', { hardwareRoot: 'other' }],
    ['hardware that does not show itself', { hardwareRoot: null }],
    ['another operating system', { osFamily: 'Windows' }],
    ['an operating system that is not told', { osFamily: '' }],
  ])('is none with %s, however alike', (_, difference) => {
    const other = { ...device(), ...difference };
    expect(recogniseDevice(device(), [candidate(other)])).toBeNull();
    // Nor when both lack it.
    const both = difference.hardwareRoot === null || difference.osFamily === '';
    if (both) expect(recogniseDevice(other, [candidate(other)])).toBeNull();
  });

  it('is told by the most alike of its subject’s devices', () => {
    const devices = [
      candidate(device(['canvas']), { device: 'less' }),
      candidate(device(['keyboard']), { device: 'more' }),
      candidate(device(), { device: 'somebody else’s', isSameSubject: false }),
    ];
    expect(recogniseDevice(device(), devices)?.device).toBe('more');
  });

  it('is somebody else’s only when one alone is very much alike', () => {
    const stranger = candidate(device(['languages']), { isSameSubject: false });
    expect(recogniseDevice(device(), [stranger])).toMatchObject({ isSameSubject: false, similarity: 0.949 });
    expect(recogniseDevice(device(['canvas']), [candidate(device(), { isSameSubject: false })])).toBeNull();
    const office = ['one', 'two'].map((name) => candidate(device(), { device: name, isSameSubject: false }));
    expect(recogniseDevice(device(), office)).toBeNull();
  });
});

describe('identities of one machine', () => {
  const stranger = candidate(device(), { isSameSubject: false });

  it('are near duplicates when one or two traits differ that are easily made up', () => {
    expect(isNearDuplicate(device(['canvas', 'audio']), [stranger])).toBe(true);
    expect(isNearDuplicate(device(['memory']), [stranger])).toBe(true);
  });

  it('are none when nothing differs, too much, or what is not made up', () => {
    expect(isNearDuplicate(device(), [stranger])).toBe(false);
    expect(isNearDuplicate(device(['canvas', 'audio', 'cores']), [stranger])).toBe(false);
    expect(isNearDuplicate(device(['canvas', 'time_zone']), [stranger])).toBe(false);
  });

  it('are not looked for among one’s own devices', () => {
    expect(isNearDuplicate(device(['canvas']), [candidate(device())])).toBeNull();
    expect(isNearDuplicate(device(['canvas']), [])).toBeNull();
  });
});

describe('traits', () => {
  const facts = (values: Partial<Record<FactName, FactValue | null>>): Facts =>
    new Map(Object.entries(values) as [FactName, FactValue | null][]);
  const mac = {
    'page.webgl_renderer': 'ANGLE (Apple, ANGLE Metal Renderer: Apple M2, Unspecified Version)',
    'page.webgl_vendor': 'Google Inc. (Apple)',
    'page.hardware_concurrency': 8,
    'page.device_memory_gb': 8,
    'page.screen_width': 1_512,
    'page.screen_height': 982,
    'page.pixel_ratio': 2,
    'page.platform': 'MacIntel',
    'page.time_zone': 'Europe/Paris',
    'page.languages': ['fr-FR', 'fr'],
    'page.canvas_digest': '0f343b0931126a20f133d67c2b018a3b',
    'page.canvas_stable': true,
  };

  it('are the same when a device is turned, and no others when a browser draws noise', () => {
    const turned = { ...mac, 'page.screen_width': 982, 'page.screen_height': 1_512 };
    expect(traitsOf(facts(turned))).toEqual(traitsOf(facts(mac)));
    expect(hardwareRootOf(facts(turned))).toBe(hardwareRootOf(facts(mac)));
    const noisy = traitsOf(facts({ ...mac, 'page.canvas_stable': false }));
    expect(noisy[names.indexOf('canvas')]).toBeNull();
  });

  it('make a fingerprint when there are enough of them, and a root when the graphics are told', () => {
    expect(fingerprintOf(facts(mac))).toContain('time_zone Europe/Paris');
    expect(fingerprintOf(facts({ 'page.time_zone': 'Europe/Paris' }))).toBeNull();
    expect(hardwareRootOf(facts({ ...mac, 'page.webgl_renderer': null }))).toBeNull();
    expect(hardwareRootOf(facts({ ...mac, 'page.hardware_concurrency': 10 }))).not.toBe(
      hardwareRootOf(facts(mac)),
    );
  });
});
