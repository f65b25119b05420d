/** Loads rules and sourcetypes anew while a run goes on: when their files change, and when asked to. */
import { createEngine, type Engine, type EngineOptions } from "../engine/engine.ts";
import type { Shard } from "../engine/operators/shard.ts";
import { SHIPPED, SHIPPED_NAME } from "../content/files.ts";
import type { Loaded } from "../content/loaded.ts";
import type { Loaded as Renewed, Reload } from "../run/reload.ts";
import type { Tuning } from "../../compiler/ir/tuning.ts";
import { look } from "../sources/look.ts";
import { type Args, type Io, UsageError } from "./command.ts";
import { loadSources } from "./shared.ts";

export interface WatchOptions {
  readonly args: Args;
  readonly io: Io;
  /** Whether the run has rules. */
  readonly rules: boolean;
  readonly engine: EngineOptions;
  readonly notice: (text: string) => void;
  /** What is loaded at first. */
  readonly loaded: Loaded;
  /** The arguments and what is changed of the rules, read anew; without it they stay. */
  readonly configure?: () => Promise<{ readonly args: Args; readonly tuning: Tuning }>;
  /** Pause between two looks at the files, in ms; 500 unless told. */
  readonly every?: number;
}

/** Writing a file takes a moment: it is read when it has not changed between two looks. */
export class Watch implements Reload {
  /** What the run goes by now. */
  current: Loaded;
  /** The engine of the rules that it goes by; null for a run without rules. */
  engine: Engine | null = null;
  private next: { readonly renewed: Renewed; readonly loaded: Loaded } | null = null;
  private ready: () => void = () => {};
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Files as they were when they were loaded, and as they were at the last look. */
  private known: string;
  private seen: string;
  private loading = false;
  private again = false;
  private forget = () => {};

  constructor(private readonly options: WatchOptions) {
    this.current = options.loaded;
    this.known = this.seen = this.state();
  }

  /** Makes the engine that {@link begin} will most likely take, while something else is waited for. */
  prepare(): void {
    if (this.options.rules) this.engine = this.engineOf(this.current);
  }

  /**
   * @param live the run ends when it is told to: hanging up is no reason then
   * @param loaded what the run begins with, where that is known only now
   */
  begin(live: boolean, loaded = this.current): void {
    const prepared = this.engine !== null && loaded === this.current;
    this.current = loaded;
    if (this.options.rules && !prepared) this.engine = this.engineOf(loaded);
    if (live) this.forget = this.options.io.onHangup?.(() => this.load()) ?? this.forget;
    if (this.options.args.flag("watch")) this.later();
  }

  listen(ready: () => void): void {
    this.ready = ready;
  }

  take(): Renewed | null {
    const { next } = this;
    this.next = null;
    if (next) this.offered = next;
    return next?.renewed ?? null;
  }

  private offered: { readonly renewed: Renewed; readonly loaded: Loaded } | null = null;

  took(): void {
    this.current = this.offered?.loaded ?? this.current;
    this.engine = this.offered?.renewed.engine ?? this.engine;
  }

  /** Loads everything anew, whether a file changed or not. */
  reload(): void {
    void this.load();
  }

  private engineOf(loaded: Loaded): Engine {
    return createEngine(loaded.program, loaded.sourcetypes.catalogue, this.options.engine);
  }

  /** A further engine of the rules that the run goes by, for a shard of the work. */
  engineFor(shard: Shard): Engine {
    const { program, sourcetypes } = this.current;
    return createEngine(program, sourcetypes.catalogue, { ...this.options.engine, shard });
  }

  close(): void {
    clearTimeout(this.timer);
    this.forget();
  }

  private paths(): string[] {
    const { args, rules } = this.options;
    const own = args.all("rules");
    return [
      ...args.all("config"),
      ...(rules ? (own.length ? own : [SHIPPED_NAME]) : [])
        .map((p) => p === SHIPPED_NAME ? SHIPPED.rules : p),
      ...args.all("sourcetypes"),
      SHIPPED.sourcetypes,
    ];
  }

  private state(): string {
    const files = [...look(this.paths()).values()];
    return files.map((f) => `${f.path} ${f.key} ${f.size} ${f.modified}`).join("\n");
  }

  private later(): void {
    this.timer = setTimeout(() => {
      const state = this.state();
      const settled = state === this.seen;
      this.seen = state;
      if (settled && state !== this.known) this.load();
      this.later();
    }, this.options.every ?? 500);
  }

  private async load(): Promise<void> {
    if (this.loading) {
      this.again = true;
      return;
    }
    this.loading = true;
    this.known = this.seen = this.state();
    try {
      await this.read();
    } finally {
      this.loading = false;
    }
    if (this.again) {
      this.again = false;
      await this.load();
    }
  }

  private async read(): Promise<void> {
    const { io, rules, notice, configure } = this.options;
    let loaded: Loaded;
    try {
      // Texts that are being written are no use to a later run: the cache stays as it is.
      const { args = this.options.args, tuning } = await configure?.() ?? {};
      loaded = await loadSources(args, io, { rules, tuning });
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      notice(`error: ${error.message}; the old rules and sourcetypes stay`);
      return;
    }
    const engine = rules ? this.engineOf(loaded) : null;
    this.next = { renewed: { engine, compiled: loaded.sourcetypes }, loaded };
    this.ready();
  }
}
