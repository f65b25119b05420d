/** What a run knows of the values that alerts name, from the sections of `agent.yaml` about it. */
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Context, ContextListeners, ContextProblem } from "../enrich/context/context.ts";
import type { ReputationWorker } from "../enrich/context/reputation.ts";
import type { AlertChange } from "../event.ts";
import { count } from "../outputs/render/text.ts";
import type { Delivering } from "../run/delivering.ts";
import type { KeySetting } from "../settings/abuseipdb.ts";
import type { Settings } from "../settings/settings.ts";
import { reason } from "../sources/files.ts";
import type { HealthEvent } from "../store/types/health_event.ts";
import type { Store } from "../store/mod.ts";
import { type Io, type Permission, UsageError } from "./command.ts";

/**
 * Reads the tables that the sections name. What is not configured is not loaded either.
 * @param settings null without a file
 * @returns null where there is nothing to know
 * @throws {UsageError} for a table that cannot be read; what is wrong is printed with its place
 */
export async function setUpContext(
  settings: Settings | null,
  io: Io,
  listeners: ContextListeners,
): Promise<Context | null> {
  if (settings === null || !hasContext(settings)) return null;
  const { Context } = await import("../enrich/context/context.ts");
  const context = new Context(listeners);
  const { problems } = await context.load(settings.sections);
  await refuse(settings, problems, io);
  return context;
}

/** What of lists and services cannot be had, as health in the store: what came before it was open, too. */
export class ContextHealth {
  readonly #early: HealthEvent[] = [];
  /** Undefined until it is known. */
  #store: Store | null | undefined;

