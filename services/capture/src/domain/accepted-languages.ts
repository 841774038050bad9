/** Who names more is not asking for a language. */
const languagesMax = 20;

/** The codes of an Accept-Language header, most wanted first; what is not wanted at all (`q=0`) and `*` are left out. */
export function acceptedLanguages(header: string): string[] {
  return header
    .split(',', languagesMax)
    .map((item, index) => {
      const [code = '', ...parameters] = item.trim().split(/\s*;\s*/);
      const quality = parameters.find((parameter) => parameter.startsWith('q='));
      return { code, index, wanted: quality === undefined ? 1 : Number(quality.slice(2)) };
    })
    .filter(({ code, wanted }) => /^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(code) && wanted > 0)
    .sort((one, other) => other.wanted - one.wanted || one.index - other.index)
    .map(({ code }) => code);
}
