import { describe, expect, it } from 'vitest';
import type { ConsentStatus, ConsentView } from '../../src/consent-wire.ts';
import { arrive, askBack, failed, keep, recorded, refreshed, screenOf, sending } from './flow.ts';

const consent = (status: ConsentStatus, changes: Partial<ConsentView> = {}): ConsentView => ({
  consent_id: 'c',
  status,
  application_name: 'Northwind',
  audience_name: 'Contoso',
  language: 'en',
  text: {
    title: '',
    lines: [],
    agree: '',
    refuse: '',
    withdraw: '',
    given: '',
    refused: '',
    withdrawn: '',
    expired: '',
  },
  nonce: 'first',
  text_sha256: 'aa',
  callback: '',
  logo_url: '',
  privacy_policy_url: '',
  ...changes,
});
const given = (status: ConsentStatus) => arrive({ consent: consent(status), reason: null });

describe('the page of a consent', () => {
  it('keeps what is on the screen while it is read anew, and takes the new nonce', () => {
    const question = failed(given('asked'), 'not_sent');
    const same = refreshed(question, consent('asked', { nonce: 'second' }));
    expect(same).toMatchObject({ at: 'question', problem: 'not_sent', consent: { nonce: 'second' } });
    expect(screenOf(same)).toBe(screenOf(question));
  });

  it('begins anew with another text, and says that it is another', () => {
    const other = refreshed(sending(given('asked'), 'agree'), consent('asked', { text_sha256: 'bb' }));
    expect(other).toMatchObject({ at: 'question', isChanged: true, sending: null });
    expect(screenOf(other)).not.toBe(screenOf(given('asked')));
  });

  it('tells an answer of its own from one that was given elsewhere or before', () => {
    expect(recorded(consent('given'), 'agree')).toMatchObject({ isFresh: true, isElsewhere: false });
    expect(refreshed(given('asked'), consent('refused'))).toMatchObject({
      isFresh: false,
      isElsewhere: true,
    });
    expect(given('given')).toMatchObject({ at: 'answered', isFresh: false, isElsewhere: false });
    const fresh = recorded(consent('given'), 'agree');
    expect(refreshed(fresh, consent('given', { nonce: 'second' }))).toMatchObject({ isFresh: true });
    // Nobody who has come back to withdraw is sent on.
    expect(recorded(consent('withdrawn'), 'withdraw')).toMatchObject({ isFresh: false });
  });

  it('asks back before it withdraws, and only what was given', () => {
    for (const status of ['refused', 'withdrawn', 'expired'] as const) {
      expect(askBack(given(status))).toEqual(given(status));
    }
    const asked = askBack(given('given'));
    expect(asked.at).toBe('withdrawing');
    expect(keep(asked)).toEqual(given('given'));
    expect(refreshed(asked, consent('given')).at).toBe('withdrawing');
    expect(refreshed(asked, consent('expired'))).toMatchObject({ at: 'answered', isElsewhere: true });
  });
});
