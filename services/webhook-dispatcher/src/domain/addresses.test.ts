import { describe, expect, test } from 'vitest';
import { type AddressPolicy, isPermittedAddress, readNetworks } from './addresses.ts';
import { checkEndpoint } from './endpoint.ts';

const loopback = readNetworks(['127.0.0.0/8', '::1/128']);
const everything = readNetworks(['0.0.0.0/0', '::/0']);

const publicAddresses = [
  '1.1.1.1',
  '93.184.216.34',
  '172.32.0.1',
  '2606:4700:4700::1111',
  '2a00:1450:4001::1',
];
const specialAddresses = [
  ...[
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.1.1',
    '172.16.0.1',
  ],
  ...['172.31.255.255', '192.0.0.1', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1', '198.51.100.1'],
  ...['203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::7f00:1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:7f00:1', '::ffff:0:127.0.0.1'],
  ...[
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    '5f00::1',
  ],
  ...['fc00::1', 'fd12::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '4000::1', '1000::1'],
];
const metadataAddresses = [
  '169.254.169.254',
  '::ffff:169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  'fd00:ec2::254',
];

describe('addresses', () => {
  test.each(publicAddresses)('%s is public', (address) => {
    expect(isPermittedAddress(address, [])).toBe(true);
  });
  test.each(specialAddresses)('%s is refused unless opened', (address) => {
    expect(isPermittedAddress(address, [])).toBe(false);
    expect(isPermittedAddress(address, everything)).toBe(true);
  });
  test.each(metadataAddresses)('%s hands out credentials and is refused always', (address) => {
    expect(isPermittedAddress(address, [])).toBe(false);
    expect(isPermittedAddress(address, everything)).toBe(false);
  });
  test('opening loopback opens nothing else', () => {
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
      expect(isPermittedAddress(address, loopback)).toBe(true);
    for (const address of ['10.0.0.1', '192.168.0.1', 'fd00::1'])
      expect(isPermittedAddress(address, loopback)).toBe(false);
  });
  test.each(['', 'localhost', '300.1.1.1', '1.1.1', 'example.com'])('"%s" is no address', (text) => {
    expect(isPermittedAddress(text, [])).toBe(false);
  });
  test('a network that cannot be read is named', () => {
    expect(() => readNetworks(['10.0.0.0/8', '10.0.0.0/99'])).toThrow('"10.0.0.0/99" is not a network');
    expect(readNetworks(['10.1.2.3'])).toHaveLength(1);
  });
});

describe('webhook URLs', () => {
  const strict: AddressPolicy = { allowedNetworks: [], allowHttp: false };
  const local = { allowedNetworks: loopback, allowHttp: true };
  const reasonOf = (url: string, policy = strict) => {
    const check = checkEndpoint(url, policy);
    return check.ok ? undefined : check.reason;
  };

  test.each([
    'https://example.com/hook',
    'https://example.com:8443/a?b=c',
    'https://1.1.1.1/',
    'https://münchen.example/',
  ])('%s is accepted', (url) => expect(reasonOf(url)).toBeUndefined());
  test.each([
    '',
    'example.com',
    'ftp://example.com',
    'file:///etc/passwd',
    'https://',
    `https://e.com/${'a'.repeat(2048)}`,
  ])('"%s" is no URL', (url) => expect(reasonOf(url)).toBe('Enter a valid URL.'));
  test('http is for operators who allow it', () => {
    expect(reasonOf('http://example.com/')).toBe('The URL must use HTTPS.');
    expect(reasonOf('http://127.0.0.1:3000/hook', local)).toBeUndefined();
    expect(reasonOf('http://localhost:3000/hook', local)).toBeUndefined();
  });
  test('credentials have no place in a URL', () => {
    expect(reasonOf('https://user:word@example.com/')).toBe('The URL must not hold a user name or password.');
  });
  test.each([
    ...[
      'https://127.0.0.1/',
      'https://2130706433/',
      'https://0x7f.1/',
      'https://017700000001/',
      'https://127.1/',
    ],
    ...['https://127.0.0.1./', 'https://[::1]/', 'https://[::ffff:7f00:1]/', 'https://10.0.0.1:8443/'],
    ...[
      'https://localhost/',
      'https://localhost./',
      'https://LOCALHOST/',
      'https://a.localhost/',
      'https://db/',
    ],
    ...[
      'https://printer.local/',
      'https://metadata.google.internal/',
      'https://session.default.svc.cluster.local/',
    ],
    ...['https://169.254.169.254/latest/', 'https://①②⑦.⓪.⓪.①/'],
  ])('%s is no public host', (url) => expect(reasonOf(url)).toBe('The URL must point to a public host.'));
  test('a metadata address is refused even where everything is open', () => {
    expect(
      reasonOf('http://169.254.169.254/', { allowedNetworks: everything, allowHttp: true }),
    ).toBeDefined();
  });
});
