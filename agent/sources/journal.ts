/**
 * The journal of systemd, as `journalctl` gives it, followed. Where reading stands is an entry's cursor,
 * which goes into the checkpoint: after a kill reading goes on behind the last entry that was stored.
 */
import type { Bytes, InputHandle } from "../input.ts";
import { InputError } from "./files.ts";
import { ExportReader, FIELDS, type JournalEntry } from "./journal_export.ts";
import type { InputAnnounced, Listener, Live, Loss, Marks } from "./listener.ts";

export interface JournalOptions {
  /** Units of systemd, as `ssh.service`; empty for all. */
  readonly units: readonly string[];
  /** Folder of journal files; null for this machine's journal. */
  readonly directory: string | null;
  /** Epoch ms from which on entries are read where no run left a checkpoint; null for all. */
  readonly since: number | null;
  /** The unit that this process runs in: what it says itself is left out. Null for none. */
  readonly without: string | null;
  /** Bytes of a value that are kept. */
  readonly limit: number;
  /** ms */
  readonly lateness: number;
  readonly notice: (text: string) => void;
  /** ms until `journalctl` is started again after it ended, first and most. Default: 1000 and 30,000 */
  readonly again?: { readonly first: number; readonly most: number };
}

/** What `source` says in events, and what a checkpoint knows the journal by. */
export function journalName({ units, directory }: Pick<JournalOptions, "units" | "directory">) {
  const place = directory === null ? "" : `:${directory}`;
  return `journal${place}${units.length > 0 ? `:${units.join(",")}` : ""}`;
}

/** Entries at the journal's end among which one is looked for that is not of the agent itself. */
const NEWEST = 50;

const GROUP = "add its user to the group systemd-journal (usermod -aG systemd-journal USER) and " +
  "start it anew";

export class JournalListener implements Listener {
  arrived: (arrival: InputAnnounced) => void = () => {};
  private readonly live: Journal;
  private readonly name: string;

  constructor(private readonly options: JournalOptions) {
    this.name = journalName(options);
    this.live = new Journal(options, this.name);
  }

  /** Asks for the newest entry, which tells what hinders reading. Throws InputError. */
  async start(): Promise<readonly InputAnnounced[]> {
    const newest = await newestEntries(this.options);
    this.live.newest = Math.max(-Infinity, ...newest.map(({ time }) => time));
    this.live.last = newest.at(-1)?.cursor ?? null;
    this.options.notice(`Following ${this.name === "journal" ? "the journal" : this.name}`);
    const found = { name: this.name, path: null };
    return [{ found, live: this.live, sourcetype: "json", lateness: this.options.lateness }];
  }

  stop(): Promise<void> {
    this.live.stop();
    return Promise.resolve();
  }

  losses(): Promise<readonly Loss[]> {
    return Promise.resolve(this.live.losses.splice(0));
  }
}

class Journal implements Live {
  /** When the newest entry was taken by the journal as reading began, epoch ms. */
  newest = -Infinity;
  /** Cursor of the last entry then. */
  last: string | null = null;
  readonly losses: Loss[] = [];
  /** Where chunks end that were passed on, and the cursor of their last entry; the oldest first. */
  private ends: { readonly offset: number; readonly cursor: string; readonly time: number }[] = [];
  /** Of the last entry that was passed on. */
  private cursor: string | null = null;
  /** Of the last entry that a run before this has taken. */
  private resumed: string | null = null;
  private child: Deno.ChildProcess | null = null;
  private stopped = false;
  private wake: () => void = () => {};
  /** Entries up to the newest of the start are through. */
  private through = false;

  constructor(private readonly options: JournalOptions, private readonly name: string) {}

  /** What was there at the start is read: what comes next is long in coming. */
  get waiting(): boolean {
    return this.through;
  }

  caughtUp(end: number): boolean {
    const last = this.ends.findLast((e) => e.offset <= end);
    this.through ||= this.newest === -Infinity || (last !== undefined && last.time >= this.newest);
    return this.through;
  }

  unread(): boolean {
    return !this.through && this.last !== null;
  }

  readonly marks: Marks = {
    at: (end) => {
      const found = this.ends.findLastIndex((e) => e.offset <= end);
      if (found < 0) return this.resumed;
      // Positions only grow.
      this.ends.splice(0, found);
      return this.ends[0].cursor;
    },
    goOn: (cursor) => {
      this.resumed = this.cursor = cursor;
      // A run before this has taken all that there is.
      this.through ||= cursor === this.last;
    },
  };

  stop(): void {
    this.stopped = true;
    this.wake();
    this.kill();
  }

  open(input: InputHandle, offset: number): { bytes: ReadableStream<Bytes> } {
    const batches = this.batches(offset);
    const bytes = new ReadableStream<Bytes>({
      pull: async (controller) => {
        const { value, done } = await batches.next();
        if (done) controller.close();
        else controller.enqueue({ input, data: value, arrival: Date.now() });
      },
      cancel: () => this.stop(),
    }, { highWaterMark: 0 });
    return { bytes };
  }

