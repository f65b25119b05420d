/** Going on where a run of the same stream that did not end has stopped. */
import { basename, dirname } from "node:path";
import { snapshotOf } from "./checkpoint.ts";
import type { Engine } from "../engine/engine.ts";
import {
  firstIdentity,
  identify,
  type Identities,
  type InputOptions,
  type InputState,
  newId,
  prepare,
} from "./inputs.ts";
import { isPacked } from "../sources/files.ts";
import { type HealthEvent, type Position, type Store, StoreError } from "../store/mod.ts";

export interface Resumed {
  /** The run that goes on, or a new one's id. */
  readonly run: string;
  /** Whether it goes on. */
  readonly resumed: boolean;
  readonly gaps: HealthEvent[];
  /** Files that were rotated away, whose rest is to be read, and files that came and went meanwhile. */
  readonly rotated: readonly InputState[];
  /** The run whose inputs are not being read any more, until they are again. */
  readonly stopped: string | null;
  /** Identities that no later run will ask for. */
  readonly forget: readonly string[];
}

/** Names of listeners are URLs, those of files are paths. */
const isListener = (p: Position) => /^[a-z]+:\/\//.test(p.source);

/**
 * Goes on from the checkpoint of a run of the same stream that did not end. Files are known by their
 * content, not by their names, and only when they are at least as long as what was read of them; with
 * `follow`, also when rotation has moved them beside the place where they were. What a listener missed
 * is a gap, and its windows go on: what comes is later. After a pipe no window is taken up: what it
 * brings may be another log, or the same one from its beginning.
 */
export async function resume(
  store: Store | null,
  stream: string | null,
  inputs: readonly InputState[],
  engine: Engine | null,
  options: InputOptions,
  identities: Identities,
  follow = false,
): Promise<Resumed> {
  if (store && stream && !await store.claim(stream)) {
    throw new StoreError(
      "in_use",
      `Another run reads the same inputs into "${store.place}"; stop it, or name other inputs`,
    );
  }
  const saved = store && stream ? await store.checkpoint(stream) : null;
  const none = { resumed: false, gaps: [], rotated: [], stopped: null, forget: [] };
  if (!saved) return { run: newId(), ...none };
  const gaps: HealthEvent[] = [];
  const gap = (p: Position, message: string) => {
    options.notice(`warning: ${message}`);
    gaps.push({
      time: p.time ?? Date.now(),
      kind: "gap",
      subject: p.source,
      message,
      detail: { lines: p.lines, offset: p.offset },
    });
  };
  const snapshot = snapshotOf(saved);
  const forget = saved.positions.map((p) => p.input);
  const left = { gaps, stopped: saved.run };
  if (!snapshot || inputs.some((o) => o.resumes === "never")) {
    for (const p of saved.positions) {
      if (!p.done) {
        gap(
          p,
          `${p.source} cannot be read again: the last run stopped after line ${p.lines}, what came ` +
            `after it and was not read is not known, and windows start empty`,
        );
      }
    }
    return { run: newId(), resumed: false, ...left, rotated: [], forget };
  }
  const taken = new Set<string>();
  const rotated: InputState[] = [];
  const known = new Set(forget);
  const byIdentity = new Map(inputs.map((o) => [o.input.identity, o]));
  for (const p of saved.positions) {
    if (isListener(p)) {
      if (!p.done) gap(p, `What came to ${p.source} while nothing listened there is not known`);
      continue;
    }
    let open = byIdentity.get(p.input);
    if (!open && follow && !p.done) {
      const found = await findRotated(p, [...inputs, ...rotated], known, options, identities);
      rotated.push(...found);
      for (const { input } of found) known.add(input.identity!);
      open = found[0];
    }
    if (!open) {
      if (!p.done) {
        gap(p, `${p.source} of the last run is not there any more: it was read to line ${p.lines}`);
      }
      continue;
    }
    const size = await sizeOf(open);
    if (size !== null && size < p.offset) {
      gap(
        p,
        `${open.found.name} begins as it did but is shorter than what was read of it: ` +
          `it is read from its beginning`,
      );
      continue;
    }
    takeUp(open, p, size);
    taken.add(p.input);
    if (open.state === "done") continue;
    options.notice(`Going on from line ${p.lines + 1} of ${open.found.name}`);
  }
  const goesOn = taken.size > 0 || saved.positions.some(isListener);
  // With nothing to go on in, what is there now may be of any time: windows start empty.
  if (!goesOn) return { run: newId(), resumed: false, ...left, rotated, forget };
  engine?.restore(snapshot);
  return {
    run: saved.run,
    resumed: true,
    ...left,
    rotated,
    forget: forget.filter((i) => !taken.has(i)),
  };
}

function takeUp(open: InputState, p: Position, size: number | null): void {
  open.id = p.job;
  open.offset = p.offset;
  open.lines = open.linesBefore = p.lines;
  open.encoding = p.encoding as InputState["encoding"];
  open.time = p.time ?? -Infinity;
  open.parserState = p.parser === null ? null : JSON.parse(p.parser);
  if (p.sourcetype !== null) open.input.recognised(p.sourcetype);
  // What is packed does not grow.
  if (p.done && (size ?? p.offset) === p.offset && open.live === null) open.state = "done";
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

/**
 * The file of a position among those beside the place where it was, whose names begin as its own did,
 * and after it those that were written since and that no run has read: rotated twice, a log has a part
 * between that was never seen. Empty when the file is not there.
 */
async function findRotated(
  p: Position,
  inputs: readonly InputState[],
  known: ReadonlySet<string>,
  options: InputOptions,
  identities: Identities,
): Promise<InputState[]> {
  const taken = new Set(inputs.map((o) => o.found.path));
  const files = (await beside(p.source)).filter((f) => !taken.has(f.path));
  const identity = (path: string) => firstIdentity(path, options.maxLine, true);
  const meet = async (path: string, identity: string) => {
    const open = prepare({ found: { name: path, path }, index: inputs.length, identity }, options);
    await identify(open, options, identities);
    return open;
  };
  for (const { path, mtime } of files) {
    if (await identity(path) !== p.input) continue;
    const out = [await meet(path, p.input)];
    const base = basename(p.source);
    for (const since of files.toReversed()) {
      if (since.path === path || since.mtime < mtime) continue;
      const id = basename(since.path).startsWith(base) ? await identity(since.path) : null;
      if (id !== null && !known.has(id)) out.push(await meet(since.path, id));
    }
    return out;
  }
  return [];
}

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
