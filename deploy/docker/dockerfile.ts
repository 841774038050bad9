/** One instruction of a Dockerfile, its continued lines joined. */
interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** What a Dockerfile does, stage by stage; those before the first FROM are global. */
interface Dockerfile {
  readonly global: readonly Instruction[];
  readonly stages: readonly {
    readonly from: string;
    readonly name?: string;
    readonly instructions: readonly Instruction[];
  }[];
}

/** Reads a Dockerfile without heredocs. */
function readDockerfile(text: string): Dockerfile {
  const global: Instruction[] = [];
  const stages: { from: string; name?: string; instructions: Instruction[] }[] = [];
  const lines = text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n');
  for (const line of lines.map((each) => each.trim()).filter(Boolean)) {
    const [name = '', ...words] = line.split(/\s+/);
    if (name.toUpperCase() === 'FROM') {
      const [from = '', , alias] = words;
      stages.push({ from, ...(alias === undefined ? {} : { name: alias }), instructions: [] });
    } else (stages.at(-1)?.instructions ?? global).push({ name: name.toUpperCase(), rest: words.join(' ') });
  }
  return { global, stages };
}

/** What is wrong with a Dockerfile of this repository, in words; nothing for a good one. */
export function dockerfileTroubles(text: string): string[] {
  const { global, stages } = readDockerfile(text);
  const troubles: string[] = [];
  const all = [...global, ...stages.flatMap(({ instructions }) => instructions)];
  const final = stages.at(-1)?.instructions ?? [];
  const rest = (name: string) => final.filter((each) => each.name === name).map((each) => each.rest);
  const defaults = global.filter(({ name }) => name === 'ARG').map((each) => each.rest);

  for (const { from } of stages) {
    const argument = /^\$\{(\w+)\}$/.exec(from)?.[1];
    const image = defaults.find((each) => each.startsWith(`${argument}=`))?.slice(`${argument}=`.length);
    if (image === undefined) troubles.push(`FROM ${from} is no image named by an argument`);
    else if (!/:[\w.-]+(@sha256:[0-9a-f]{64})?$/.test(image) || /:latest/.test(image)) {
      troubles.push(`${image} has no version`);
    }
  }
  if (!all.some(({ name, rest: words }) => name === 'RUN' && words.includes('check-arguments.sh'))) {
    troubles.push('nothing refuses a base without a digest');
  }
  if (!/^[1-9]\d*:[1-9]\d*$/.test(rest('USER').at(-1) ?? '')) troubles.push('USER is no number, or root');
  if (all.some(({ name }) => name === 'ADD'))
    troubles.push('ADD fetches and unpacks what nobody has checked');
  for (const { name, rest: words } of all) {
    const names = [...words.matchAll(/(?:^|\s)(\w+)(?==|$)/g)].map((match) => match[1] ?? '');
    const secret =
      (name === 'ARG' || name === 'ENV') &&
      names.find((each) => /KEY|SECRET|TOKEN|PASSWORD|CREDENTIAL/.test(each));
    if (secret) troubles.push(`${name} ${secret} would stay in the image`);
  }
  for (const label of ['title', 'description', 'licenses', 'source', 'revision', 'version', 'base.name']) {
    if (!rest('LABEL').some((each) => each.includes(`org.opencontainers.image.${label}=`))) {
      troubles.push(`the label ${label} is missing`);
    }
  }
  const copies = rest('COPY');
  if (copies.length !== 1 || copies[0] !== '--from=build /image /') {
    troubles.push('the image holds something other than what was assembled');
  }
  if (rest('RUN').length > 0) troubles.push('RUN in the last stage needs a shell there');
  if (rest('STOPSIGNAL').at(-1) !== 'SIGTERM') troubles.push('it is not told to stop by SIGTERM');
  if (rest('HEALTHCHECK').at(-1) !== 'NONE') troubles.push('HEALTHCHECK is not NONE');
  if (rest('ENTRYPOINT').at(-1) !== '["node"]') troubles.push('node is not what runs');
  if (![...rest('ENTRYPOINT'), ...rest('CMD')].every((each) => each.startsWith('[')))
    troubles.push('a shell would run it');
  return troubles;
}
