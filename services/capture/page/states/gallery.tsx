import { render } from 'preact';
import { useState } from 'preact/hooks';
import { languages } from '../src/texts/language.ts';
import { stateNames } from './fixtures.ts';

const sizes = {
  phone: { inlineSize: 390, blockSize: 760 },
  'small phone': { inlineSize: 320, blockSize: 568 },
  desktop: { inlineSize: 900, blockSize: 760 },
} as const;

/** Every state of the page side by side, in one language, look and size at a time. */
function Gallery() {
  const [language, setLanguage] = useState('en');
  const [theme, setTheme] = useState('light');
  const [size, setSize] = useState<keyof typeof sizes>('phone');
  const [text, setText] = useState('100');
  const query = new URLSearchParams({ lang: language, theme, text });
  const { inlineSize, blockSize } = sizes[size];
  return (
    <>
      <header>
        <h1>States of the page</h1>
        <Choice name="Language" value={language} values={languages} choose={setLanguage} />
        <Choice name="Look" value={theme} values={['light', 'dark']} choose={setTheme} />
        <Choice
          name="Size"
          value={size}
          values={Object.keys(sizes)}
          choose={(chosen) => setSize(chosen as keyof typeof sizes)}
        />
        <Choice name="Text, %" value={text} values={['100', '150', '200']} choose={setText} />
      </header>
      <main>
        {stateNames.map((name) => (
          <figure key={name}>
            <figcaption>
              <a href={`/__states/${name}?${query}`}>{name}</a>
            </figcaption>
            <iframe
              title={name}
              src={`/__states/${name}?${query}`}
              width={inlineSize}
              height={blockSize}
              loading="lazy"
            />
          </figure>
        ))}
      </main>
    </>
  );
}

function Choice(props: {
  name: string;
  value: string;
  values: readonly string[];
  choose: (value: string) => void;
}) {
  return (
    <label>
      {props.name}{' '}
      <select value={props.value} onChange={(event) => props.choose(event.currentTarget.value)}>
        {props.values.map((value) => (
          <option key={value}>{value}</option>
        ))}
      </select>
    </label>
  );
}

const root = document.getElementById('states');
if (root !== null) render(<Gallery />, root);
