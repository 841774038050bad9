import { defaultRules } from '@selfsame/session/domain/adaptive';
import { expect, it } from 'vitest';
import { checkRules } from '../../services/fraud-signals/src/domain/rules.ts';

it('the rules that workflows start with are about signals that there are', () => {
  const written = defaultRules.map(({ name, logic, rules, action }) => ({
    name,
    logic,
    action,
    conditions: rules.map(({ field, operator, value }) => ({
      field,
      operator,
      valueJson: JSON.stringify(value),
    })),
  }));
  expect(checkRules(written)).toEqual([]);
  const hides = written.find(({ action }) => action === 'ACTIVE_3D');
  expect(hides?.conditions.map(({ field }) => field)).toContain('page_told_nothing');
  expect(checkRules([{ name: 'x', logic: 'and', action: 'PASSIVE', conditions: [] }])).toEqual([]);
});
