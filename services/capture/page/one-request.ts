import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Where script that is not a file keeps what the files loaded later take from it. */
const shelf = 'globalThis.$page';

/**
 * Puts the entry's script and style into the HTML, so that one request brings a page that works.
 *
 * An inline script has no address, so nobody can import from it: what it would export it lays on a shelf, and the files
 * that come later take it from there. Its own imports are made absolute for the same reason.
 * @param template HTML beside the config with the places `<!--style-->` and `<!--script-->`
 */
export function oneRequest(template: string): Plugin {
  let root = '';
  return {
    name: 'one-request',
    enforce: 'post',
    configResolved(config) {
      root = config.root;
    },
    // After vite has said which styles each later file brings with it.
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const files = Object.values(bundle);
        const chunks = files.filter((file) => file.type === 'chunk');
        const entry = chunks.find((chunk) => chunk.isEntry);
        if (entry === undefined) throw new Error('the page has no entry');
        const name = entry.fileName.slice(entry.fileName.lastIndexOf('/') + 1);
        const folder = `/${entry.fileName.slice(0, -name.length)}`;

        let style = '';
        for (const file of entry.viteMetadata?.importedCss ?? []) {
          const asset = bundle[file];
          if (asset?.type === 'asset') style += String(asset.source).trim();
          delete bundle[file];
        }
        for (const chunk of chunks) if (chunk !== entry) chunk.code = takeFromShelf(chunk.code, name);
        for (const file of entry.viteMetadata?.importedCss ?? []) {
          for (const chunk of chunks) chunk.code = withoutStyle(chunk.code, file);
        }
        const script = layOnShelf(entry.code)
          .replaceAll('import("./', `import("${folder}`)
          .replaceAll('import(`./', `import(\`${folder}`);
        delete bundle[entry.fileName];

        const html = readFileSync(join(root, template), 'utf8')
          .replace('<!--style-->', () => `<style>${style}</style>`)
          .replace('<!--script-->', () => `<script type="module">${closed(script)}</script>`);
        this.emitFile({ type: 'asset', fileName: template, source: html });
      },
    },
  };
}

/** Script text ends at the first closing tag, even inside a string. */
const closed = (script: string) => script.trim().replaceAll('</script', '<\\/script');

/** A file that asks for a style before it loads another one, no longer asks for this one: it is in the HTML. */
function withoutStyle(code: string, file: string): string {
  const [, list = ''] = /m\.f=\[([^\]]*)\]/.exec(code) ?? [];
  const index = list.split(',').indexOf(`"${file}"`);
  if (index < 0) return code;
  return code
    .replace(list, () => list.replace(file, ''))
    .replace(/__vite__mapDeps\(\[([\d,]+)\]\)/g, (_all, asked: string) => {
      const rest = asked.split(',').filter((one) => Number(one) !== index);
      return `__vite__mapDeps([${rest.join(',')}])`;
    });
}

/** `export { a as b, c }` becomes an object of getters under the names that others ask for. */
function layOnShelf(code: string): string {
  return code.replace(/export\s*\{([^}]*)\}\s*;?\s*$/, (_all, list: string) => {
    const getters = pairs(list).map(([own, outer]) => `get ${outer}(){return ${own}}`);
    return `${shelf}={${getters.join(',')}};`;
  });
}

/** `import { b as x } from "./entry.js"` takes x from the shelf. */
function takeFromShelf(code: string, entry: string): string {
  const pattern = new RegExp(
    `import\\s*\\{([^}]*)\\}\\s*from\\s*["'\`][^"'\`]*${entry.replaceAll('.', '\\.')}["'\`];?`,
    'g',
  );
  const taken = code.replace(pattern, (_all, list: string) => {
    const names = pairs(list).map(([outer, own]) => (outer === own ? own : `${outer}:${own}`));
    return `const{${names.join(',')}}=${shelf};`;
  });
  if (taken.includes(entry)) throw new Error(`a later file still imports ${entry}`);
  return taken;
}

/** Each `a as b` of a list, `a` alone as `a as a`. */
function pairs(list: string): [string, string][] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => {
      const [from = '', to = from] = item.split(/\s+as\s+/);
      return [from, to];
    });
}
