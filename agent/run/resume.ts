/** Going on where a run of the same stream that did not end has stopped. */
import { basename, dirname } from "node:path";
import type { Engine } from "../engine/engine.ts";
import { isPacked } from "../sources/files.ts";
import type { HealthEvent, Position, SavedCheckpoint, Store } from "../store/mod.ts";
import { StoreError } from "../store/types/error.ts";
import { type SavedSnapshot, snapshotOf, type StoredRows, storedRows } from "./checkpoint.ts";
import { type InputState, newId } from "./input_state.ts";
import { firstIdentity, identify, type Identities, prepare, type ReadOptions } from "./inputs.ts";

export interface Resumed {
  /** What is stored of the engine's state and goes on to be; null where it is to be written anew. */
  readonly kept: StoredRows | null;
  /** The run that goes on, or a new one's id. */
  readonly run: string;
  /** Whether it goes on. */
  readonly resumed: boolean;
  readonly gaps: readonly HealthEvent[];
  /** Files that were rotated away, whose rest is to be read, and files that came and went meanwhile. */
  readonly rotated: readonly InputState[];
  /** The run whose inputs are not being read any more, until they are again. */
  readonly stopped: string | null;
  /** Identities that no later run will ask for. */
  readonly forget: readonly string[];
  /** Its lines are in no order of time: windows read all of it again. */
  readonly unordered?: boolean;
  /** Ids of alerts of windows that it wrote and that may turn out not to be. */
  readonly provisional: readonly string[];
  /** The same of a run that nobody goes on with: they stay, and nobody was told. */
  readonly left: readonly string[];
}

export interface ResumeOptions {
  readonly store: Pick<Store, "claim" | "checkpoint" | "place"> | null;
  /** Name of the checkpoint, see `streamOf`; null for a run that leaves none. */
  readonly stream: string | null;
  readonly inputs: readonly InputState[];
  /** Takes up the saved windows. */
  readonly engine: Engine | null;
  readonly options: ReadOptions;
  readonly identities: Identities;
  /** Files that rotation has moved are looked for. Default: false */
  readonly follow?: boolean;
  /** The stream is this process's by a lease, which each of its writes names. Default: false */
  readonly leased?: boolean;
}

/** Names of listeners are URLs, those of files are paths. Kafka's records can be read again. */
const isListener = (p: Position) => /^(?!kafka:)[a-z]+:\/\//.test(p.source);
const isKafka = (p: Position) => p.source.startsWith("kafka://");

/**
 * Goes on from the checkpoint of a run of the same stream that did not end. Files are known by their
 * content, not by their names, and only when they are at least as long as what was read of them; with
 * `follow`, also when rotation has moved them beside the place where they were. What a listener missed
 * is a gap, and its windows go on: what comes is later. After a pipe no window is taken up: what it
 * brings may be another log, or the same one from its beginning. Rejects with StoreError while another
 * run holds the stream.
 */
export async function resume(of: ResumeOptions): Promise<Resumed> {
  const { store, stream } = of;
  if (store && stream && !of.leased && !await store.claim(stream)) {
    throw new StoreError(
      "in_use",
      `Another run reads the same inputs into "${store.place}"; stop it, or name other inputs`,
    );
  }
  const saved = store && stream ? await store.checkpoint(stream) : null;
  if (saved) return await new Resumption(of, saved).resume();
  return {
    run: newId(),
    kept: null,
    resumed: false,
    gaps: [],
    rotated: [],
    stopped: null,
    forget: [],
    provisional: [],
    left: [],
  };
}

/** One checkpoint held against the inputs that are there now. */
class Resumption {
  private readonly gaps: HealthEvent[] = [];
  private readonly rotated: InputState[] = [];
  /** Identities of inputs that go on. */
  private readonly continued = new Set<string>();
  /** Identities of the checkpoint, and of files found since. */
  private readonly known: Set<string>;
  private readonly byIdentity: ReadonlyMap<string | null, InputState>;

  constructor(private readonly of: ResumeOptions, private readonly saved: SavedCheckpoint) {
    this.known = new Set(saved.positions.map((p) => p.input));
    this.byIdentity = new Map(of.inputs.map((state) => [state.input.identity, state]));
  }

  async resume(): Promise<Resumed> {
    const { of, saved } = this;
    const snapshot = snapshotOf(saved);
    for (const state of of.inputs) {
      const beginning = state.live?.beginning;
      if (beginning === undefined || this.known.has(state.input.identity!)) continue;
      state.beginsAt(beginning);
    }
    if (!snapshot || of.inputs.some((state) => state.resumes === "never")) {
      this.reportUnreadable();
      return this.fresh(snapshot?.provisional);
    }
    for (const p of saved.positions) await this.resumePosition(p);
    const any = this.continued.size > 0 || saved.positions.some(isListener);
    // Without an input that continues, events may be of any time: windows start empty.
    return any ? this.goOn(snapshot) : this.fresh(snapshot.provisional);
  }

  /** A new run, which starts with empty windows. */
  private fresh(left: readonly string[] = []): Resumed {
    const { gaps, rotated, saved } = this;
    const forget = saved.positions.map((p) => p.input);
    return {
      run: newId(),
      kept: null,
      resumed: false,
      gaps,
      stopped: saved.run,
      rotated,
      forget,
      provisional: [],
      left,
    };
  }