  /** Lines of whole entries, from the cursor on; what ends too early is started again. */
  private async *batches(offset: number): AsyncGenerator<Uint8Array> {
    const { first, most } = this.options.again ?? { first: 1000, most: 30_000 };
    const encoder = new TextEncoder();
    for (let pause = first; !this.stopped; pause = Math.min(pause * 2, most)) {
      for await (const entries of this.entries()) {
        pause = first;
        const last = entries[entries.length - 1];
        const data = encoder.encode(entries.map((e) => e.line + "\n").join(""));
        offset += data.length;
        this.ends.push({ offset, cursor: last.cursor, time: last.time });
        this.cursor = last.cursor;
        yield data;
      }
      if (!this.stopped) await this.sleep(pause);
    }
  }

  /** What one process gives, behind the cursor. */
  private async *entries(): AsyncGenerator<JournalEntry[]> {
    const { limit, since, notice, without } = this.options;
    const cursor = this.cursor;
    const from = cursor !== null
      ? [`--cursor=${cursor}`]
      : since !== null
      ? [`--since=@${(since / 1000).toFixed(3)}`]
      : [];
    let child: Deno.ChildProcess;
    try {
      child = journalctl(this.options, ["--follow", "--no-tail", ...from]).spawn();
    } catch (error) {
      notice(`warning: ${this.name}: journalctl cannot be run: ${(error as Error).message}`);
      return;
    }
    this.child = child;
    const said = complaints(child.stderr);
    const reader = new ExportReader(limit, without);
    let first = cursor !== null;
    try {
      for await (const chunk of child.stdout) {
        const entries = reader.push(chunk);
        if (first && entries.length > 0) {
          first = false;
          // Reading begins with the entry of the cursor, which the last run has taken.
          if (entries[0].cursor === cursor) entries.shift();
          else this.rotatedAway();
        }
        if (reader.cut > 0) this.wasCut(reader);
        // Its own lines move the cursor only with others.
        const others = entries.filter((entry) => !entry.own);
        if (others.length > 0) yield others;
      }
    } catch (error) {
      if (!this.stopped) notice(`warning: ${this.name}: ${(error as Error).message}`);
    } finally {
      this.kill();
    }
    const { code } = await child.status;
    const text = await said;
    if (!this.stopped) {
      notice(
        `warning: ${this.name}: journalctl ended with code ${code}` +
          `${text ? ` (${text})` : ""}; it is started again`,
      );
    }
  }

  private rotatedAway(): void {
    this.losses.push({
      subject: this.name,
      message:
        `${this.name}: entries behind the last one that was read are gone, the journal was ` +
        "rotated meanwhile; it is read on from the oldest that is there",
      reason: null,
      count: 1,
    });
  }

  private wasCut(reader: ExportReader): void {
    const n = reader.cut;
    reader.cut = 0;
    this.losses.push({
      subject: this.name,
      message: `${this.name}: ${n} value${n === 1 ? "" : "s"} over ${this.options.limit} bytes cut`,
      reason: null,
      count: n,
    });
  }

  private kill(): void {
    try {
      this.child?.kill("SIGTERM");
    } catch { /* It has ended. */ }
    this.child = null;
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}

function journalctl(
  { units, directory }: Pick<JournalOptions, "units" | "directory">,
  args: readonly string[],
): Deno.Command {
  return new Deno.Command("journalctl", {
    args: [
      "--no-pager",
      "--output=export",
      // Journals with entries of hundreds of megabytes are those of core dumps.
      `--output-fields=${FIELDS.filter((f) => !f.startsWith("__")).join(",")}`,
      ...(directory === null ? [] : [`--directory=${directory}`]),
      ...units.map((unit) => `--unit=${unit}`),
      ...args,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** What journalctl says on stderr, in one line and not all of much. */
async function complaints(stderr: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const part of stderr) {
    if (text.length < 1000) text += decoder.decode(part, { stream: true });
  }
  return text.trim().replaceAll(/\s+/g, " ").slice(0, 300);
}

/**
 * The newest entries, the oldest of them first, without those of the agent itself.
 * @throws {InputError} when `journalctl` is missing or this user may read nothing
 */
export async function newestEntries(
  options: Omit<JournalOptions, "lateness" | "since">,
  n = NEWEST,
): Promise<JournalEntry[]> {
  const name = journalName(options);
  let child: Deno.ChildProcess;
  try {
    child = journalctl(options, [`--lines=${n}`]).spawn();
  } catch (error) {
    throw new InputError(
      name,
      error instanceof Deno.errors.NotFound
        ? "journalctl is not found: the journal is systemd's; name files of logs instead"
        : `journalctl cannot be run: ${(error as Error).message}`,
    );
  }
  const said = complaints(child.stderr);
  const reader = new ExportReader(options.limit, options.without);
  const entries: JournalEntry[] = [];
  for await (const chunk of child.stdout) {
    entries.push(...reader.push(chunk).filter((entry) => !entry.own));
  }
  const [{ code }, text] = await Promise.all([child.status, said]);
  if (/insufficient permissions/i.test(text)) {
    throw new InputError(name, `this user may not read the journal: ${GROUP}`);
  }
  if (code !== 0) throw new InputError(name, `journalctl fails: ${text || `code ${code}`}`);
  if (/not seeing messages from other users/i.test(text)) {
    options.notice(
      `warning: ${name}: this user sees its own entries alone, not those of the system: ${GROUP}`,
    );
  }
  return entries;
}
