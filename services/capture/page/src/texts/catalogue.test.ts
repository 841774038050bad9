import { describe, expect, it } from 'vitest';
import { ar } from './ar.ts';
import { type Catalogue, createSay } from './catalogue.ts';
import { en } from './en.ts';

const isolate = (text: string) => `\u2068${text}\u2069`;

describe('a text', () => {
  const say = createSay(en, 'en');

  it('is said with its values in their places', () => {
    expect(say('leave')).toBe('Leave');
    expect(say('back_to', { application: 'Acme' })).toBe('Back to Acme');
    expect(say('locked.wait', { time: '9:05', wait: 'in 2 minutes' })).toBe(
      'You can try again in 2 minutes, from 9:05 on.',
    );
  });

  it('never takes a value for anything but a value', () => {
    const names = ['{wait}', '$& $1 $`', '<b>Acme</b>', '{application}', '\\u0000'];
    for (const application of names) {
      expect(say('back_to', { application, wait: 'no' })).toBe(`Back to ${application}`);
    }
  });

  it('shows a place that has no value, so that it is noticed', () => {
    expect(say('back_to')).toBe('Back to {application}');
    expect(createSay({ ...en, leave: 'Leave {toString}' }, 'en')('leave')).toBe('Leave {toString}');
  });

  it('counts as its language does', () => {
    expect([1, 2].map((count) => say('again.tries_left', { count }))).toEqual([
      'One try left',
      '2 tries left',
    ]);
    const arabic = createSay(ar, 'ar');
    const forms = [1, 2, 3, 11].map((count) => arabic('again.tries_left', { count }));
    expect(new Set(forms).size).toBe(4);
    const bare: Catalogue = { ...en, 'again.tries_left': { other: 'left: {count}' } };
    expect(createSay(bare, 'en')('again.tries_left', { count: 1 })).toBe('left: 1');
  });

  it('is not turned around by a name that runs the other way', () => {
    const name = '\u0645\u0635\u0631\u0641 24';
    expect(say('back_to', { application: name })).toBe(`Back to ${isolate(name)}`);
    expect(createSay(ar, 'ar')('back_to', { application: 'Acme' })).toContain(isolate('Acme'));
  });
});
