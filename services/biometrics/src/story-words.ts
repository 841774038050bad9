import type { TemplateHistoryTable } from './outbound/tables.ts';

const words: Readonly<Record<TemplateHistoryTable['kind'], string>> = {
  enrolled: "this look became its user's template",
  granted: "this look became its user's template, by a grant",
  renewed: "this look took the template's place under the new key version",
  adapted: 'the template was adapted to how its user looks today',
  reverted: 'the template was put back to an earlier one',
};

/**
 * What a look did to its user's template, for people: a sign-in may enrol as well, the first time or in place of an earlier look.
 * @param hadTemplate whether it was compared with a template that the user had
 */
export function changeWords(kind: TemplateHistoryTable['kind'], hadTemplate: boolean): string {
  if (kind !== 'enrolled') return words[kind];
  return `${words.enrolled}, ${hadTemplate ? 'in place of an earlier look' : 'the first one'}`;
}
