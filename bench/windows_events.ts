/**
 * Windows events as JSON lines, varied from recordings: times, hosts, users, GUIDs, process ids, ports
 * and names of files change from one to the next, programs and command lines keep their words. The same
 * options give the same bytes. Beside it, rules made from others by changing their values.
 *
 *     deno run -A bench/windows_events.ts --from REGRESSION_DIR --events 200000 > events.json
 *     deno run -A bench/windows_events.ts --rules SIGMA_DIR --count 3000 --out DIR
 *
 * `--event-id 1` takes events of one id, `--fresh` gives each command line a word that no other has,
 * `--nested` writes events as they were recorded and not as flat objects.
 */
import { parseArgs } from "node:util";
import { parse, parseAllDocuments, stringify } from "yaml";

type Json = Record<string, unknown>;
type Random = () => number;

/** Mulberry32. */
export function seeded(seed: number): Random {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Every object in a text of one or more JSON values. */
function objects(text: string): Json[] {
  const out: Json[] = [];
  let depth = 0, start = -1, quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === "\\") i++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === "{" && depth++ === 0) start = i;
    else if (c === "}" && --depth === 0) out.push(JSON.parse(text.slice(start, i + 1)));
  }
  return out;
}

/** The recordings of a folder, in the order of their files' names. */
export function recordings(folder: string): Json[] {
  const files: string[] = [];
  const look = (path: string) => {
    for (const entry of Deno.readDirSync(path)) {
      const inner = `${path}/${entry.name}`;
      if (entry.isDirectory) look(inner);
      else if (entry.name.endsWith(".json") && !entry.name.endsWith(".expected.json")) {
        files.push(inner);
      }
    }
  };
  look(folder);
  return files.sort().flatMap((f) => objects(Deno.readTextFileSync(f)))
    .filter((o) => typeof o.Event === "object");
}

const attributes = (element: unknown): Json =>
  ((element as Json | null)?.["#attributes"] ?? {}) as Json;

/** A recorded event as one flat object: System's fields, then the event's data. */
function flat(recorded: Json): Json {
  const event = recorded.Event as Json, system = event.System as Json;
  const id = system.EventID;
  const out: Json = {
    EventID: typeof id === "object" && id !== null ? (id as Json)["#text"] : id,
    Channel: system.Channel,
    Computer: system.Computer,
    Provider_Name: attributes(system.Provider).Name,
    Provider_Guid: attributes(system.Provider).Guid,
    Version: system.Version,
    Level: system.Level,
    Task: system.Task,
    Opcode: system.Opcode,
    Keywords: system.Keywords,
    TimeCreated: attributes(system.TimeCreated).SystemTime,
    EventRecordID: system.EventRecordID,
    ProcessID: attributes(system.Execution).ProcessID,
    ThreadID: attributes(system.Execution).ThreadID,
    UserID: attributes(system.Security).UserID,
  };
  const data = (event.EventData ?? event.UserData ?? {}) as Json;
  for (const [name, value] of Object.entries(data)) {
    if (name !== "#attributes" && (typeof value !== "object" || value === null)) out[name] = value;
  }
  return out;
}

const GUID = /[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}/g;
/** Files that programs and people make, as opposed to programs. */
const FILE =
  /([\w-]{1,40})(\.(?:tmp|txt|log|dat|docx?|xlsx?|pdf|csv|zip|lnk|xml|json|html|ini|bak))\b/gi;
const PIDS = /(?:ProcessId|ProcessID|ThreadID|ThreadId|EventRecordID)$/;
const TIMES = /(?:UtcTime|SystemTime|TimeCreated)$/;

const hex = (random: Random, digits: number): string => {
  let out = "";
  while (out.length < digits) out += ((random() * 0x10000) | 0).toString(16).padStart(4, "0");
  return out.slice(0, digits);
};

/** Changes what differs between two events of one kind on two machines. */
export class Variation {
  readonly #random: Random;
  #n = 0;

  constructor(seed: number, readonly fresh: boolean) {
    this.#random = seeded(seed);
  }

