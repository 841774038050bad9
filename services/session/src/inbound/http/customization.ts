import { formOrJsonBody, type Upload } from '@selfsame/http/form-schema';
import { acceptForms } from '@selfsame/http/forms';
import type { HttpServer } from '@selfsame/http/server';
import type { Context } from '../../context.ts';
import { changeCustomization, readCustomization } from '../../customization.ts';
import type { Customization } from '../../domain/customization.ts';
import { colorNames } from '../../domain/look.ts';
import { brandFilePath } from '../../hosted-page.ts';
import { granted } from './answers.ts';
import { Customization as CustomizationBody } from './customization-schemas.ts';
import { refusals } from './schemas.ts';

const tags = ['customization'];

/** Routes of an application's white label: one resource, read whole and changed in part. */
export function customizationRoutes(api: HttpServer, context: Context): void {
  acceptForms(api, { orJson: true });

  api.get(
    '/v3/customization/',
    {
      config: { audited: false },
      schema: {
        tags,
        summary: 'Read how your hosted page looks and who may embed it',
        response: { 200: CustomizationBody, ...refusals },
      },
    },
    async (request) => view(context, await readCustomization(context, request.principal)),
  );

  api.patch(
    '/v3/customization/',
    {
      schema: {
        tags,
        summary: 'Change how your hosted page looks and who may embed it',
        ...formOrJsonBody(CustomizationBody),
        response: { 200: CustomizationBody, ...refusals },
      },
    },
    async (request) => {
      const { image_square, image_rectangular, image_favicon, font_file, font_weight, ...rest } =
        request.body;
      const settings = font_weight === undefined ? rest : { ...rest, font_weight: textOf(font_weight) };
      const files = {
        image_square: bytesOf(image_square),
        image_rectangular: bytesOf(image_rectangular),
        image_favicon: bytesOf(image_favicon),
        font_file: bytesOf(font_file),
      };
      const result = granted(await changeCustomization(context, request.principal, settings, files));
      return view(context, result.customization);
    },
  );
}

/** Absent stays absent, and null null. */
function bytesOf(upload: Upload | null | undefined): Buffer | null | undefined {
  return upload === null || upload === undefined ? upload : upload.bytes;
}

/** Clients write weights as numbers, too. */
function textOf(value: string | number | null): string | null {
  return value === null ? null : String(value);
}

/** As the contract answers it: every field, null for what was not set. */
function view({ links }: Context, { settings, files }: Customization) {
  const url = (name: string | null) => (name === null ? null : links.publicBaseUrl + brandFilePath(name));
  return {
    ...Object.fromEntries(colorNames.map((name) => [name, settings[name] ?? null])),
    border_radius_panel: settings.border_radius_panel ?? null,
    border_radius_buttons: settings.border_radius_buttons ?? null,
    font_family: settings.font_family ?? null,
    font_weight: settings.font_weight ?? null,
    font_url: url(files.font),
    logo_square: url(files.logo_square),
    logo_rectangular: url(files.logo_rectangular),
    favicon: url(files.favicon),
    app_public_name: settings.app_public_name ?? null,
    privacy_policy_url: settings.privacy_policy_url ?? null,
    skip_welcome_screen: settings.skip_welcome_screen ?? false,
    disable_login_with_didit: settings.disable_login_with_didit ?? false,
    hide_progress_bar: settings.hide_progress_bar ?? false,
    callback_seconds: settings.callback_seconds ?? null,
    allowed_origins: [...(settings.allowed_origins ?? [])],
    fallback_url: settings.fallback_url ?? null,
  };
}
