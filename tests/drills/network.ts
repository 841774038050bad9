import { type Line, openLine, type Weather } from './line.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** A line for each caller and callee. */
export interface Network {
  /** What a local run asks for: where a caller finds what listens at an address. */
  between(caller: string, callee: string, address: Address): Address;
  weather(weather: Weather): void;
  /** Connections between services fall silent; those of the edge are the gateway's business. @returns how many */
  forgetConnections(): number;
  /** A service that dies takes its port with it, while something that stands before it would still listen. */
  refuse(callee: string): Promise<void>;
  accept(callee: string): Promise<void>;
  close(): Promise<void>;
}

/** More than there are pairs of services. */
const linesAtMost = 48;

/** Lines are opened before anybody knows who needs them: a run asks when it writes its settings. */
export async function openNetwork(): Promise<Network> {
  const spare = await Promise.all(Array.from({ length: linesAtMost }, openLine));
  const lines = new Map<string, Line>();
  const leadingTo = (callee: string) =>
    [...lines].filter(([name]) => name.split(' ')[1] === callee).map(([, line]) => line);
  return {
    between(caller, callee, address) {
      const name = `${caller} ${callee} ${address.port}`;
      const line = lines.get(name) ?? spare.pop();
      if (line === undefined) throw new Error('too few lines');
      lines.set(name, line);
      line.leadTo(address);
      return { host: '127.0.0.1', port: line.port };
    },
    weather: (weather) => {
      for (const line of lines.values()) line.weather(weather);
    },
    forgetConnections: () =>
      [...lines]
        .filter(([name]) => !name.startsWith('edge '))
        .reduce((sum, [, line]) => sum + line.forgetConnections(), 0),
    refuse: async (callee) => {
      await Promise.all(leadingTo(callee).map((line) => line.refuse()));
    },
    accept: async (callee) => {
      await Promise.all(leadingTo(callee).map((line) => line.accept()));
    },
    close: async () => {
      await Promise.all([...lines.values(), ...spare].map((line) => line.close()));
    },
  };
}
