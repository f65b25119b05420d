/** What people say in the store to a run: exceptions and silences, at its start and as they change. */
import type { Tuning } from "../../compiler/ir/tuning.ts";
import { hasSources, type Loaded, type LoadedSources } from "../content/loaded.ts";
import { exceptionName, withTaken } from "../settings/stored.ts";
import type { AlertChange } from "../event.ts";
import type { Delivering } from "../run/delivering.ts";
import { silenceOf, type Store, type StoredException, type StoredSilence } from "../store/mod.ts";
import type { Args, Io } from "./command.ts";
import { loadForRun, loadSources, printDiagnostics } from "./shared.ts";

/** How often a store is asked for changes, in ms. */
const EVERY = 5_000;

export class StoreTriage {
  /** Alerts that silences have kept from being delivered. */
  silenced = 0;
  #taken: readonly StoredException[] = [];
  #silences: readonly StoredSilence[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #asking: Promise<boolean> | null = null;

  /** @param notice told what fails: rules then stay as they are */
  constructor(private readonly store: Store, private readonly notice: (text: string) => void) {}

  get size(): number {
    return this.#taken.length;
  }

  /** Asks the store; whether something changed. */
  read(): Promise<boolean> {
    this.#asking ??= this.#read().finally(() => this.#asking = null);
    return this.#asking;
  }

  async #read(): Promise<boolean> {
    // A store that is being made holds none, and would be waited for.
    if (this.store.unopened) return false;
    const request = { active: true, now: Date.now() };
    const [taken, silences] = await Promise.all([
      this.store.exceptions(request),
      this.store.silences(request),
    ]);
    this.#silences = silences;
    const ids = (list: readonly StoredException[]) => list.map((e) => e.id).join();
    const changed = ids(taken) !== ids(this.#taken);
    this.#taken = taken;
    return changed;
  }

  tuning(tuning: Tuning): Tuning {
    return withTaken(tuning, this.#taken);
  }

  /** Delivery without what is silenced when it is found; the store has it all the same. */
  unsilenced(delivery: Delivering): Delivering {
    const heard = ({ change, alert }: AlertChange) => {
      const silent = silenceOf(this.#silences, alert, Date.now()) !== null;
      if (silent && change === "open") this.silenced++;
      return !silent;
    };
    return {
      alerts: (changes) =>
        delivery.alerts(this.#silences.length === 0 ? changes : changes.filter(heard)),
      health: (notes) => delivery.health(notes),
      written: (written) => delivery.written(written),
    };
  }

  /**
   * Loads the rules with them, where there are some. What is said of the rest was said before.
   * @throws {UsageError} for what changed meanwhile and has a mistake
   */
  async load(loaded: Loaded, tuning: Tuning, args: Args, io: Io): Promise<Loaded> {
    if (this.size === 0) return loaded;
    const wanted = { tuning: this.tuning(tuning) };
    const silent: Io = { ...io, err: () => {} };
    const again = "lints" in loaded
      ? await loadSources(args, silent, wanted)
      : await loadForRun(args, silent, wanted);
    const names = new Set(this.#taken.map((e) => exceptionName(e.id)));
    printDiagnostics(again.diagnostics.filter((d) => names.has(d.file)), again.texts, io);
    return again;
  }

  /** Asks again and again until it is closed, and calls `changed` after each change. */
  follow(changed: () => void): void {
    if (this.#closed) return;
    this.#timer = setTimeout(
      () => void this.check(changed).then(() => this.follow(changed)),
      EVERY,
    );
  }

  /** Asks now. */
  async check(changed: () => void): Promise<void> {
    try {
      if (await this.read() && !this.#closed) changed();
    } catch (error) {
      if (!this.#closed) {
        this.notice(
          `warning: Exceptions and silences could not be read: ${(error as Error).message}`,
        );
      }
    }
  }

  /** Resolves when nothing is asked any more: before the store is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#asking?.catch(() => {});
  }
}

/** The rules with the exceptions that people took, as those change. */
export async function followRules(triage: StoreTriage, { loaded, tuning, args, io, notice }: {
  readonly loaded: LoadedSources;
  readonly tuning: Tuning;
  readonly args: Args;
  readonly io: Io;
  readonly notice: (text: string) => void;
}) {
  const withTaken = async () => sourcesOf(await triage.load(loaded, tuning, args, io));
  await triage.read();
  let current = await withTaken();
  const renew = () =>
    void withTaken().then((now) => current = now).catch((error) =>
      notice(`error: ${(error as Error).message}; the rules stay as they were`)
    );
  triage.follow(renew);
  return { loaded: () => current, renew };
}

function sourcesOf(loaded: Awaited<ReturnType<StoreTriage["load"]>>): LoadedSources {
  if (!hasSources(loaded)) throw new Error("Rules were loaded without their sources");
  return loaded;
}
