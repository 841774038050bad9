import { describe, expect, it } from 'vitest';
import { clientFamilyOf, contradictsEngine } from './tls-client.ts';

describe('the family of a JA4', () => {
  // Those of programs were measured through our own edge, of Chromium 156, curl 7.88, Python 3.11, Node 26 and Java 17.
  it.each([
    ['t13d1518h2_8daaf6152771_e2d80978ab2e', 'chromium'],
    ['t13i1516h2_8daaf6152771_02713d6af862', 'chromium'],
    ['t13d1717h2_5b57614c22b0_3cbfd9057e0d', 'firefox'],
    ['t13d2014h2_a09f3c656075_e42f34c56612', 'safari'],
    ['t13d3112h2_e8f1e7e78f70_b26ce05bbdd6', 'openssl'],
    ['t13d181100_85036bcba153_d41ae481755e', 'python'],
    ['t13d5212h1_b262b3658495_8e6e362c5eac', 'node'],
    ['t13i371100_db35923f8641_7c76daad20ec', 'java'],
    ['t13d190900_9dc949149365_97f8aa674fd9', 'go'],
    // The suites of a browser, and none of its protocols.
    ['t13d1714h1_5b57614c22b0_7baf387fc6ff', 'not_a_browser'],
    ['t12d120700_d34a8e72043a_036209cd1ead', 'not_a_browser'],
    // Tor Browser; QUIC; a browser of times to come.
    ['t13d1513h2_8daaf6152771_748f4c70de1c', 'unknown'],
    ['q13d0312h3_55b375c5d22e_06cda9e17597', 'unknown'],
    ['t13d1919h2_aaaaaaaaaaaa_bbbbbbbbbbbb', 'unknown'],
    ['whatever', 'unknown'],
  ])('%s is %s', (ja4, family) => {
    expect(clientFamilyOf(ja4)).toBe(family);
  });

  it('contradicts a browser of another engine, and nobody where it tells nothing', () => {
    expect(contradictsEngine('chromium', 'chromium')).toBe(false);
    expect(contradictsEngine('safari', 'webkit')).toBe(false);
    expect(contradictsEngine('python', 'chromium')).toBe(true);
    expect(contradictsEngine('not_a_browser', 'firefox')).toBe(true);
    expect(contradictsEngine('unknown', 'chromium')).toBeNull();
    expect(contradictsEngine('python', 'unknown')).toBeNull();
  });
});
