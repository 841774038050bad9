import { describe, expect, it } from 'vitest';
import { deviceCookie, deviceOf, namingHeader, originOf } from './device.ts';

const name = 'A'.repeat(31);

describe('where a picture comes from', () => {
  it('is the browser that its cookie names and the network of its address', () => {
    const cookies = (last: string) => `theme=dark; ${deviceCookie}=${name}${last}; x=y`;
    const here = originOf(cookies('1'), '2001:db8:1:2::9');
    expect(originOf(cookies('1'), '2001:db8:1:2:3:4:5:6')).toEqual(here);
    expect(originOf(cookies('2'), '2001:db8:1:2::9').deviceSha256).not.toEqual(here.deviceSha256);
    expect(originOf(cookies('1'), '2001:db8:1:3::9').networkSha256).not.toEqual(here.networkSha256);
    expect([here.deviceSha256.length, here.networkSha256.length]).toEqual([32, 32]);
  });

  it.each([
    undefined,
    '',
    'selfsame_device',
    'selfsame_device=short',
    `other=${name}1`,
    `selfsame_device=${name}1;1=`,
  ])('names no browser in %j', (cookies) => {
    const device = deviceOf(cookies);
    expect(device === null || device === `${name}1`).toBe(true);
    if (device === null) expect(originOf(cookies, '::1').deviceSha256).toHaveLength(0);
  });

  it('is a name that scripts cannot read, that ends by itself and that works inside other pages over https', () => {
    const plain = namingHeader(`${name}1`, false);
    expect(deviceOf(plain.split(';')[0])).toBe(`${name}1`);
    expect(plain).toContain('; Path=/session; Max-Age=34560000; HttpOnly; SameSite=Lax');
    expect(namingHeader(`${name}1`, true)).toContain('; HttpOnly; Secure; SameSite=None; Partitioned');
  });
});
