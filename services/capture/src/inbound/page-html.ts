import { createHash } from 'node:crypto';
import { directionOf, type Language } from '../../page/src/texts/language.ts';
import { joinGzip, type Piece, pieceOf } from '../domain/gzip-pieces.ts';

/** What is this answer's own. */
export interface PageContent {
  /** What the page finds as JSON at its place. */
  readonly given: unknown;
  readonly language: Language;
  /** CSS that changes the page's look; empty: its own. */
  readonly css: string;
  /** Path of the application's icon; empty: the page's own. */
  readonly icon: string;
}

/** The HTML of one answer. */
export interface PageAnswer {
  readonly pieces: readonly Piece[];
  /** `sha256-…` of its inline styles. */
  readonly styles: readonly string[];
}

/** The page's HTML: one document that works when it arrives. */
export interface PageHtml {
  /** `sha256-…` of its inline script. */
  readonly scripts: readonly string[];
  compose(content: PageContent): Promise<PageAnswer>;
}

/** The words of a page in one language. */
export interface PageWords {
  readonly title: string;
  /** For browsers that run no script. */
  readonly noscript: string;
  /** What the page finds as JSON under the id `texts`. */
  readonly texts: unknown;
}

/**
 * @param template the built `index.html` with its places `<!--name-->`
 * @param place the name of the place, and the id, of what is given
 */
export function createPageHtml(
  template: string,
  place: 'session' | 'consent',
  wordsIn: (language: Language) => Promise<PageWords>,
): PageHtml {
  const [beforeGiven = '', afterGiven = ''] = template.split(`<!--${place}-->`);
  const scripts = hashesOf(template, 'script type="module"');
  const ownStyles = hashesOf(template, 'style');
  const rest = pieceOf(afterGiven, 9);
  const heads = new Map<Language, Promise<{ head: Piece; rest: Piece }>>();

  async function wordsOf(language: Language) {
    const { title, noscript, texts } = await wordsIn(language);
    const opening = `<html lang="${language}" dir="${directionOf(language)}">`;
    const head = fill(beforeGiven.replace(/<html[^>]*>/, opening), {
      title: escaped(title),
      texts: data('texts', { language, texts }),
    });
    const words = fill(afterGiven, { noscript: escaped(noscript) });
    return { head: pieceOf(head, 9), rest: words === afterGiven ? rest : pieceOf(words, 9) };
  }

  return {
    scripts,
    async compose({ language, css, icon, given }) {
      let words = heads.get(language);
      if (words === undefined) {
        words = wordsOf(language);
        words.catch(() => heads.delete(language));
        heads.set(language, words);
      }
      const own = [
        iconPath.test(icon) ? `<link rel="icon" href="${icon}">` : ownIcon,
        css === '' ? '' : `<style>${css}</style>`,
        data(place, given),
      ].join('');
      const { head, rest: tail } = await words;
      return {
        pieces: [head, pieceOf(own, 6), tail],
        styles: css === '' ? ownStyles : [...ownStyles, hashOf(css)],
      };
    },
  };
}

/** The whole document, compressed where the client takes it. */
export function bodyOf(pieces: readonly Piece[], takesGzip: boolean): Buffer {
  return takesGzip ? joinGzip(pieces) : Buffer.concat(pieces.map(({ plain }) => plain));
}

/** A file of the application's brand; nothing that a browser could read as another host. */
const iconPath = /^\/brand-assets\/[0-9a-f]{64}\.[a-z0-9]{2,5}$/;

/** Two outlines that share a middle: the same self. */
const ownIcon = `<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke="#0a6c5d" stroke-width="3"><ellipse cx="11.5" cy="16" rx="8.5" ry="11"/><ellipse cx="20.5" cy="16" rx="8.5" ry="11"/></svg>',
)}">`;

const hashOf = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** Of every inline element that opens with this tag. */
function hashesOf(html: string, tag: string): string[] {
  const pattern = new RegExp(`<${tag}>([\\s\\S]*?)</${tag.split(' ')[0]}>`, 'g');
  return [...html.matchAll(pattern)].map(([, text = '']) => hashOf(text));
}

function fill(html: string, values: Readonly<Record<string, string>>): string {
  return html.replace(/<!--(\w+)-->/g, (place, name: string) => values[name] ?? place);
}

/** JSON that nothing in it can end or open an element with. */
const json = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c');

/** What the page finds under this id. */
const data = (id: string, value: unknown) =>
  `<script type="application/json" id="${id}">${json(value)}</script>`;

const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
