import { type Found, orNull, type Part } from './part.ts';

/** Names that programs which drive browsers leave behind. */
const driverNames =
  /^(\$?cdc_|__?playwright|__pw|__?puppeteer|__\$?webdriver|__selenium|__driver_|__fxdriver|_phantom$|callPhantom$|__nightmare|domAutomation|_Selenium|_selenium|callSelenium|calledSelenium|Cypress$|__cypress|_WEBDRIVER|ChromeDriver|\$chrome_asyncScriptInfo|fmget_targets|watin|__lastWatir|awesomium$)/;
const driverAttributes = ['webdriver', 'selenium', 'driver', '__webdriver_evaluate'];
const stackWords =
  /puppeteer_evaluation_script|\bpptr:|__playwright|UtilityScript|selenium|webdriver|phantomjs|nightmare|cypress/gi;

/** Traces of programs that drive browsers. */
export const driver: Part = {
  patienceMs: 100,
  read(): Found {
    const globals = [...Object.getOwnPropertyNames(window), ...Object.getOwnPropertyNames(document)];
    const attributes = driverAttributes.filter((name) => document.documentElement.hasAttribute(name));
    return {
      webdriver: navigator.webdriver ?? null,
      webdriver_getter: webdriverGetter(),
      driver_globals: [...globals.filter((name) => driverNames.test(name)), ...attributes],
      stack_words: [...new Set(stacks().match(stackWords) ?? [])],
      chrome_keys: orNull(() => Object.keys((window as unknown as { chrome: object }).chrome)),
      plugin_flaws: orNull(pluginFlaws),
      log_is_read: logIsRead(),
      own_properties: [...Object.getOwnPropertyNames(navigator), ...Object.getOwnPropertyNames(screen)],
    };
  },
};

function webdriverGetter(): string {
  if (Object.hasOwn(navigator, 'webdriver')) return 'own';
  const { get } = Object.getOwnPropertyDescriptor(Navigator.prototype, 'webdriver') ?? {};
  if (get === undefined) return 'missing';
  return isNative(get, Function.prototype.toString) ? 'native' : 'patched';
}

/** Of errors that native functions throw at their caller. */
function stacks(): string {
  const acts = [
    () => HTMLCanvasElement.prototype.toDataURL.call(null),
    () => Object.getOwnPropertyDescriptor(Navigator.prototype, 'userAgent')?.get?.call(null),
    () => Function.prototype.toString.call(null),
    () => {
      throw new Error('here');
    },
  ];
  return acts
    .map((act) => {
      try {
        act();
        return '';
      } catch (error) {
        return error instanceof Error ? (error.stack ?? '') : '';
      }
    })
    .join('\n');
}

/** What lists of plugins lack when a script has made them. */
function pluginFlaws(): string[] {
  const { plugins, mimeTypes } = navigator;
  const flaws: string[] = [];
  if (Object.getPrototypeOf(plugins) !== PluginArray.prototype) flaws.push('plugins');
  if (Object.getPrototypeOf(mimeTypes) !== MimeTypeArray.prototype) flaws.push('types');
  if ([...plugins].some((plugin) => Object.getPrototypeOf(plugin) !== Plugin.prototype)) flaws.push('plugin');
  if ([...mimeTypes].some((type) => type.enabledPlugin === null)) flaws.push('link');
  if (['item', 'namedItem'].some((name) => Object.hasOwn(plugins, name))) flaws.push('item');
  return flaws;
}

/** V8 writes the stack of an error only when somebody reads it: a debugger that is told of everything that is logged does. */
function logIsRead(): boolean {
  const writer = Error as { prepareStackTrace?: unknown };
  const before = writer.prepareStackTrace;
  let isRead = false;
  writer.prepareStackTrace = () => {
    isRead = true;
    return '';
  };
  // biome-ignore lint/suspicious/noConsole: it prints nothing; whether somebody reads along is the question
  (console.groupEnd as (label: unknown) => void)(new Error('who reads this?'));
  if (before === undefined) delete writer.prepareStackTrace;
  else writer.prepareStackTrace = before;
  return isRead;
}

/** Whether permission and permission agree. */
export const permissions: Part = {
  patienceMs: 300,
  async read(): Promise<Found> {
    const permission = orNull(() => Notification.permission);
    const answer = await navigator.permissions
      ?.query({ name: 'notifications' })
      .catch(() => ({ state: null }));
    return { notification_permission: permission, notification_state: answer?.state ?? null };
  },
};

/** Whether a function is the browser's own: by its text and by what functions of the browser have not. */
function isNative(act: unknown, toText: typeof Function.prototype.toString): boolean {
  if (typeof act !== 'function') return true;
  return /\{\s*\[native code\]\s*\}\s*$/.test(toText.call(act)) && !Object.hasOwn(act, 'prototype');
}

/** What scripts change that want to pass for another browser, by name. */
const watched: Readonly<Record<string, () => unknown>> = {
  toString: () => Function.prototype.toString,
  toDataURL: () => HTMLCanvasElement.prototype.toDataURL,
  getContext: () => HTMLCanvasElement.prototype.getContext,
  getImageData: () => CanvasRenderingContext2D.prototype.getImageData,
  measureText: () => CanvasRenderingContext2D.prototype.measureText,
  getParameter: () => WebGLRenderingContext.prototype.getParameter,
  getChannelData: () => AudioBuffer.prototype.getChannelData,
  query: () => Permissions.prototype.query,
  getTimezoneOffset: () => Date.prototype.getTimezoneOffset,
  resolvedOptions: () => Intl.DateTimeFormat.prototype.resolvedOptions,
  userAgent: () => getterOf(Navigator.prototype, 'userAgent'),
  platform: () => getterOf(Navigator.prototype, 'platform'),
  languages: () => getterOf(Navigator.prototype, 'languages'),
  hardwareConcurrency: () => getterOf(Navigator.prototype, 'hardwareConcurrency'),
  plugins: () => getterOf(Navigator.prototype, 'plugins'),
  screenWidth: () => getterOf(Screen.prototype, 'width'),
};

const getterOf = (owner: object, name: string) => Object.getOwnPropertyDescriptor(owner, name)?.get;

/** Names of functions that are not the browser's any more. @param toText the browser's own way of writing functions */
export function patchedFunctions(toText: typeof Function.prototype.toString): string[] {
  return Object.entries(watched)
    .filter(([, take]) => !isNative(orNull(take), toText))
    .map(([name]) => name);
}