  private goOn(snapshot: SavedSnapshot): Resumed {
    const { gaps, rotated, saved, continued } = this;
    const kept = this.restore(snapshot);
    const forget = saved.positions.map((p) => p.input).filter((i) => !continued.has(i));
    const { unordered = false, provisional = [] } = snapshot;
    return {
      run: saved.run,
      kept,
      resumed: true,
      gaps,
      stopped: saved.run,
      rotated,
      forget,
      unordered,
      provisional,
      left: [],
    };
  }

  /** The engine takes up its state. */
  private restore(snapshot: SavedSnapshot): StoredRows | null {
    const { engine } = this.of;
    if (!engine) return null;
    const fresh = new Set(engine.restore(snapshot, true));
    if (!engine.goOnStored()) return null;
    const names = new Set(engine.plan.rules.map(({ rule }) => rule.name));
    return storedRows(this.saved, snapshot, (rule) => names.has(rule) && !fresh.has(rule));
  }

  private reportUnreadable(): void {
    for (const p of this.saved.positions) {
      if (p.done) continue;
      this.gap(
        p,
        `${p.source} cannot be read again: the last run stopped after line ${p.lines}, what came ` +
          `after it and was not read is not known, and windows start empty`,
      );
    }
  }

  private async resumePosition(p: Position): Promise<void> {
    const { options, follow } = this.of;
    const marked = this.of.inputs.find(({ live, found }) => live?.marks && found.name === p.source);
    if (marked) {
      marked.input.identify(p.input);
      marked.resumed(p, null);
      this.continued.add(p.input);
      options.notice(`Going on from record ${p.lines + 1} of ${p.source}`);
      return;
    }
    if (isListener(p)) {
      if (!p.done) {
        this.gap(p, `What came to ${p.source} while nothing listened there is not known`);
      }
      return;
    }
    let state = this.byIdentity.get(p.input);
    if (!state && follow && !p.done) {
      const found = await this.findRotated(p);
      this.rotated.push(...found);
      for (const { input } of found) this.known.add(input.identity!);
      state = found[0];
    }
    if (!state) {
      if (p.done) return;
      this.gap(
        p,
        isKafka(p)
          ? `${p.source} of the last run is not there any more, deleted or made anew: it was read to ` +
            `offset ${p.offset}`
          : `${p.source} of the last run is not there any more: it was read to line ${p.lines}`,
      );
      return;
    }
    const size = await sizeOf(state);
    if (size !== null && size < p.offset) {
      this.gap(
        p,
        `${state.found.name} begins as it did but is shorter than what was read of it: ` +
          `it is read from its beginning`,
      );
      return;
    }
    state.resumed(p, size);
    this.continued.add(p.input);
    if (state.state === "done") return;
    options.notice(
      isKafka(p)
        ? `Going on from offset ${p.offset} of ${state.found.name}`
        : `Going on from line ${p.lines + 1} of ${state.found.name}`,
    );
  }

  private gap(p: Position, message: string): void {
    this.of.options.notice(`warning: ${message}`);
    this.gaps.push({
      time: p.time ?? Date.now(),
      kind: "gap",
      subject: p.source,
      message,
      detail: { lines: p.lines, offset: p.offset },
    });
  }

  /**
   * The file of a position among those beside the place where it was, whose names begin as its own
   * did, and after it those that were written since and that no run has read: rotated twice, a log has
   * a part between that was never seen. Empty when the file is not there.
   */
  private async findRotated(p: Position): Promise<InputState[]> {
    const taken = new Set([...this.of.inputs, ...this.rotated].map((state) => state.found.path));
    const files = (await beside(p.source)).filter((f) => !taken.has(f.path));
    const identity = (path: string) => firstIdentity(path, this.of.options.maxLine, true);
    for (const { path, mtime } of files) {
      if (await identity(path) !== p.input) continue;
      const out = [await this.found(path, p.input)];
      const base = basename(p.source);
      for (const since of files.toReversed()) {
        if (since.path === path || since.mtime < mtime) continue;
        const id = basename(since.path).startsWith(base) ? await identity(since.path) : null;
        if (id !== null && !this.known.has(id)) out.push(await this.found(since.path, id));
      }
      return out;
    }
    return [];
  }

  private async found(path: string, identity: string): Promise<InputState> {
    const { inputs, options, identities } = this.of;
    const index = inputs.length + this.rotated.length;
    const state = prepare({ found: { name: path, path }, index, identity }, options);
    await identify(state, options, identities);
    return state;
  }
}

/** Bytes, null when they are packed and so not known. */
async function sizeOf({ found }: InputState): Promise<number | null> {
  try {
    return await isPacked(found.path!) ? null : (await Deno.stat(found.path!)).size;
  } catch {
    return null;
  }
}

/** Files looked at for the one that was rotated away. */
const CANDIDATES = 100;

/** Files in the folder of another that are named like it, the newest first. */
async function beside(source: string): Promise<{ path: string; mtime: number }[]> {
  const folder = dirname(source);
  const stem = basename(source).split(".")[0];
  const here = folder === "." && !source.startsWith(".");
  const out: { path: string; mtime: number }[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (!entry.isFile || !entry.name.startsWith(stem)) continue;
      const path = here ? entry.name : `${folder}/${entry.name}`;
      out.push({ path, mtime: (await Deno.stat(path)).mtime?.getTime() ?? 0 });
    }
  } catch {
    return [];
  }
  return out.sort((a, b) => b.mtime - a.mtime).slice(0, CANDIDATES);
}
