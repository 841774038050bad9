import type { ConsentView } from '../../../src/consent-wire.ts';
import { directionOf } from '../../src/texts/language.ts';

/** In which language the words of the consent are: it need not be the page's. */
export const tongueOf = ({ language }: ConsentView) => ({ lang: language, dir: directionOf(language) });

/** Who gets what from whom, what for and until when: labelled lines. */
export function Terms({ consent }: { consent: ConsentView }) {
  return (
    <dl class="terms" {...tongueOf(consent)}>
      {consent.text.lines.map(({ label, texts }) => (
        <div key={label}>
          <dt>{label}</dt>
          {texts.map((text) => (
            <dd key={text}>{text}</dd>
          ))}
        </div>
      ))}
    </dl>
  );
}
