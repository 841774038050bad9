/** The 54 interface languages of the contract. */
export const languages: readonly string[] = (
  'ar bg bn bs ca cnr cs da de el en es et fa fi fr he hi hr hu hy id it ja ka kk ko ky lt lv mk mn ms nl no pl pt ' +
  'pt-BR ro ru sk sl so sq sr sv th tr uk uz vi zh zh-CN zh-TW'
).split(' ');
