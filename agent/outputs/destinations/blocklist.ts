/**
 * A file of addresses for a firewall or a web server. An alert puts its addresses on it, and each leaves
 * it when its time is over. What is on it stands beside it, in `PATH.state`, with its times, so that it
 * outlives the agent. Both files are replaced as a whole.
 */
import { compileCidrs, isGlobal } from "../../../compiler/schema/ip.ts";
import { canonicalIp, parseCidr } from "../../../grammar/ip.ts";
import type { Notification } from "../notification.ts";
import { type DestinationSpec, type Outcome, SettingError } from "./destination.ts";
import { Queue } from "./queue.ts";
import { reasonOf } from "./reason.ts";
import { required, whole } from "./setup.ts";

const HOUR = 3_600_000;
/** How often addresses whose time is over are taken out, in ms. */
const SWEEP = 60_000;

export const blocklist: DestinationSpec = {
  type: "blocklist",
  summary: "A file of addresses for a firewall, each with an end",
  records: true,
  settings: [
    { name: "path", kind: "path", required: true, summary: "The file; its folder must exist" },
    {
      name: "form",
      kind: "text",
      choices: ["plain", "ipset", "nginx"],
      default: "plain",
      summary: "One address a line, input of `ipset restore`, or `deny` lines of nginx",
    },
    {
      name: "set",
      kind: "text",
      default: "picket",
      summary: "Name of the ipset; IPv6 has `NAME6`",
    },
    {
      name: "fields",
      kind: "texts",
      summary: "Fields of the alert that hold addresses to block; `src` and `src_ip` unless given",
    },
    { name: "expiry", kind: "duration", default: 24 * HOUR, summary: "How long an address stays" },
    {
      name: "never_block",
      kind: "texts",
      summary: "Networks and addresses that are never put on it; private ones never are",
    },
    {
      name: "max",
      kind: "number",
      default: 10_000,
      summary: "Addresses at once; further ones are refused",
    },
  ],
  async make(settings, context) {
    const never = settings.texts("never_block");
    for (const text of never) {
      if (parseCidr(text) !== null) continue;
      throw new SettingError("never_block", `"${text}" is neither an address nor a network`);
    }
    const set = settings.text("set") ?? "picket";
    // ipset takes 31 characters; `6` and `-next` are added.
    if (!/^[A-Za-z][\w-]{0,24}$/.test(set)) {
      throw new SettingError("set", `"${set}" is no name of a set of at most 25 letters`);
    }
    const fields = settings.texts("fields");
    const list = new Blocklist({
      path: required(settings, "path"),
      render: FORMS[settings.text("form") as keyof typeof FORMS ?? "plain"](set),
      fields: fields.length > 0 ? fields : ["src", "src_ip"],
      expiry: settings.number("expiry") ?? 24 * HOUR,
      spared: compileCidrs(never),
      max: whole(settings, "max", 1, 1_000_000),
      now: context.now,
    });
    await list.open();
    const queue = new Queue();
    const timer = setInterval(() => queue.run(() => list.sweep()).catch(() => {}), SWEEP);
    // The list is no reason for a run to go on.
    Deno.unrefTimer(timer);
    return {
      deliver: (notification, signal) =>
        queue.run(async (): Promise<Outcome> => {
          signal.throwIfAborted();
          try {
            return await list.take(notification);
          } catch (error) {
            return { state: "retry", reason: `"${list.path}": ${reasonOf(error, signal)}` };
          }
        }),
      close() {
        clearInterval(timer);
        return queue.run(() => Promise.resolve());
      },
    };
  },
};

type Render = (addresses: readonly string[]) => string;

const FORMS = {
  plain: (): Render => (addresses) => addresses.map((a) => `${a}\n`).join(""),
  nginx: (): Render => (addresses) => addresses.map((a) => `deny ${a};\n`).join(""),
  /** Filled beside the set in use and swapped, so that no packet meets half a set. */
  ipset: (name: string): Render => (addresses) => {
    const sets = [[name, "inet"], [`${name}6`, "inet6"]] as const;
    return sets.flatMap(([set, family]) => {
      const create = `hash:ip family ${family} maxelem 1048576`;
      return [
        `create ${set} ${create} -exist`,
        `create ${set}-next ${create} -exist`,
        `flush ${set}-next`,
        ...addresses.filter((a) => a.includes(":") === (family === "inet6"))
          .map((a) => `add ${set}-next ${a}`),
        `swap ${set}-next ${set}`,
        `destroy ${set}-next`,
      ];
    }).map((line) => line + "\n").join("");
  },
};

