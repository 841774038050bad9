import type { Address } from '../../domain/addresses.ts';
import type { FactValue } from '../../domain/facts.ts';
import type { NetworkFact, RecordFacts } from './record-facts.ts';

/** What a database says of an address. */
export interface DatabaseHit extends RecordFacts {
  /** Of the network that has the record; of IPv4 addresses 0..32. */
  readonly prefixLength: number;
}

/** Kinds of knowledge that have an age of their own. */
export const areas = ['location', 'asn', 'reputation'] as const;
export type Area = (typeof areas)[number];

/** One loaded file of databases. */
export interface DatabaseSource {
  readonly type: 'database';
  /** Of the file, below the directory. */
  readonly name: string;
  /** As the file calls itself. */
  readonly databaseType: string;
  readonly builtAt: Date;
  /** Facts that can be looked for in it, with what it means that they are not there: false or nothing known. */
  readonly provides: ReadonlyMap<NetworkFact, FactValue | null>;
  readonly areas: readonly Area[];
  readonly versions: readonly (4 | 6)[];
  /** Lower ones are asked first. */
  readonly rank: number;
  /** null: it has no record. @throws Failure `mmdb_tree`, `mmdb_data` */
  look(address: Address): DatabaseHit | null;
}

/** One loaded list of addresses or networks. */
export interface ListSource {
  readonly type: 'list';
  readonly name: string;
  /** The flag that its addresses have. */
  readonly fact: NetworkFact;
  readonly builtAt: Date;
  /** Of which it has entries: a list without any of IPv6 says nothing of IPv6. */
  readonly versions: readonly (4 | 6)[];
  readonly entries: number;
  /** Lines that could not be read, by number from 1; the first ones. */
  readonly badLines: readonly number[];
  readonly badLineCount: number;
  contains(address: Address): boolean;
  /** When the list saw an address that it has, milliseconds since 1970. */
  seenAt(address: Address): number;
}

export type Source = DatabaseSource | ListSource;
