import type { en } from './en.ts';
import { directionOf } from './language.ts';

/** The name of a text: `screen.what`. English has them all. */
export type Key = keyof typeof en;

/** One text in as many forms as its language counts with. */
export type Plural = { readonly [category in Intl.LDMLPluralRule]?: string } & { readonly other: string };

/** A text, with places for values as `{name}`. One that counts has forms, chosen by the value `count`. */
export type Message = string | Plural;

/** All texts of one language, flat: it travels as JSON. */
export type Catalogue<K extends string = Key> = { readonly [key in K]: Message };

/** What goes into the places of a text. Always shown as it is, whatever it contains. */
export type Values = Readonly<Record<string, string | number>>;

/** Says a text in the page's language. A place without a value stays as it is written, so that it is seen. */
export type Say<K extends string = Key> = (key: K, values?: Values) => string;

/** @param language the code that the catalogue is written in, for its plurals, numbers and direction */
export function createSay<K extends string>(catalogue: Catalogue<K>, language: string): Say<K> {
  // Made when the first text counts: they take a cheap phone longer than drawing its first screen.
  let plurals: Intl.PluralRules | undefined;
  let numbers: Intl.NumberFormat | undefined;
  const formOf = (count: number) => {
    plurals ??= new Intl.PluralRules(language);
    return plurals.select(count);
  };
  const written = (count: number) => {
    numbers ??= new Intl.NumberFormat(language);
    return numbers.format(count);
  };
  const shown = (value: string | number) =>
    typeof value === 'number' ? written(value) : isolated(value, language);
  return (key, values = {}) => {
    const message = catalogue[key];
    const text =
      typeof message === 'string' ? message : (message[formOf(Number(values.count))] ?? message.other);
    return text.replace(/\{(\w+)\}/g, (place, name: string) => {
      const value: unknown = values[name];
      return typeof value === 'string' || typeof value === 'number' ? shown(value) : place;
    });
  };
}

/** Letters of Hebrew, Arabic and their relatives. */
const rightToLeftLetters = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A name that may run against the sentence is walled in (first strong isolate), so that it moves nothing around it. */
function isolated(value: string, language: string): string {
  const mayRunAgainst = directionOf(language) === 'rtl' || rightToLeftLetters.test(value);
  return mayRunAgainst ? `\u2068${value}\u2069` : value;
}