  /** One line of JSON. @param at its time, in ms */
  line(event: Json, at: number): string {
    const random = this.#random;
    const n = this.#n++;
    const whole = new Date(at).toISOString();
    // A machine has its people: what is held back by host and user is held back here too.
    const machine = (random() * 50) | 0;
    const host = `ws${machine}.corp.example`;
    const user = `user${machine * 2 + ((random() * 2) | 0)}`;
    const guids = [this.#guid(), this.#guid()];
    const vary = (name: string, value: unknown): unknown => {
      if (name === "Computer") return host;
      if (TIMES.test(name)) {
        return String(value).includes("T") ? whole : whole.slice(0, -1).replace("T", " ");
      }
      if (PIDS.test(name)) return ((random() * 16000) | 0) * 4;
      if (/Port$/.test(name) && Number(value) > 1024) return 1025 + ((random() * 60000) | 0);
      if (typeof value !== "string") return value;
      let text = value.replace(GUID, (_, at: number) => guids[at & 1]);
      if (name !== "Hashes") {
        text = text.replace(
          FILE,
          (_, stem: string, end: string) => `${stem}${(random() * 5000) | 0}${end}`,
        );
      }
      text = text.replace(/(\\Users\\)(?!Public|Default|All Users)[^\\"]{1,40}/gi, `$1${user}`);
      if (name === "User" && !/^NT /.test(text)) text = `CORP\\${user}`;
      if (this.fresh && name === "CommandLine") text += ` x${n.toString(36)}${hex(random, 4)}`;
      return text;
    };
    const walk = (o: Json): Json =>
      Object.fromEntries(
        Object.entries(o).map(([name, value]) => [
          name,
          typeof value === "object" && value !== null && !Array.isArray(value)
            ? walk(value as Json)
            : vary(name, value),
        ]),
      );
    return JSON.stringify(walk(event));
  }

  #guid(): string {
    return [8, 4, 4, 4, 12].map((d) => hex(this.#random, d)).join("-").toUpperCase();
  }
}

export interface EventOptions {
  readonly from: string;
  readonly events: number;
  readonly seed?: number;
  readonly eventId?: string;
  readonly fresh?: boolean;
  readonly nested?: boolean;
}

/** The lines, in order of time; each recording comes as often as the others, in changing order. */
export function* windowsLines(o: EventOptions): Generator<string> {
  const of = (r: Json) => String(flat(r).EventID);
  const some = recordings(o.from).filter((r) => o.eventId === undefined || of(r) === o.eventId);
  if (some.length === 0) throw new RangeError(`No recording in "${o.from}" fits`);
  const events = o.nested ? some : some.map(flat);
  const random = seeded((o.seed ?? 1) ^ 0x5eed);
  const variation = new Variation(o.seed ?? 1, o.fresh ?? false);
  let at = Date.UTC(2026, 0, 5, 8);
  for (let i = 0; i < o.events; i++) {
    at += (random() * 40) | 0;
    yield variation.line(events[(random() * events.length) | 0], at);
  }
}

/** A rule with other values: words get letters that no log has. */
export function changedRule(text: string, n: number): string {
  const rule = parse(text) as Json;
  const word = (s: string) =>
    s.replace(/[A-Za-z]{4,}/, (w) => `${w.slice(0, 2)}${(n % 36).toString(36)}q${w.slice(2)}`);
  const change = (value: unknown, key: string): unknown => {
    if (Array.isArray(value)) return value.map((v) => change(v, key));
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, change(v, k)]));
    }
    return typeof value === "string" && !/\|re|cidr|base64|fieldref/.test(key)
      ? word(value)
      : value;
  };
  const { condition, ...selections } = rule.detection as Json;
  const random = seeded(n);
  const id = [8, 4, 4, 4, 12].map((d) => hex(random, d)).join("-");
  return stringify({
    ...rule,
    id,
    title: `${rule.title} ${n}`,
    detection: { ...change(selections, "") as Json, condition },
  });
}

/** Writes rules of a folder's windows rules into `out`, changed ones once all of them are there. */
function writeRules(folder: string, out: string, count: number): void {
  const files: string[] = [];
  const look = (path: string) => {
    for (const e of Deno.readDirSync(path)) {
      if (e.isDirectory) look(`${path}/${e.name}`);
      else if (e.name.endsWith(".yml") && e.name !== "info.yml") files.push(`${path}/${e.name}`);
    }
  };
  look(folder);
  const texts = files.sort().map((f) => ({
    name: f.split("/").pop()!,
    text: Deno.readTextFileSync(f),
  }))
    .filter(({ text }) =>
      /^\s*product:\s*windows/m.test(text) && parseAllDocuments(text).length === 1
    );
  Deno.mkdirSync(out, { recursive: true });
  const seen = new Set<string>();
  let written = 0;
  for (let round = 0; written < count; round++) {
    for (const { name, text } of texts) {
      if (written === count) break;
      if (round === 0 && seen.has(name)) continue;
      seen.add(name);
      const own = round === 0 ? name : name.replace(/\.yml$/, `_${round}.yml`);
      Deno.writeTextFileSync(`${out}/${own}`, round === 0 ? text : changedRule(text, written));
      written++;
    }
  }
}

function main(): void {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      from: { type: "string" },
      events: { type: "string", default: "200000" },
      seed: { type: "string", default: "1" },
      "event-id": { type: "string" },
      fresh: { type: "boolean", default: false },
      nested: { type: "boolean", default: false },
      rules: { type: "string" },
      count: { type: "string", default: "3000" },
      out: { type: "string" },
    },
  });
  if (values.rules !== undefined && values.out !== undefined) {
    writeRules(values.rules, values.out, Number(values.count));
    return;
  }
  if (values.from === undefined) {
    console.error("error: --from, the folder with the recordings, is missing");
    Deno.exit(2);
  }
  const encoder = new TextEncoder();
  let block = "";
  const flush = () => {
    for (let bytes = encoder.encode(block); bytes.length > 0;) {
      bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
    }
    block = "";
  };
  const lines = windowsLines({
    from: values.from,
    events: Number(values.events),
    seed: Number(values.seed),
    eventId: values["event-id"],
    fresh: values.fresh,
    nested: values.nested,
  });
  for (const line of lines) {
    block += line + "\n";
    if (block.length > 1 << 20) flush();
  }
  flush();
}

if (import.meta.main) main();
