import type { Appearance } from '@selfsame/contracts/session/v1/service';
import type { Context } from './context.ts';
import { type Customization, usesOwnFont } from './domain/customization.ts';
import { lookOf } from './domain/look.ts';
import type { Session } from './domain/session.ts';
import { findCustomization } from './outbound/customization-store.ts';

/** What an application says of the hosted page, whatever the session. */
export interface HostedPage {
  /** Another way that it offers its users; null when none. */
  readonly fallbackUrl: string | null;
  /** Origins that may embed the page; empty: any. */
  readonly allowedOrigins: readonly string[];
  /** The name that it wants to be known by; null: its own. */
  readonly publicName: string | null;
  /** How it looks; null: our own look. */
  readonly appearance: Appearance | null;
}

/**
 * Reads what the application of a session says of its page: one row by its key. Who may embed the page and the other way hold
 * for every session; name and looks only where the workflow has white label.
 */
export async function hostedPage(context: Context, session: Session): Promise<HostedPage> {
  const customization = await findCustomization(context.database.db, session.application.id);
  const settings = customization?.settings ?? {};
  const isWhiteLabel = session.workflow.definition.is_white_label_enabled && customization !== null;
  return {
    fallbackUrl: settings.fallback_url ?? null,
    allowedOrigins: settings.allowed_origins ?? [],
    publicName: isWhiteLabel ? (settings.app_public_name ?? null) : null,
    appearance: isWhiteLabel ? appearanceOf(customization) : null,
  };
}

/** Where a stored file is fetched, as a path on the public base URL. */
export function brandFilePath(name: string): string {
  return `/brand-assets/${name}`;
}

function appearanceOf(customization: Customization): Appearance {
  const { settings, files } = customization;
  const path = (name: string | null) => (name === null ? '' : brandFilePath(name));
  const ownFont = usesOwnFont(customization);
  return {
    colors: lookOf(settings) ?? {},
    borderRadiusPanel: settings.border_radius_panel,
    borderRadiusButtons: settings.border_radius_buttons,
    fontFamily: ownFont ? '' : (settings.font_family ?? ''),
    fontWeight: settings.font_weight ?? '',
    fontUrl: ownFont ? path(files.font) : '',
    logoSquareUrl: path(files.logo_square),
    logoRectangularUrl: path(files.logo_rectangular),
    faviconUrl: path(files.favicon),
    privacyPolicyUrl: settings.privacy_policy_url ?? '',
    skipWelcomeScreen: settings.skip_welcome_screen ?? false,
    hideProgressBar: settings.hide_progress_bar ?? false,
    callbackSeconds: settings.callback_seconds,
  };
}
