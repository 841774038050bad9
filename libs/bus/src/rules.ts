/** What one field of a stream's or consumer's configuration has to be. */
export interface Rule<Config> {
  readonly field: keyof Config & string;
  /** In words, for people. */
  readonly wanted: string;
  holds(config: Partial<Config>): boolean;
  /** The update that sets it right; without one the service refuses to start. */
  readonly mend?: Partial<Config>;
}

/**
 * @returns `wrong`: what nothing but an operator can set right, `field is value, not wanted`; `mended`: likewise what
 *   `changes` sets right
 */
export function compare<Config extends object>(
  config: Partial<Config>,
  rules: readonly Rule<Config>[],
): { wrong: string[]; mended: string[]; changes: Partial<Config> } {
  const broken = rules.filter((rule) => !rule.holds(config));
  const words = ({ field, wanted }: Rule<Config>) => `${field} is ${inWords(config[field])}, not ${wanted}`;
  return {
    wrong: broken.filter(({ mend }) => !mend).map(words),
    mended: broken.filter(({ mend }) => mend).map(words),
    changes: Object.assign({}, ...broken.map(({ mend }) => mend)),
  };
}

function inWords(value: unknown): string {
  if (value === undefined || value === '') return 'unset';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
