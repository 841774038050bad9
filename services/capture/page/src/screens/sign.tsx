/** The application's logo, or the first letter of its name. */
export function Sign({ name, logo }: { name: string; logo: string }) {
  if (logo !== '') return <img class="logo" src={logo} alt="" />;
  return <span class="monogram">{[...name.trim()][0]?.toUpperCase() ?? ''}</span>;
}
