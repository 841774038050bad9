import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forbiddenHost, garbage, urlAround } from '../../test/endpoint-spellings.ts';
import { type AddressPolicy, isPermittedAddress, readNetworks } from './addresses.ts';
import { checkEndpoint } from './endpoint.ts';

const policies: readonly AddressPolicy[] = [
  { allowedNetworks: [], allowHttp: false },
  { allowedNetworks: [], allowHttp: true },
  { allowedNetworks: readNetworks(['127.0.0.0/8', '::1/128']), allowHttp: true },
];
const reproducible = { seed: 20_260_101, numRuns: 10_000 };
const port = 8_443;

test('no spelling of a forbidden address or name is accepted', () => {
  const open = { allowedNetworks: [], allowHttp: true };
  let understood = 0;
  const property = fc.property(
    urlAround(
      forbiddenHost.map(({ host }) => host),
      port,
    ),
    (url) => {
      const check = checkEndpoint(url, open);
      if (!check.ok && check.kind === 'forbidden') understood += 1;
      expect(check.ok).toBe(false);
    },
  );
  fc.assert(property, reproducible);
  // They are refused because they were understood, not because they were broken.
  expect(understood).toBeGreaterThan(reproducible.numRuns / 2);
});

test('a public address is accepted in the same spellings', () => {
  const accepted = ['1.1.1.1', '0x1.1.0401', '１．１．１．１', '16843009', '[::ffff:1.1.1.1]'].filter(
    (host) => checkEndpoint(`https://${host}/`, { allowedNetworks: [], allowHttp: false }).ok,
  );
  expect(accepted).toHaveLength(5);
});

test('garbage gets one verdict that holds for what is stored', () => {
  const property = fc.property(garbage(port), fc.constantFrom(...policies), (text, policy) => {
    const check = checkEndpoint(text, policy);
    if (!check.ok) return;
    expect(check.href).toBe(check.url.href);
    expect(checkEndpoint(check.href, policy)).toMatchObject({ ok: true, href: check.href });
    expect(new URL(check.url.origin).hostname).toBe(check.url.hostname);
    const host = check.url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0) expect(isPermittedAddress(host, policy.allowedNetworks)).toBe(true);
    else expect(host).toMatch(/^[a-z0-9_.-]+$/);
  });
  fc.assert(property, reproducible);
});
