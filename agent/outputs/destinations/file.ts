/**
 * A file that grows by a line for each alert, synced to the disk before it counts as delivered. It is
 * opened for each notification, so another program may move or remove it at any time.
 */
import { JSON_FORMS, RECORD_FORMS, recordsOf } from "../forms/forms.ts";
import type { DestinationSpec, Outcome } from "./destination.ts";
import { Queue } from "./queue.ts";
import { reasonOf } from "./reason.ts";
import { required, whole } from "./setup.ts";

const MB = 1_000_000;

interface Rotation {
  /** Bytes; 0 for no limit. */
  readonly size: number;
  readonly daily: boolean;
  readonly keep: number;
}

export const file: DestinationSpec = {
  type: "file",
  summary: "A file of one line an alert, rotated by size or day",
  records: true,
  settings: [
    { name: "path", kind: "path", required: true, summary: "The file; its folder must exist" },
    {
      name: "form",
      kind: "text",
      choices: RECORD_FORMS,
      default: "json",
      summary: `What a line is: ${Object.keys(JSON_FORMS).join(", ")} are JSON`,
    },
    {
      name: "max_size",
      kind: "size",
      default: 100 * MB,
      summary: "Rotated before it grows beyond this; `0B` for never",
    },
    {
      name: "daily",
      kind: "switch",
      default: false,
      summary: "Rotated by the first alert of a day (UTC)",
    },
    {
      name: "keep",
      kind: "number",
      default: 7,
      summary: "Rotated files that are kept: `PATH.1` is the newest",
    },
  ],
  make(settings, context) {
    const path = required(settings, "path");
    const form = settings.text("form") ?? "json";
    const rotation = {
      size: settings.number("max_size") ?? 100 * MB,
      daily: settings.flag("daily"),
      keep: whole(settings, "keep", 0, 1000),
    };
    const queue = new Queue();
    return {
      deliver: (notification, signal) =>
        queue.run(async (): Promise<Outcome> => {
          signal.throwIfAborted();
          const lines = recordsOf(notification, form, context.host).map((r) => r.text + "\n");
          try {
            return await append(path, lines.join(""), rotation, context.now());
          } catch (error) {
            return { state: "retry", reason: `"${path}": ${reasonOf(error, signal)}` };
          }
        }),
      close: () => queue.run(() => Promise.resolve()),
    };
  },
};

async function append(
  path: string,
  text: string,
  rotation: Rotation,
  now: number,
): Promise<Outcome> {
  const bytes = new TextEncoder().encode(text);
  const info = await statOf(path);
  if (info !== null && !info.isFile) {
    return { state: "rejected", reason: `"${path}" is no regular file` };
  }
  if (info !== null && info.size > 0 && due(info, bytes.length, rotation, now)) {
    await rotate(path, rotation.keep);
  }
  // Alerts name people and machines: not for every account of this machine.
  using target = await Deno.open(path, { read: true, write: true, create: true, mode: 0o640 });
  const { size } = await target.stat();
  try {
    await target.seek(0, Deno.SeekMode.End);
    await writeAll(target, (await endsLine(target, size)) ? bytes : withLineEnd(bytes));
    await target.sync();
  } catch (error) {
    // What a full disk took of a line is taken back: the next attempt writes the whole.
    await target.truncate(size).catch(() => {});
    throw error;
  }
  return { state: "delivered" };
}

function due(info: Deno.FileInfo, more: number, { size, daily }: Rotation, now: number): boolean {
  if (size > 0 && info.size + more > size) return true;
  const day = (ms: number) => Math.floor(ms / 86_400_000);
  return daily && info.mtime !== null && day(info.mtime.getTime()) < day(now);
}

/** `PATH` becomes `PATH.1`, `PATH.1` becomes `PATH.2`; what is beyond `keep` is removed. */
async function rotate(path: string, keep: number): Promise<void> {
  if (keep === 0) return await Deno.remove(path);
  for (let n = keep - 1; n >= 0; n--) {
    const from = n === 0 ? path : `${path}.${n}`;
    if (await statOf(from) !== null) await Deno.rename(from, `${path}.${n + 1}`);
  }
}

async function statOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Whether the file is empty or ends a line: after a power failure it may not. */
async function endsLine(target: Deno.FsFile, size: number): Promise<boolean> {
  if (size === 0) return true;
  const last = new Uint8Array(1);
  await target.seek(-1, Deno.SeekMode.End);
  await target.read(last);
  return last[0] === 10;
}

function withLineEnd(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 1);
  out[0] = 10;
  out.set(bytes, 1);
  return out;
}

async function writeAll(target: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await target.write(bytes.subarray(at));
}
