/** Fonts that an application may choose by name: families that devices have, each with others to fall back on. */
export const fontStacks = {
  'system-ui': 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif',
  Arial: 'Arial,"Liberation Sans",Helvetica,sans-serif',
  Helvetica: '"Helvetica Neue",Helvetica,Arial,sans-serif',
  Verdana: 'Verdana,"DejaVu Sans",Geneva,sans-serif',
  Tahoma: 'Tahoma,Verdana,"DejaVu Sans",sans-serif',
  'Trebuchet MS': '"Trebuchet MS","Segoe UI",Verdana,sans-serif',
  'Segoe UI': '"Segoe UI",system-ui,Roboto,"Helvetica Neue",sans-serif',
  Roboto: 'Roboto,system-ui,"Segoe UI","Helvetica Neue",sans-serif',
  Georgia: 'Georgia,"Times New Roman","DejaVu Serif",serif',
  'Times New Roman': '"Times New Roman","Liberation Serif",Times,serif',
  'Courier New': '"Courier New","Liberation Mono",Courier,monospace',
  'sans-serif': 'sans-serif',
  serif: 'serif',
  monospace: 'ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace',
} as const;
