/** Going on where a run of the same stream that did not end has stopped. */
import { basename, dirname } from "node:path";
import { snapshotOf } from "./checkpoint.ts";
import type { Engine } from "./engine.ts";
import { firstIdentity, type InputOptions, newId, type Open, prepare } from "./inputs.ts";
import { isPacked } from "./sources/files.ts";
import { type HealthEvent, type Position, type Store, StoreError } from "./store/mod.ts";

export interface Resumed {
  /** The run that goes on, or a new one's id. */
  readonly run: string;
  readonly gaps: HealthEvent[];
  /** Files that were rotated away, whose rest is to be read, and files that came and went meanwhile. */
  readonly rotated: readonly Open[];
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
  inputs: readonly Open[],
  engine: Engine | null,
  options: InputOptions,
  follow = false,
): Promise<Resumed> {
  if (store && stream && !await store.claim(stream)) {
    throw new StoreError(
      "in_use",
      `Another run reads the same inputs into "${store.place}"; stop it, or name other inputs`,
    );
  }
  const saved = store && stream ? await store.checkpoint(stream) : null;
  const none = { gaps: [], rotated: [], stopped: null, forget: [] };
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
    return { run: newId(), ...left, rotated: [], forget };
  }
  const taken = new Set<string>();
  const rotated: Open[] = [];
  const byIdentity = new Map(inputs.map((o) => [o.input.identity, o]));
  for (const p of saved.positions) {
    if (isListener(p)) {
      if (!p.done) gap(p, `What came to ${p.source} while nothing listened there is not known`);
      continue;
    }
    let open = byIdentity.get(p.input);
    if (!open && follow && !p.done) {
      const found = await findRotated(p, inputs, options);
      rotated.push(...found);
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
  if (!goesOn) return { run: newId(), ...left, rotated, forget };
  engine?.restore(snapshot);
  return { run: saved.run, ...left, rotated, forget: forget.filter((i) => !taken.has(i)) };
}

function takeUp(open: Open, p: Position, size: number | null): void {
  open.id = p.job;
  open.offset = p.offset;
  open.lines = open.linesBefore = p.lines;
  open.encoding = p.encoding as Open["encoding"];
  open.time = p.time ?? -Infinity;
  open.parserState = p.parser === null ? null : JSON.parse(p.parser);
  open.input.sourcetype ??= p.sourcetype;
  // What is packed does not grow.
  if (p.done && (size ?? p.offset) === p.offset && open.live === null) open.state = "done";
}

/** Bytes, null when they are packed and so not known. */
async function sizeOf({ found }: Open): Promise<number | null> {
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
 * and after it those that were written since and are no inputs: rotated twice, a log has a part
 * between that was never seen. Empty when the file is not there.
 */
async function findRotated(
  p: Position,
  inputs: readonly Open[],
  options: InputOptions,
): Promise<Open[]> {
  const folder = dirname(p.source);
  const stem = basename(p.source).split(".")[0];
  const known = new Set(inputs.map((o) => o.found.path));
  const files: { path: string; mtime: number }[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      const path = folder === "." && !p.source.startsWith(".")
        ? entry.name
        : `${folder}/${entry.name}`;
      if (!entry.isFile || !entry.name.startsWith(stem) || known.has(path)) continue;
      files.push({ path, mtime: (await Deno.stat(path)).mtime?.getTime() ?? 0 });
    }
  } catch {
    return [];
  }
  files.sort((a, b) => b.mtime - a.mtime);
  for (const { path, mtime } of files.slice(0, CANDIDATES)) {
    if (await firstIdentity(path, options.maxLine, true) !== p.input) continue;
    const base = basename(p.source);
    const since = files.filter((f) =>
      f.path !== path && f.mtime >= mtime && basename(f.path).startsWith(base)
    );
    return [path, ...since.map((f) => f.path).reverse()].map((name) =>
      rotatedInput(name, inputs.length, options)
    );
  }
  return [];
}

function rotatedInput(path: string, index: number, options: InputOptions): Open {
  return prepare({ found: { name: path, path }, index }, options);
}
