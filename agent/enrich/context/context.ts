/** What is known of the values that alerts name: read at the start, and again while a run goes on. */
import {
  NO_SURROUNDINGS,
  setSurroundings,
  type Surroundings,
} from "../../../compiler/functions/surroundings.ts";
import type { IrRule } from "../../../compiler/ir/program.ts";
import { riskWeights } from "../../../compiler/ir/risk_weights.ts";
import type { Span } from "../../../grammar/ast.ts";
import { durationText } from "../../../grammar/literals.ts";
import type { AlertChange } from "../../event.ts";
import { reason } from "../../sources/files.ts";
import { AssetTable } from "./assets.ts";
import type { Database } from "./geography.ts";
import { Marker, type MarkSources, type RaiseTable, type Raising } from "./marks.ts";
import { Copies } from "./copies.ts";
import {
  isUrl,
  Resource,
  type ResourceOptions,
  type ResourceSetting,
  shownSource,
} from "./resource.ts";
import type { ThreatList } from "./entries.ts";
import { type ListOptions, MOST_LIST, readThreatList } from "./threat_list.ts";

/** A path of `agent.yaml`, and where it stands there. */
export interface FileSetting {
  readonly path: string;
  readonly span: Span;
}

/** What `assets:` or `identities:` says. */
export interface AssetsSetting {
  readonly files: readonly FileSetting[];
  readonly raise: RaiseTable;
}

/** The sections of `agent.yaml` that are about it. */
export interface ContextSettings {
  readonly assets: AssetsSetting;
  readonly identities: AssetsSetting;
  readonly geography: readonly ResourceSetting[];
  readonly threat_lists: readonly (ListOptions & {
    readonly name: string;
    readonly source: ResourceSetting;
  })[];
}

/** What keeps a section from being set up, at its place in `agent.yaml`. */
export interface ContextProblem {
  readonly span: Span;
  readonly message: string;
  readonly help: string;
}

/** Told what happens while a run goes on. */
export interface ContextListeners {
  readonly notice: (text: string) => void;
  /** Addresses are not asked. */
  readonly offline?: boolean;
  /** What is stale or missing now. */
  readonly health?: (message: string) => void;
  /** The rules as they are loaded now: what they weigh risk by. */
  readonly rules?: () => readonly IrRule[];
  /** The folder in which answers of addresses are kept over restarts; null where nothing is. */
  readonly copies?: string | null;
}

/** Largest table, in bytes, and mistakes of one that are told. */
const MOST_BYTES = 256 * 1024 ** 2, MOST_TOLD = 10;

/** What is read of one configuration. */
interface State {
  readonly assets: Raising | null;
  readonly identities: Raising | null;
  readonly databases: readonly Resource<Database>[];
  readonly lists: readonly {
    readonly name: string;
    /** How its text is read. */
    readonly how: string;
    readonly resource: Resource<ThreatList>;
  }[];
  /** Several databases as one; made where there are some. */
  readonly geographyOf: ((databases: readonly Database[]) => MarkSources["geography"]) | null;
}

const NOTHING: State = {
  assets: null,
  identities: null,
  databases: [],
  lists: [],
  geographyOf: null,
};

/** One for a process: what functions of rules know is its knowledge. */
export class Context {
  #state = NOTHING;
  #marker = this.#markerOf({ assets: null, identities: null, geography: null, lists: null });

  readonly #copies: Copies | null;

  constructor(private readonly listeners: ContextListeners) {
    this.#copies = listeners.copies ? new Copies(listeners.copies) : null;
  }

  mark(changes: readonly AlertChange[]): AlertChange[] {
    return this.#marker.mark(changes);
  }

