import { isKnownFont, knownFonts } from './fonts.ts';
import type { ColorName } from './look.ts';
import { contrastMistakes } from './look.ts';

/** What an application may say of its hosted page, by the names that `/v3/customization/` has for it. */
export type Settings = Partial<
  Readonly<Record<ColorName, string>> & {
    /** Pixels, 0 to 40. */
    readonly border_radius_panel: number;
    readonly border_radius_buttons: number;
    /** One of `knownFonts`, or the name of the uploaded font. */
    readonly font_family: string;
    /** 100 to 900, normal or bold. */
    readonly font_weight: string;
    readonly app_public_name: string;
    readonly privacy_policy_url: string;
    readonly skip_welcome_screen: boolean;
    readonly disable_login_with_didit: boolean;
    readonly hide_progress_bar: boolean;
    /** How long a verdict is shown before the redirect, 0 to 60. */
    readonly callback_seconds: number;
    /** Who may embed the page, as sources of `frame-ancestors`; empty or absent: anyone. */
    readonly allowed_origins: readonly string[];
    readonly fallback_url: string;
  }
>;

/** The files of a brand: names of stored files, `{sha256}.{extension}`; null where there is none. */
export interface Files {
  readonly logo_square: string | null;
  readonly logo_rectangular: string | null;
  readonly favicon: string | null;
  readonly font: string | null;
}

/** All that an application has said of its hosted page; what is absent is as the page has it by itself. */
export interface Customization {
  readonly settings: Settings;
  readonly files: Files;
}

/** What is to be changed: absent stays, null goes. */
export type SettingsChange = { readonly [Name in keyof Settings]?: Settings[Name] | null };
export type FilesChange = { readonly [Name in keyof Files]?: string | null };

export const noCustomization: Customization = {
  settings: {},
  files: { logo_square: null, logo_rectangular: null, favicon: null, font: null },
};

/**
 * Applies a change whose values are good by themselves, and checks what they make together: the font's file, and the
 * contrast of every pair of colours that the page draws and that the change touches.
 * @returns mistakes by field, in sentences
 */
export function changed(
  from: Customization,
  settings: SettingsChange,
  files: FilesChange,
): { next: Customization } | { errors: Record<string, string[]> } {
  const next: Customization = {
    settings: Object.fromEntries(
      Object.entries({ ...from.settings, ...settings }).filter(
        ([, value]) => value !== null && value !== undefined,
      ),
    ),
    files: { ...from.files, ...files },
  };
  const errors = { ...fontMistake(next), ...contrastMistakes(next.settings, Object.keys(settings)) };
  return Object.keys(errors).length > 0 ? { errors } : { next };
}

function fontMistake({ settings, files }: Customization): Record<string, string[]> {
  const { font_family: family } = settings;
  if (family === undefined || isKnownFont(family) || files.font !== null) return {};
  const known = knownFonts.join(', ');
  return {
    font_family: [`"${family}" needs its file: send it as font_file (WOFF2), or choose one of: ${known}.`],
  };
}

/** Whether texts are set in the uploaded font: it has a file, and no font of the page is chosen. */
export function usesOwnFont({ settings, files }: Customization): boolean {
  return files.font !== null && (settings.font_family === undefined || !isKnownFont(settings.font_family));
}
