import { describe, expect, it } from 'vitest';
import { redirectTarget } from './redirect.ts';

describe('the way back to the application', () => {
  it.each([
    ['https://app.example/done', 'https://app.example/done?verificationSessionId=s%2F1&status=In%20Review'],
    [
      'https://app.example/done?a=1&b=%20x&flag#top',
      'https://app.example/done?a=1&b=%20x&flag&verificationSessionId=s%2F1&status=In%20Review#top',
    ],
    ['acme://signed-in', 'acme://signed-in?verificationSessionId=s%2F1&status=In%20Review'],
    ['acme:done', 'acme:done?verificationSessionId=s%2F1&status=In%20Review'],
  ])('%s keeps what it had and gains the outcome', (callback, expected) => {
    expect(redirectTarget(callback, 's/1', 'In Review')).toBe(expected);
  });

  it.each([
    '',
    'not a url',
    'javascript:alert(1)',
    ' JavaScript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'blob:https://app.example/1',
    'file:///etc/passwd',
  ])('%j leads nowhere', (callback) => {
    expect(redirectTarget(callback, 's-1', 'Approved')).toBeNull();
  });
});
