import { readFileSync } from 'node:fs';
import { appearanceCss } from '@selfsame/capture/domain/appearance';
import { fontStacks } from '@selfsame/capture/domain/font-stacks';
import { knownFonts } from '@selfsame/session/domain/fonts';
import { lookOf, ownLooks } from '@selfsame/session/domain/look';
import { describe, expect, it } from 'vitest';

/** Where each colour of the contract is shown that the page has a custom property for by itself. */
const shown = {
  color_primary: '--accent',
  color_secondary: '--secondary',
  color_background: '--paper',
  color_panel: '--sheet',
  color_panel_10: '--accent-soft',
  color_on_panel_1: '--ink',
  color_on_panel_2: '--muted',
  color_on_background: '--on-paper',
  color_button_1: '--button',
  color_button_text_1: '--on-button',
  color_button_text_2: '--on-button-2',
  color_pill_text: '--on-pill',
} as const;

type Properties = ReadonlyMap<string, string>;

function declarations(block: string): Properties {
  return new Map(
    [...block.matchAll(/([\w-]+):\s*([^;{}]+)/g)].map(([, name = '', value = '']) => [name, value.trim()]),
  );
}

/** The custom properties of the page's own style. */
function ownStyle(): Record<'light' | 'dark', Properties> {
  const style = readFileSync(
    new URL('../../services/capture/page/src/style/base.css', import.meta.url),
    'utf8',
  );
  const [, light = ''] = /^:root \{([^}]*)\}/m.exec(style) ?? [];
  const [, dark = ''] =
    /prefers-color-scheme: dark\) \{\s*:root:not\(\[data-lamp\]\) \{([^}]*)\}/.exec(style) ?? [];
  return {
    light: declarations(light),
    dark: new Map([...declarations(light), ...declarations(dark)]),
  };
}

function drawn(properties: Properties, name: string): string | undefined {
  const value = properties.get(name);
  const [, other] = /^var\((--[\w-]+)\)$/.exec(value ?? '') ?? [];
  return other === undefined ? value : drawn(properties, other);
}

describe.each(['light', 'dark'] as const)('the page in a %s system', (scheme) => {
  const style = ownStyle()[scheme];

  it('draws what the session service checks contrast with', () => {
    for (const [name, property] of Object.entries(shown)) {
      expect(drawn(style, property), name).toBe(ownLooks[scheme][name as keyof typeof shown]);
    }
    expect(drawn(style, '--warn')).toBe(ownLooks[scheme].warning);
  });

  it('has what a brand does not set from the set that fits its panel', () => {
    const look = lookOf({ color_panel: ownLooks[scheme].color_panel });
    const css = appearanceCss({ colors: look ?? {}, fontFamily: '', fontWeight: '', fontUrl: '' });
    const branded = declarations(css.slice(css.indexOf('{') + 1));
    for (const name of ['--warn', '--warn-soft', '--bad', '--bad-soft', '--shadow', 'color-scheme']) {
      expect(branded.get(name), name).toBe(style.get(name));
    }
    // Nothing that the page takes from the scheme of the system is left to it.
    const { light, dark } = ownStyle();
    const differing = [...dark].filter(([name, value]) => light.get(name) !== value).map(([name]) => name);
    expect(differing.filter((name) => !branded.has(name))).toEqual([]);
  });
});

it('every font that an application may name is one that the page has', () => {
  expect(Object.keys(fontStacks).sort()).toEqual([...knownFonts].sort());
});
