/** `token`: who may ask the API. */
import { PROGRAM } from "../../agent/program.ts";
import { ROLES } from "../../agent/store/mod.ts";
import { TOKEN_NAME } from "../server/types/mod.ts";
import { newToken, tokenHash } from "../server/security/tokens.ts";
import { rfc3339 } from "../../agent/outputs/render/text.ts";
import { type Store, StoreError } from "../../agent/store/mod.ts";
import {
  type Args,
  type CommandSpec,
  EXIT,
  type Io,
  UsageError,
} from "../../agent/commands/command.ts";
import { permissionsOf, placeOf, STORE_OPTIONS, storeAt } from "../../agent/commands/stores.ts";

export const tokenCommand: CommandSpec = {
  name: "token",
  operands: "create NAME | list | revoke NAME",
  summary: "Make, list and revoke the API's tokens.",
  details:
    "A token is shown once, when it is made; only its hash is stored. The roles: read sees; write\n" +
    "changes statuses and sends lines in, too; admin makes and revokes tokens, too. As long as there\n" +
    "is no token, whoever is on this machine may ask; once there is one, every request needs one.\n" +
    "While `serve` has the embedded database, use POST and DELETE /api/tokens instead.",
  options: [
    { name: "role", value: "ROLE", choices: ROLES, summary: "What it may do (default read)" },
    ...STORE_OPTIONS,
  ],
  examples: [
    { command: `${PROGRAM} token create grafana --role read`, does: "A token for a program" },
    { command: `${PROGRAM} token list`, does: "Which there are" },
    { command: `${PROGRAM} token revoke grafana`, does: "It works no longer" },
  ],
  async run(args, io) {
    const [action, name, ...more] = args.operands;
    const takesName = action === "create" || action === "revoke";
    if (action === undefined || !(takesName || action === "list")) {
      throw new UsageError(
        action === undefined ? "Nothing is asked" : `Unknown action "${action}"`,
        "Give create NAME, list, or revoke NAME",
      );
    }
    const extra = takesName ? more[0] : name;
    if (extra !== undefined) throw new UsageError(`Unexpected "${extra}"`, "Leave it out");
    if (takesName && name === undefined) {
      throw new UsageError("No name is given", `Give one, as ${action} grafana`);
    }
    if (action === "create" && !new RegExp(TOKEN_NAME, "u").test(name)) {
      throw new UsageError(
        `Invalid name "${name}"`,
        "Give 1 to 64 letters, digits, dots, hyphens or underscores, a letter or digit first",
      );
    }
    if (action !== "create" && args.get("role") !== undefined) {
      throw new UsageError(`--role says nothing to ${action}`, "Leave it out");
    }
    const place = await placeOf(args, io);
    await io.keep("read", ...permissionsOf(place));
    const store = await storeAt(place, io);
    try {
      if (action === "create") await create(store, name, args, io);
      else if (action === "revoke") await revoke(store, name, io);
      else await list(store, io);
    } finally {
      await store.close();
    }
    return EXIT.done;
  },
};

async function create(store: Store, name: string, args: Args, io: Io): Promise<void> {
  const role = ROLES.find((r) => r === args.get("role")) ?? "read";
  const token = newToken();
  try {
    await store.addToken({ name, role, hash: await tokenHash(token) });
  } catch (error) {
    if (!(error instanceof StoreError && error.code === "exists")) throw error;
    throw new UsageError(error.message.split(";")[0], "Revoke it or choose another name");
  }
  io.out(token + "\n");
  io.err(`Made the token "${name}" with the role ${role}; it is not shown again\n`);
}

async function revoke(store: Store, name: string, io: Io): Promise<void> {
  if (!await store.revokeToken(name)) {
    throw new UsageError(`There is no token "${name}" in force`, "`token list` names them");
  }
  io.err(`Revoked "${name}"; servers that run refuse it within seconds\n`);
}

async function list(store: Store, io: Io): Promise<void> {
  const tokens = await store.tokens();
  const width = Math.max(4, ...tokens.map((t) => t.name.length));
  for (const t of tokens) {
    io.out(
      `${t.name.padEnd(width)}  ${t.role.padEnd(5)}  made ${rfc3339(t.created)}` +
        (t.revoked === null ? "" : `  revoked ${rfc3339(t.revoked)}`) + "\n",
    );
  }
  if (tokens.length === 0) io.err("There is no token: servers on loopback ask for none\n");
}
