import { describe, expect, it } from 'vitest';
import type { FactName, FactValue } from './facts.ts';
import { matchRule } from './rule-matching.ts';
import { checkRules, readRules, type WrittenCondition, type WrittenRule } from './rules.ts';
import { weigh } from './weigh.ts';

const when = (field: string, operator: string, value?: unknown): WrittenCondition => ({
  field,
  operator,
  valueJson: value === undefined ? '' : JSON.stringify(value),
});
const rule = (conditions: WrittenCondition[], changes: Partial<WrittenRule> = {}): WrittenRule => ({
  name: 'step up',
  logic: 'and',
  conditions,
  action: 'PASSIVE',
  ...changes,
});

const facts: [FactName, FactValue | null][] = [
  ['session.attempts', 2],
  ['session.is_expected_address', false],
  ['session.is_application_address', null],
  ['look.challenge_method', 'ACTIVE_3D'],
  ['look.face_problem', null],
];
const weighed = weigh(new Map(facts));
const match = (...rules: WrittenRule[]) => {
  const read = readRules(rules);
  if ('mistakes' in read) throw new Error(read.mistakes.join(' '));
  return matchRule(read.rules, weighed);
};
const holds = (condition: WrittenCondition) => match(rule([condition])) !== null;

describe('a rule that is saved', () => {
  const good = when('ip_expected_mismatch', 'equals', true);

  it('is accepted when it can be matched', () => {
    expect(
      checkRules([
        rule([good, when('risk_score', 'greater_than_or_equals', 60)], { action: 'ACTIVE_3D' }),
        rule([when('risk_level', 'in', ['MEDIUM', 'high'])], { name: 'other', logic: 'or' }),
        rule([when('face_challenge_method', 'is_not_empty')], { name: 'third', action: 'SKIP' }),
        rule([], { name: 'everybody else' }),
      ]),
    ).toEqual([]);
  });

  it('is refused where all of them together are too much to go along with each assessment', () => {
    const sized = (count: number) =>
      Array.from({ length: count }, (_, at) =>
        rule([when('face_challenge_method', 'equals', 'é'.repeat(1_000))], { name: `rule ${at}` }),
      );
    expect(checkRules(sized(7))).toEqual([]);
    expect(checkRules(sized(9))).toEqual(['All rules together may have 16 KiB at most.']);
  });

  it.each<[string, WrittenRule, string]>([
    ['an unknown signal', rule([when('ip_is_evil', 'equals', true)]), 'Rule 1 (step up): ip_is_evil is not'],
    [
      'another type',
      rule([when('ip_expected_mismatch', 'greater_than', 3)]),
      'ip_expected_mismatch takes one of',
    ],
    ['an order of texts', rule([when('face_challenge_method', 'less_than', 'x')]), 'takes one of equals'],
    ['an unknown operator', rule([when('risk_score', 'regex', '.*')]), 'risk_score takes one of'],
    ['emptiness of the score', rule([when('risk_score', 'is_empty')]), 'risk_score takes one of'],
    [
      'a text for a flag',
      rule([when('ip_expected_mismatch', 'equals', 'true')]),
      'equals needs true or false',
    ],
    ['a flag for a number', rule([when('risk_score', 'equals', true)]), 'equals needs a number'],
    ['one value for a list', rule([when('risk_score', 'in', 3)]), 'in needs a list of 1 to 200 values'],
    ['an empty list', rule([when('risk_score', 'in', [])]), 'needs a list'],
    ['a level that is none', rule([when('risk_level', 'equals', 'EXTREME')]), 'needs LOW, MEDIUM or HIGH'],
    ['a value beside is_empty', rule([when('face_problem', 'is_empty', 1)]), 'is_empty takes no value'],
    [
      'no JSON',
      rule([{ field: 'risk_score', operator: 'equals', valueJson: '{' }]),
      'risk_score equals needs a number',
    ],
    ['no name', rule([good], { name: ' ' }), 'Rule 1: name must have'],
    ['a long name', rule([good], { name: 'x'.repeat(61) }), 'name must have 1 to 60'],
    ['a logic that is none', rule([good], { logic: 'xor' }), 'logic must be'],
    ['an action that is none', rule([good], { action: '' }), 'action must be one of SKIP'],
    ['too many conditions', rule(new Array(11).fill(good)), 'there may be 10 conditions'],
    ['a way in for everybody', rule([], { action: 'SKIP' }), 'SKIP needs at least one condition'],
  ])('is refused with a sentence for %s', (_, wrong, sentence) => {
    const mistakes = checkRules([wrong]);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toContain(sentence);
  });

  it('has a name of its own, and 19 others at most', () => {
    expect(checkRules([rule([good]), rule([good])])).toEqual([
      'Rule 2 (step up): another rule has the same name.',
    ]);
    const many = Array.from({ length: 21 }, (_, at) => rule([good], { name: `rule ${at}` }));
    expect(checkRules(many)).toEqual(['There may be 20 rules at most.']);
  });
});

