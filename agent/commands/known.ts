/** The agent's configuration for commands that run rules or searches over what is stored. */
import { FUNCTIONS } from "../../compiler/functions/table.ts";
import { isLiveConfigured, LIVE_TABLES } from "../../compiler/ir/live_tables.ts";
import { visible } from "../../grammar/visible.ts";
import type { Context } from "../enrich/context/context.ts";
import type { Settings } from "../settings/settings.ts";
import type { Io, OptionSpec } from "./command.ts";
import { setUpContext } from "./context.ts";
import { copiesBeside, type StorePlace } from "./stores.ts";

export const CONTEXT_CONFIG: OptionSpec = {
  name: "config",
  value: "FILE",
  summary: "The agent's configuration: its store, rules, lists, places and assets",
};

/**
 * What the configuration knows, for one look at a store; null where it names nothing. It is to be closed.
 * @throws {UsageError} for a table or list that cannot be read
 */
export const contextBeside = (
  settings: Settings | null,
  place: StorePlace,
  io: Io,
): Promise<Context | null> =>
  setUpContext(settings, io, {
    notice: (text) => io.err(visible(text) + "\n"),
    copies: copiesBeside(place, io),
  });

/** What is asked of names and gives nothing since it is not configured, as a warning; null for nothing. */
export function notConfigured(names: Iterable<string>): string | null {
  const tables = new Map(LIVE_TABLES.map((t) => [t.name, t]));
  const missing = [...new Set(names)].filter((name) => {
    const table = tables.get(name);
    return FUNCTIONS.get(name)?.configured?.() === false || (table && !isLiveConfigured(table));
  });
  if (missing.length === 0) return null;
  const one = missing.length === 1;
  return `warning: ${missing.join(", ")} ${one ? "gives" : "give"} nothing: what ${
    one ? "it reads" : "they read"
  } is not configured; name the agent's configuration by --config FILE`;
}
