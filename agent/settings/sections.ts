/** The sections of `agent.yaml`. Adding one is one file and one line here. */
import type { Section } from "./section.ts";

export const SECTIONS = {} as const satisfies Record<string, Section<unknown>>;

type Specs = typeof SECTIONS;

/** What the sections say, by their keys. */
export type Sections = {
  readonly [K in keyof Specs]: Specs[K] extends Section<infer T> ? T : never;
};
