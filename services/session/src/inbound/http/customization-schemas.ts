import { RemovableFileField } from '@selfsame/http/form-schema';
import { Nullable } from '@selfsame/http/schemas';
import { defineFormat } from '@selfsame/http/validation';
import Type, { type TSchema } from 'typebox';
import { maxSide } from '../../domain/brand-file.ts';
import { isColour } from '../../domain/colour.ts';
import { isFontName, knownFonts } from '../../domain/fonts.ts';
import { isEmbeddingOrigin, isFallbackLink, isHttpsUrl } from '../../domain/links.ts';

defineFormat('hex-colour', isColour, 'Enter a colour as #RRGGBB or #RGB.');
defineFormat('https-url', isHttpsUrl, 'Enter a whole https URL.');
defineFormat('font-name', isFontName, 'Enter the name of a font: letters, digits, spaces, - and _.');
defineFormat('font-weight', isFontWeight, 'Enter 100, 200, … 900, normal or bold.');
defineFormat('public-name', isPublicName, 'Enter a name that can be read.');
defineFormat('fallback-link', isFallbackLink, 'Enter a whole https URL, or a link of your app.');
defineFormat(
  'embedding-origin',
  isEmbeddingOrigin,
  'Enter an origin such as https://app.example.com or https://*.example.com, without a path. http is for localhost.',
);

function isFontWeight(text: string): boolean {
  return /^([1-9]00|normal|bold)$/.test(text);
}

function isPublicName(text: string): boolean {
  return text.trim() !== '' && !/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u.test(text);
}

/** A field that null or an empty text sets back. */
const settable = <Schema extends TSchema>(schema: Schema) => Type.Optional(Nullable(schema));

const colour = (description: string) =>
  settable(Type.String({ format: 'hex-colour', description: `${description} #RRGGBB or #RGB` }));
const radius = (description: string) =>
  settable(Type.Integer({ minimum: 0, maximum: 40, description: `${description} Pixels` }));
const flag = (description: string) => settable(Type.Boolean({ description }));
const link = (format: string, description: string) =>
  settable(Type.String({ format, maxLength: 2_048, description }));
const fileUrl = (description: string) =>
  Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], readOnly: true, description }));

const pictureMaxBytes = 1024 * 1024;
const fontMaxBytes = 300 * 1024;
const picture = (description: string) => {
  const limits = `PNG, JPEG, WebP or ICO, at most 1 MB and ${maxSide} pixels a side; SVG is refused`;
  const text = `${description} ${limits}. null or an empty text removes it`;
  return Type.Optional(RemovableFileField({ maxBytes: pictureMaxBytes, description: text }));
};

/** `/v3/customization/`: what it takes, what it answers and what its description says. */
export const Customization = Type.Object(
  {
    color_primary: colour('Links, icons, the ring around the face.'),
    color_secondary: colour('Small headings and drawings.'),
    color_background: colour('Behind the panel, on wide screens.'),
    color_panel: colour('The panel that holds everything.'),
    color_panel_10: colour('Soft surfaces on the panel: behind icons and pills.'),
    color_on_panel_1: colour('Headings and texts on the panel.'),
    color_on_panel_2: colour('Quieter texts on the panel.'),
    color_on_background: colour('Texts on the background; at present there are none.'),
    color_button_1: colour('The button that goes on.'),
    color_button_2: colour('Other buttons.'),
    color_button_text_1: colour('On the button that goes on.'),
    color_button_text_2: colour('On other buttons.'),
    color_pill_text: colour('In pills, such as hints that say that all is well.'),
    border_radius_panel: radius('Of the panel, on wide screens.'),
    border_radius_buttons: radius('Of buttons.'),
    font_family: settable(
      Type.String({
        format: 'font-name',
        description: `Name of the uploaded font, or one of: ${knownFonts.join(', ')}`,
      }),
    ),
    font_weight: settable(
      Type.Union([
        Type.String({ format: 'font-weight', description: 'Of texts: 100, 200, … 900, normal or bold' }),
        Type.Integer({ minimum: 100, maximum: 900, multipleOf: 100 }),
      ]),
    ),
    font_url: fileUrl('Where the uploaded font is'),
    logo_square: fileUrl('Where image_square is'),
    logo_rectangular: fileUrl('Where image_rectangular is'),
    favicon: fileUrl('Where image_favicon is'),
    image_square: picture('Instead of the monogram.'),
    image_rectangular: picture('The same, where there is no square one.'),
    image_favicon: picture('Icon of the browser tab.'),
    app_public_name: settable(
      Type.String({ format: 'public-name', maxLength: 50, description: 'What the page calls you' }),
    ),
    privacy_policy_url: link('https-url', 'Linked where the page speaks of privacy'),
    skip_welcome_screen: flag('Explain less before the consent, which is always asked for'),
    disable_login_with_didit: flag('Kept and shown: this installation has no such login'),
    hide_progress_bar: flag('Do not show how far the user has come'),
    callback_seconds: settable(
      Type.Integer({
        minimum: 0,
        maximum: 60,
        description: 'How long a verdict is shown before the callback',
      }),
    ),
    font_file: Type.Optional(
      RemovableFileField({
        maxBytes: fontMaxBytes,
        description: 'Extension of this installation: a font as WOFF2, at most 300 KB',
      }),
    ),
    allowed_origins: settable(
      Type.Array(Type.String({ format: 'embedding-origin', maxLength: 255 }), {
        maxItems: 20,
        uniqueItems: true,
        description:
          'Extension of this installation: who may embed the page, for every workflow; none: anyone. In a form: a JSON text',
      }),
    ),
    fallback_url: link(
      'fallback-link',
      'Extension of this installation: another way for users who cannot or will not show their face, for every workflow',
    ),
  },
  { additionalProperties: false },
);
