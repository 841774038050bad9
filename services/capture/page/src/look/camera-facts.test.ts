import { describe, expect, it } from 'vitest';
import { isNative, isNativeSize, isTestDevice, isVirtualName, rhythmOf } from './camera-facts.ts';

describe('a camera', () => {
  it.each([
    ['OBS Virtual Camera', true],
    ['ManyCam Video Source', true],
    ['DroidCam Source 3', true],
    ['Snap Camera', true],
    ['v4l2loopback', true],
    ['FaceTime HD Camera (Built-in)', false],
    ['Front Camera', false],
    ['camera2 1, facing front', false],
    ['Integrated Webcam (0bda:5538)', false],
    ['Logitech BRIO', false],
    ['Observatory 4K', false],
    ['', false],
  ])('named "%s" is a program: %s', (label, expected) => {
    expect(isVirtualName(label)).toBe(expected);
  });

  it('of a browser under test gives itself away', () => {
    expect(isTestDevice('fake_device_0')).toBe(true);
    expect(isTestDevice('Facetime camera')).toBe(false);
  });

  it('delivers sizes that are known, either way round', () => {
    expect(isNativeSize(1280, 960)).toBe(true);
    expect(isNativeSize(480, 640)).toBe(true);
    expect(isNativeSize(777, 431)).toBe(false);
  });

  it('has a rhythm once there are enough frames to tell', () => {
    const regular = Array.from({ length: 31 }, (_, at) => (at * 1_000) / 30);
    expect(rhythmOf(regular)?.rate).toBeCloseTo(30, 5);
    expect(rhythmOf(regular)?.jitter).toBeCloseTo(0, 5);
    const bursty = regular.map((time, at) => time + (at % 2) * 15);
    expect(rhythmOf(bursty)?.jitter).toBeGreaterThan(0.3);
    expect(rhythmOf(regular.slice(0, 5))).toBeUndefined();
    expect(rhythmOf(Array(20).fill(5))).toBeUndefined();
  });
});

it('the browser’s own functions are told from others', () => {
  expect(isNative(Function.prototype.toString.call(Math.max))).toBe(true);
  expect(isNative(Function.prototype.toString.call(() => 'function () { [native code] } no'))).toBe(false);
});
