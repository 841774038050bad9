import { describe, expect, it } from 'vitest';
import { releasedAt } from './browser-releases.ts';
import { agentOf, hasHeadlessToken } from './user-agent.ts';

const chrome = (version: string, more = '') =>
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version} Safari/537.36${more}`;
const iPhone = (rest: string) =>
  `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ${rest}`;

describe('a user agent', () => {
  it.each([
    [
      chrome('150.0.0.0', ' Edg/150.0.0.0'),
      { browserFamily: 'Microsoft Edge', browserMajor: 150, osFamily: 'Windows', engine: 'chromium' },
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64; rv:155.0) Gecko/20100101 Firefox/155.0',
      { browserFamily: 'Firefox', engine: 'firefox', deviceClass: 'desktop', osFamily: 'Linux' },
    ],
    [
      iPhone('Version/18.5 Mobile/15E148 Safari/604.1'),
      { browserFamily: 'Safari', engine: 'webkit', deviceClass: 'phone', brand: 'Apple', model: 'iPhone' },
    ],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36',
      { osFamily: 'Android', deviceClass: 'phone', model: '', brand: '', isWebView: false },
    ],
    [
      'Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/121.0.6167.101 Mobile Safari/537.36',
      { isWebView: true, model: 'SM-S918B', brand: 'Samsung' },
    ],
    [
      'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36',
      { osFamily: 'Chrome OS', deviceClass: 'desktop' },
    ],
    ['curl/8.1', { browserFamily: '', engine: 'unknown', isBot: true, deviceClass: 'bot', release: null }],
    ['', { browserFamily: '', browserMajor: null, engine: 'unknown' }],
  ])('is read: %s', (text, agent) => {
    expect(agentOf(text)).toMatchObject(agent);
  });

  it('is as old as its engine, by whatever name and on whatever phone', () => {
    expect(agentOf(chrome('140.0.0.0', ' OPR/124.0.0.0')).release).toEqual({ train: 'chromium', major: 140 });
    expect(agentOf(iPhone('CriOS/147.0.7000.1 Mobile/15E148 Safari/604.1'))).toMatchObject({
      engine: 'webkit',
      release: { train: 'chromium', major: 147 },
    });
  });

  it('of a browser without a window says so', () => {
    expect(hasHeadlessToken(chrome('1').replace('Chrome', 'HeadlessChrome'))).toBe(true);
    expect(hasHeadlessToken(chrome('156.0.0.0'))).toBe(false);
  });

  it('is read in no time however it was made', () => {
    for (const part of ['(', 'Chrome/', 'Android 1; ', ';', '9', ' ']) {
      expect(agentOf(part.repeat(16_000)).browserMajor ?? 0).toBeLessThan(100_000);
    }
  });
});

describe('the day of a release', () => {
  const day = (train: Parameters<typeof releasedAt>[0], major: number) => {
    const at = releasedAt(train, major);
    return at === null ? null : new Date(at).toISOString().slice(0, 10);
  };

  it('is known, lies between its neighbours, or follows from the cycle', () => {
    expect(day('chromium', 153)).toBe('2026-09-08');
    expect(day('chromium', 156)).toBe('2026-10-20');
    expect(day('firefox', 151)).toMatch(/^2026-05/);
    expect(day('safari', 26)).toBe('2025-09-15');
  });

  it('is not made up for versions from before the table or that never were', () => {
    expect(day('chromium', 4)).toBeNull();
    expect(day('safari', 22)).toBeNull();
  });
});
