import { afterEach, describe, expect, it } from 'vitest';
import { createLenses } from './lenses.ts';

/** A device with so many cameras. */
function withCameras(count: number): void {
  const mediaDevices = {
    enumerateDevices: async () => Array.from({ length: count }, () => ({ kind: 'videoinput' })),
  };
  Object.defineProperty(globalThis.navigator, 'mediaDevices', { value: mediaDevices, configurable: true });
}

afterEach(() => void Reflect.deleteProperty(globalThis.navigator, 'mediaDevices'));

describe('the camera', () => {
  it('is the one that the link asks for, where a plain picture is taken', () => {
    const lenses = createLenses('?liveness_camera=back', false);
    expect(lenses.lensFor('PASSIVE')).toBe('back');
    expect(lenses.lensFor('FLASHING')).toBe('front');
    expect(createLenses('?liveness_camera=side', false).lensFor('PASSIVE')).toBe('front');
  });

  it('can be changed where there is another one, unless the link says otherwise', async () => {
    withCameras(2);
    const lenses = createLenses('', false);
    expect(lenses.canSwitch('PASSIVE')).toBe(false);
    await lenses.count();
    expect(lenses.canSwitch('PASSIVE')).toBe(true);
    expect(lenses.canSwitch('ACTIVE_3D')).toBe(false);
    lenses.turn();
    expect(lenses.lensFor('PASSIVE')).toBe('back');
    for (const fixed of [createLenses('?liveness_camera_switch=false', false), createLenses('', true)]) {
      await fixed.count();
      expect(fixed.canSwitch('PASSIVE')).toBe(false);
    }
  });

  it('stays where it is when nobody says how many there are', async () => {
    const lenses = createLenses('', false);
    await lenses.count();
    expect(lenses.canSwitch('PASSIVE')).toBe(false);
  });
});