  add(message: string): void {
    const event = { time: Date.now(), kind: "context", subject: "context", message, detail: {} };
    if (this.#store === undefined) this.#early.push(event);
    else void this.#store?.write({ health: [event] }).catch(() => {});
  }

  /** @param store null where there is none */
  to(store: Store | null): void {
    this.#store = store;
    const health = this.#early.splice(0);
    if (health.length > 0) void store?.write({ health }).catch(() => {});
  }
}

/** What is wrong in the tables, lists and databases that a configuration names, addresses left out. */
export async function contextMistakes(settings: Settings | null): Promise<Diagnostic[]> {
  if (settings === null || !hasContext(settings)) return [];
  const { Context } = await import("../enrich/context/context.ts");
  const context = new Context({ notice: () => {}, offline: true });
  const { problems } = await context.load(settings.sections);
  context.close();
  return await diagnosticsOf(settings, problems);
}

async function diagnosticsOf(
  { file }: Settings,
  problems: readonly ContextProblem[],
): Promise<Diagnostic[]> {
  const { CODES } = await import("../settings/section.ts");
  return problems.map(({ span, message, help }) => ({
    code: CODES.setup,
    level: "error",
    file: file!,
    span,
    message,
    help,
  }));
}

/** Prints what is wrong, each at its place. @throws {UsageError} where something is */
async function refuse(
  settings: Settings,
  problems: readonly ContextProblem[],
  io: Io,
): Promise<void> {
  if (problems.length === 0) return;
  const { renderText } = await import("../../compiler/check/diagnostics.ts");
  for (const diagnostic of await diagnosticsOf(settings, problems)) {
    io.err(renderText(diagnostic, settings.text, { color: io.color }) + "\n");
  }
  throw new UsageError(
    `${count(problems.length, "mistake")} in what "${settings.file}" names`,
    "Correct the files, or take their sections out",
  );
}

/**
 * What `abuseipdb:` asks with; null without the section.
 * @throws {UsageError} for a key that cannot be read
 */
export async function abuseIpdbKey(settings: Settings | null, io: Io): Promise<string | null> {
  const of = settings?.sections.abuseipdb ?? null;
  if (of === null) return null;
  const { from, name, span } = of.key;
  const got = await readKey(of.key, io);
  if ("key" in got) return got.key;
  const what = from === "env" ? `The variable "${name}"` : `"${name}"`;
  await refuse(settings!, [{
    span,
    message: `Cannot take the key of AbuseIPDB: ${what} ${got.problem}`,
    help: from === "env"
      ? "Set it to the key, or name a file by key_file"
      : "Put the key alone into the file; the path begins where the agent is started",
  }], io);
  return null;
}

async function readKey(
  { from, name }: KeySetting,
  io: Io,
): Promise<{ readonly key: string } | { readonly problem: string }> {
  let text: string | undefined;
  try {
    text = from === "env" ? io.env(name) : await Deno.readTextFile(name);
  } catch (error) {
    return { problem: from === "env" ? "may not be read" : `cannot be read: ${reason(error)}` };
  }
  if (text === undefined) return { problem: "is not set" };
  const key = text.trim();
  // A header takes no other characters, and a key has none.
  return /^[\x21-\x7e]{1,500}$/.test(key)
    ? { key }
    : { problem: key === "" ? "holds nothing" : "holds no key, which is one word" };
}

/** Begins to ask; null where nothing is asked. */
export async function startReputation(
  settings: Settings | null,
  key: string | null,
  { store, notice, health }:
    & { readonly store: Store | null }
    & Required<Pick<ContextListeners, "notice" | "health">>,
): Promise<ReputationWorker | null> {
  if (key === null || settings?.sections.abuseipdb == null) return null;
  if (store === null) {
    notice(
      "warning: AbuseIPDB is not asked without a store, which counts its requests of a day",
    );
    return null;
  }
  const of = settings.sections.abuseipdb;
  const { ReputationWorker } = await import("../enrich/context/reputation.ts");
  const { guardedNetwork } = await import("../outputs/destinations/http.ts");
  const { fetch } = guardedNetwork({ allowPrivate: of.allowPrivate });
  const worker = new ReputationWorker({
    settings: of,
    store,
    key,
    fetch,
    now: () => Date.now(),
    notice,
    health,
  });
  await worker.start();
  return worker;
}

/** Alerts with what both know of their values; undefined where neither knows anything. */
export function markerOf(
  context: Context | null,
  reputation: ReputationWorker | null,
): ((changes: readonly AlertChange[]) => readonly AlertChange[]) | undefined {
  if (context === null && reputation === null) return undefined;
  return (changes) => {
    const marked = context?.mark(changes) ?? changes;
    if (reputation === null) return marked;
    return marked.map(({ change, alert }) => {
      const marks = reputation.marks(alert);
      if (marks.length === 0) return { change, alert };
      const { intelligence = [], ...rest } = alert.context ?? {};
      return {
        change,
        alert: { ...alert, context: { ...rest, intelligence: [...intelligence, ...marks] } },
      };
    });
  };
}

/** Delivery that waits a moment for an answer about an alert that opens. */
export function afterReputation(
  delivery: Delivering,
  reputation: ReputationWorker | null,
): Delivering {
  if (reputation === null) return delivery;
  return {
    alerts(changes) {
      const waits = new Map(changes.map(({ alert }) => [alert.id, reputation.wait(alert)]));
      return delivery.alerts(changes).map((d) => {
        const wait = d.event === "opened" && d.alert !== null ? waits.get(d.alert) ?? 0 : 0;
        return wait === 0 ? d : { ...d, due: Math.max(d.due, d.created + wait) };
      });
    },
    health: (notes) => delivery.health(notes),
    written: (written) => delivery.written(written),
  };
}

/** Whether a configuration names anything that alerts are marked by, AbuseIPDB apart. */
export function hasContext(settings: Settings | null): boolean {
  if (settings === null) return false;
  const { sections } = settings;
  const { assets, identities, geography, threat_lists } = sections;
  const all = [assets.files, identities.files, geography, threat_lists];
  return all.some((list) => list.length > 0);
}

/**
 * What reading it takes beside files.
 * @param asks whether AbuseIPDB is asked, too
 */
export function contextNeeds(
  settings: Settings | null,
  { asks }: { readonly asks: boolean } = { asks: true },
): Permission[] {
  if (settings === null) return [];
  const { geography, threat_lists, abuseipdb } = settings.sections;
  const from = [...geography, ...threat_lists.map((l) => l.source)].map((r) => r.from);
  const urls = from.some((f) => /^https?:/i.test(f));
  // What addresses give is kept in files.
  return [
    ...(urls || asks && abuseipdb !== null ? ["net"] as const : []),
    ...(urls ? ["write"] as const : []),
  ];
}