interface BlocklistOptions {
  readonly path: string;
  readonly render: Render;
  readonly fields: readonly string[];
  /** ms */
  readonly expiry: number;
  readonly spared: (address: string) => boolean;
  readonly max: number;
  now(): number;
}

class Blocklist {
  readonly path: string;
  readonly #options: BlocklistOptions;
  /** Address → when it leaves, epoch ms. */
  #until = new Map<string, number>();

  constructor(options: BlocklistOptions) {
    this.#options = options;
    this.path = options.path;
  }

  /** @throws {SettingError} where what was kept does not read: an empty list would open the gates */
  async open(): Promise<void> {
    const path = `${this.path}.state`;
    let text: string;
    try {
      text = await Deno.readTextFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw new SettingError("path", `The file "${path}" cannot be read`);
    }
    for (const line of text.split("\n").filter(Boolean)) {
      const [address, until] = line.split(" ");
      const time = Date.parse(until);
      if (canonicalIp(address) !== address || Number.isNaN(time)) {
        throw new SettingError(
          "path",
          `The file "${path}" is none that a blocklist has kept`,
          "Remove it to begin with an empty list",
        );
      }
      // What may not be blocked today is not, whatever an earlier run was told.
      if (this.#may(address)) this.#until.set(address, time);
    }
  }

  async take(notification: Notification): Promise<Outcome> {
    const opened = notification.event === "opened" || notification.event === "changed";
    const addresses = opened ? this.#addresses(notification) : [];
    const before = this.#until;
    const next = this.#current();
    let refused = 0;
    for (const address of addresses) {
      if (!next.has(address) && next.size >= this.#options.max) refused++;
      else {next.set(
          address,
          Math.max(next.get(address) ?? 0, this.#options.now() + this.#options.expiry),
        );}
    }
    await this.#write(next, before);
    return refused === 0 ? { state: "delivered" } : {
      state: "rejected",
      reason:
        `The list is full: ${refused} of ${addresses.length} addresses are not on it; raise "max"`,
    };
  }

  /** Takes out what has had its time. */
  async sweep(): Promise<void> {
    const next = this.#current();
    if (next.size < this.#until.size) await this.#write(next, this.#until);
  }

  #current(): Map<string, number> {
    const now = this.#options.now();
    return new Map([...this.#until].filter(([, until]) => until > now));
  }

  #may(address: string): boolean {
    return isGlobal(address) && !this.#options.spared(address);
  }

  #addresses({ alerts }: Notification): string[] {
    const found = new Set<string>();
    for (const { entity, fields } of alerts) {
      for (const name of this.#options.fields) {
        for (const value of [fields[name], entity[name]].flat()) {
          const address = typeof value === "string" ? canonicalIp(value) : null;
          if (address !== null && !address.includes("%") && this.#may(address)) found.add(address);
        }
      }
    }
    return [...found];
  }

  /** Times first: an address on the list without one would never leave it. */
  async #write(next: Map<string, number>, before: Map<string, number>): Promise<void> {
    const lines = [...next].map(([a, until]) => `${a} ${new Date(until).toISOString()}\n`);
    await replace(`${this.path}.state`, lines.join(""));
    this.#until = next;
    const same = next.size === before.size && [...next.keys()].every((a) => before.has(a));
    if (same && await exists(this.path)) return;
    await replace(this.path, this.#options.render([...next.keys()].sort()));
  }
}

/** Whoever reads sees the old text or the new one, after a power failure, too. */
async function replace(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  using target = await Deno.open(beside, {
    write: true,
    create: true,
    truncate: true,
    mode: 0o644,
  });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await target.write(bytes.subarray(at));
  await target.sync();
  await Deno.rename(beside, path);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
