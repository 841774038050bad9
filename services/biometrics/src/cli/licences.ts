import type { ModelAsset } from '../assets.ts';

/** What comes with the weights: who made each file, under which licence, and what was done to it. */
export function modelNotice(assets: readonly ModelAsset[]): string {
  const entries = assets.map(
    ({ name, use, licence, origin, sha256, caution }) =>
      `## ${name}\n\n` +
      `- for: ${use}\n` +
      `- licence: ${licence.spdx}, ${licence.copyright}\n` +
      `- origin: ${origin.repository} at ${origin.commit}\n` +
      `- source: ${origin.url}, ${origin.how}\n` +
      `- SHA-256: ${sha256}\n${caution ? `- caution: ${caution}\n` : ''}`,
  );
  return (
    '# Face models for Selfsame\n\n' +
    'Set SELFSAME_ASSETS to this directory. The full texts of the licences lie in LICENSES.\n\n' +
    entries.join('\n')
  );
}

/** The MIT licence with the copyright lines of every file that is under it. */
export function mitLicence(assets: readonly ModelAsset[]): string {
  const owners = assets
    .filter(({ licence }) => licence.spdx === 'MIT')
    .map(({ licence }) => licence.copyright);
  return `MIT License

${[...new Set(owners)].join('\n')}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;
}
