import { describe, expect, it } from 'vitest';
import {
  isNative,
  isNativeSize,
  isSurelyPhone,
  isTestDevice,
  isVirtualName,
  rhythmOf,
} from './camera-facts.ts';

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

describe('a phone', () => {
  const android =
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36';
  const tablet = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36';
  const webView =
    'Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 Version/4.0 Chrome/142.0.0.0 Mobile Safari/537.36';
  const firefox = 'Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0';
  const iphone =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Mobile/15E148 Safari/604.1';
  const ipad =
    'Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Version/16.6 Mobile/15E148 Safari/604.1';
  const mac =
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15';

  it.each([
    ['Chrome on a phone', android, 'Linux armv81', 5, true],
    ['Chrome on an older phone', android, 'Linux aarch64', 5, true],
    ['Safari on a phone', iphone, 'iPhone', 5, true],
    ['developers’ tools on Windows as an Android phone', android, 'Win32', 1, false],
    ['developers’ tools on Linux as an Android phone', android, 'Linux x86_64', 1, false],
    ['developers’ tools on a Mac as an iPhone', iphone, 'MacIntel', 1, false],
    ['an Android tablet', tablet, 'Linux armv81', 5, false],
    ['an iPad with its own page', ipad, 'iPad', 5, false],
    ['an iPad with a desktop’s page', mac, 'MacIntel', 5, false],
    ['an app that shows pages', webView, 'Linux armv81', 5, false],
    ['Firefox on a phone', firefox, 'Linux aarch64', 5, false],
    ['a small computer that pretends', android, 'Linux aarch64', 1, false],
    ['a laptop with a touch screen', mac, 'Linux x86_64', 10, false],
  ])('is known where it is certain: %s', (_what, userAgent, platform, maxTouchPoints, expected) => {
    expect(isSurelyPhone({ userAgent, platform, maxTouchPoints })).toBe(expected);
  });
});
