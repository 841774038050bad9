import { expect, it } from 'vitest';
import { originOf } from '../../services/capture/src/domain/device.ts';
import { networkDigest } from '../../services/session/src/domain/networks.ts';

it.each([
  '203.0.113.7',
  '::ffff:203.0.113.7',
  '::1',
  '2001:db8::',
  '2001:DB8:0:7:ffff::1',
  '2001:0db8:0000:0007::',
  'fe80::1%eth0',
])('capture and session call the network of %s the same, so that its lock holds for both', (address) => {
  expect(networkDigest(address)).toEqual(originOf(undefined, address).networkSha256);
});

it('what is no address is no network', () => {
  for (const address of ['', 'nowhere', '203.0.113']) expect(networkDigest(address)).toHaveLength(0);
});
