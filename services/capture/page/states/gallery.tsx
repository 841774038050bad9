import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { languages } from '../src/texts/language.ts';
import { groups } from './fixtures.ts';

const sizes = {
  phone: { inlineSize: 390, blockSize: 760 },
  'small phone': { inlineSize: 320, blockSize: 568 },
  desktop: { inlineSize: 900, blockSize: 760 },
} as const;

/** Every state of the page side by side under headings, in one language, look and size at a time. */
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
        {Object.entries(groups).map(([heading, group]) => (
          <section key={heading}>
            <h2>{heading}</h2>
            {Object.keys(group).map((name) => (
              <figure key={name}>
                <figcaption>
                  <a href={`/__states/${name}?${query}`}>{name}</a>
                </figcaption>
                <Frame name={name} query={query.toString()} width={inlineSize} height={blockSize} />
              </figure>
            ))}
          </section>
        ))}
      </main>
    </>
  );
}

/** A state while it is near what is looked at: each draws a camera, and a hundred of them are too much at once. */
function Frame(props: { name: string; query: string; width: number; height: number }) {
  const { name, query, width, height } = props;
  const place = useRef<HTMLDivElement>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    if (place.current === null) return;
    const watch = new IntersectionObserver(
      (entries) => setNear(entries.some(({ isIntersecting }) => isIntersecting)),
      { rootMargin: '300px' },
    );
    watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  return (
    <div ref={place} class="frame" style={{ inlineSize: `${width}px`, blockSize: `${height}px` }}>
      {isNear ? (
        <iframe title={name} src={`/__states/${name}?${query}`} width={width} height={height} />
      ) : null}
    </div>
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
