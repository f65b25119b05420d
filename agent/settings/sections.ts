/** The sections of `agent.yaml`. Adding one is one file and one line here. */
import { abuseipdb } from "./abuseipdb.ts";
import { assets, identities } from "./assets.ts";
import { delivery } from "./delivery.ts";
import { disable } from "./disable.ts";
import { except } from "./except.ts";
import { geography } from "./geography.ts";
import { lists } from "./lists.ts";
import { params } from "./params.ts";
import { risk } from "./risk.ts";
import type { Section } from "./section.ts";
import { severity } from "./severity.ts";
import { sinks } from "./sinks.ts";
import { threat_lists } from "./threat_lists.ts";

export const SECTIONS = {
  params,
  lists,
  disable,
  severity,
  except,
  risk,
  delivery,
  sinks,
  assets,
  identities,
  geography,
  threat_lists,
  abuseipdb,
} as const satisfies Record<string, Section<unknown>>;

type Specs = typeof SECTIONS;

/** What the sections say, by their keys. */
export type Sections = {
  readonly [K in keyof Specs]: Specs[K] extends Section<infer T> ? T : never;
};