  /**
   * Takes what the sections say; nothing of it where there is a problem. A file that cannot be read is
   * one; an address that does not answer is told and asked again.
   */
  async load(given: ContextSettings): Promise<{ problems: ContextProblem[] }> {
    const settings = this.listeners.offline ? withoutUrls(given) : given;
    const problems: ContextProblem[] = [];
    const state: State = {
      assets: await raising("asset", settings.assets, problems),
      identities: await raising("identity", settings.identities, problems),
      ...await this.#databases(settings.geography, problems),
      lists: await this.#lists(settings.threat_lists, problems),
    };
    if (problems.length > 0) return { problems };
    this.close();
    this.#state = state;
    this.#refresh();
    for (const resource of resources(state)) resource.follow(() => this.#refresh());
    return { problems };
  }

  /** The same while a run goes on: what does not read leaves what was known. */
  async reload(settings: { readonly sections: ContextSettings } | null): Promise<void> {
    if (settings === null) return;
    const { problems } = await this.load(settings.sections);
    for (const { message } of problems) {
      this.listeners.notice(`error: ${message}; what was known before stays`);
    }
  }

  /** Stops reading; nothing is known to rules any more. */
  close(): void {
    for (const resource of resources(this.#state)) resource.close();
    setSurroundings(NO_SURROUNDINGS);
  }

  #markerOf(sources: MarkSources): Marker {
    let of: readonly IrRule[] = [], weights = riskWeights(of);
    return new Marker(sources, () => {
      const rules = this.listeners.rules?.() ?? of;
      if (rules !== of) weights = riskWeights(of = rules);
      return weights;
    });
  }

  /** Alerts are marked, and rules decide, by what is known now. */
  #refresh(): void {
    const { assets, identities, databases, lists, geographyOf } = this.#state;
    const geography = geographyOf?.(databases.flatMap((d) => d.value ?? [])) ?? null;
    const sources: MarkSources = {
      assets,
      identities,
      geography,
      lists: lists.length === 0 ? null : lists.map(({ name, resource }) => ({ name, resource })),
    };
    this.#marker = this.#markerOf(sources);
    setSurroundings(surroundingsOf(sources));
  }

  async #databases(
    settings: readonly ResourceSetting[],
    problems: ContextProblem[],
  ): Promise<Pick<State, "databases" | "geographyOf">> {
    if (settings.length === 0) return { databases: [], geographyOf: null };
    const { Geography, MOST_DATABASE, openDatabase } = await import("./geography.ts");
    const databases = settings.map((setting) =>
      this.#resource(setting, this.#state.databases, {
        what: `The database of places "${shownSource(setting.from)}"`,
        most: MOST_DATABASE,
        parse: openDatabase,
      })
    );
    await Promise.all(
      databases.map((d) => this.#begin(d, problems, ".mmdb file of MaxMind's format")),
    );
    return { databases, geographyOf: (open) => new Geography(open) };
  }

  async #lists(
    settings: ContextSettings["threat_lists"],
    problems: ContextProblem[],
  ): Promise<State["lists"]> {
    return await Promise.all(settings.map(async ({ name, source, ...options }) => {
      const how = JSON.stringify(options);
      const before = this.#state.lists.filter((l) => l.how === how).map((l) => l.resource);
      const resource = this.#resource(source, before, {
        what: `Threat list "${name}"`,
        most: MOST_LIST,
        parse: (bytes) => readThreatList(new TextDecoder().decode(bytes), options),
      });
      await this.#begin(resource, problems, "list: one entry a line, CSV, or a bundle of STIX 2.1");
      const { value } = resource;
      if (value) {
        const unread = value.unread > 0 ? `, ${value.unread} not read` : "";
        this.listeners.notice(
          `Threat list "${name}": ${value.size} ${
            value.size === 1 ? "entry" : "entries"
          }${unread}, from ${shownSource(source.from)}, ${ageText(resource.asOf)}`,
        );
      }
      return { name, how, resource };
    }));
  }

  /** @param before those that may have been read already */
  #resource<T>(
    setting: ResourceSetting,
    before: readonly Resource<T>[],
    options: Pick<ResourceOptions<T>, "what" | "most" | "parse">,
  ): Resource<T> {
    const { notice, health } = this.listeners;
    const resource = new Resource(setting, { notice, health, copies: this.#copies, ...options });
    const same = before.find((r) => isUrl(setting.from) && r.setting.from === setting.from);
    if (same) resource.adopt(same);
    return resource;
  }

  async #begin<T>(
    resource: Resource<T>,
    problems: ContextProblem[],
    wanted: string,
  ): Promise<void> {
    const error = await resource.begin();
    if (error === null) return;
    const { from, span } = resource.setting;
    const shown = shownSource(from);
    const message = `Cannot use ${error.startsWith(`"${from}"`) ? error : `"${shown}": ${error}`}`;
    if (!isUrl(from)) return void problems.push({ span, message, help: `Name a ${wanted}` });
    const told = `${message}; ${resource.stays()}${
      resource.value === null ? " until it can be read" : ""
    }`;
    this.listeners.notice(`warning: ${told}`);
    this.listeners.health?.(told);
  }
}

const withoutUrls = (settings: ContextSettings): ContextSettings => ({
  ...settings,
  geography: settings.geography.filter((g) => !isUrl(g.from)),
  threat_lists: settings.threat_lists.filter((l) => !isUrl(l.source.from)),
});

const resources = ({ databases, lists }: State): Resource<unknown>[] => [
  ...databases,
  ...lists.map((l) => l.resource),
];

function surroundingsOf({ assets, identities, geography, lists }: MarkSources): Surroundings {
  return {
    asset: assets && ((value) => assets.table.find(value)),
    identity: identities && ((value) => identities.table.find(value)),
    place: geography && ((address) => geography.find(address)),
    listed: lists && ((value) => {
      for (const { name, resource } of lists) {
        const description = resource.value?.find(value);
        if (description !== undefined) return { list: name, description };
      }
      return undefined;
    }),
  };
}

function ageText(asOf: number): string {
  const age = Math.max(0, Math.round((Date.now() - asOf) / 60_000) * 60_000);
  return age === 0 ? "just now" : `${durationText(age)} old`;
}

async function raising(
  kind: "asset" | "identity",
  { files, raise }: AssetsSetting,
  problems: ContextProblem[],
): Promise<Raising | null> {
  if (files.length === 0) return null;
  const table = new AssetTable(kind);
  for (const file of files) problems.push(...await addFile(table, file));
  return { table, raise };
}

async function addFile(table: AssetTable, { path, span }: FileSetting): Promise<ContextProblem[]> {
  let text: string;
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile || size > MOST_BYTES) {
      const message = isFile
        ? `"${path}" has ${size} bytes, and ${MOST_BYTES} is the limit`
        : `"${path}" is no file`;
      return [{ span, message, help: "Name a CSV file" }];
    }
    text = await Deno.readTextFile(path);
  } catch (error) {
    return [{
      span,
      message: `Cannot read "${path}": ${reason(error)}`,
      help: "Correct the path, which begins where the agent is started",
    }];
  }
  const mistakes = table.add(text);
  return mistakes.slice(0, MOST_TOLD).map(({ line, message, help }, i) => ({
    span,
    message: `${path}:${line}: ${message}`,
    help: i === MOST_TOLD - 1 && mistakes.length > MOST_TOLD
      ? `${help}; ${mistakes.length - MOST_TOLD} further lines of the file have mistakes`
      : help,
  }));
}