describe('a condition', () => {
  it.each([
    [when('beh_capture_retries', 'equals', 2), true],
    [when('beh_capture_retries', 'not_equals', 2), false],
    [when('beh_capture_retries', 'greater_than', 2), false],
    [when('beh_capture_retries', 'greater_than_or_equals', 2), true],
    [when('beh_capture_retries', 'less_than', 3), true],
    [when('beh_capture_retries', 'less_than_or_equals', 1), false],
    [when('beh_capture_retries', 'in', [1, 2]), true],
    [when('beh_capture_retries', 'not_in', [1, 2]), false],
    [when('face_challenge_method', 'equals', 'active_3d'), true],
    [when('face_challenge_method', 'contains', 'ACTIVE'), true],
    [when('face_challenge_method', 'not_contains', 'flash'), true],
    [when('face_challenge_method', 'in', ['FLASHING']), false],
    [when('face_challenge_method', 'is_empty'), false],
    [when('face_challenge_method', 'is_not_empty'), true],
    [when('risk_score', 'equals', weighed.score), true],
    [when('risk_level', 'equals', 'LOW'), true],
  ])('holds or does not: %j %s', (condition, expected) => {
    expect(holds(condition)).toBe(expected);
  });

  it.each(['ip_application_mismatch', 'face_problem'])('%s is not there: only is_empty holds', (field) => {
    const value = field === 'face_problem' ? 'no_face' : true;
    expect(holds(when(field, 'is_empty'))).toBe(true);
    expect(holds(when(field, 'is_not_empty'))).toBe(false);
    expect(holds(when(field, 'equals', value))).toBe(false);
    expect(holds(when(field, 'not_equals', value))).toBe(false);
  });

  it('holds never for what nobody could look at', () => {
    for (const operator of ['is_empty', 'is_not_empty']) {
      expect(holds(when('ua_changed_in_session', operator)), operator).toBe(false);
    }
    for (const operator of ['equals', 'not_equals']) {
      expect(holds(when('ua_changed_in_session', operator, false)), operator).toBe(false);
      expect(holds(when('ua_changed_in_session', operator, true)), operator).toBe(false);
    }
  });
});

describe('the rule that applies', () => {
  const yes = when('ip_expected_mismatch', 'equals', true);
  const no = when('ip_expected_mismatch', 'equals', false);

  it('is the first one', () => {
    const matched = match(
      rule([no], { name: 'not this' }),
      rule([yes], { name: 'this', action: 'FLASHING' }),
      rule([], { name: 'nor this' }),
    );
    expect(matched).toEqual({
      rule: 1,
      name: 'this',
      action: 'FLASHING',
      because: ['ip_expected_mismatch = true'],
    });
  });

  it('needs all of its conditions, or one of them, as it says', () => {
    expect(match(rule([yes, no]))).toBeNull();
    expect(match(rule([yes, no], { logic: 'or' }))?.because).toEqual(['ip_expected_mismatch = true']);
    expect(match(rule([no, no], { logic: 'or' }))).toBeNull();
    expect(match(rule([], { logic: 'or' }))).toMatchObject({ because: [] });
  });

  it('is none when there is none', () => {
    expect(match()).toBeNull();
  });
});
