/** The permissions of each command as options of Deno: those of its task in deno.json. */
import config from "../../deno.json" with { type: "json" };

type Permissions = Readonly<Record<string, boolean | readonly string[]>>;

/** In the place of a permitted program: where Deno itself is. */
export const DENO = "deno";

/** Commands whose tasks do more than them, by the set of permissions that they need. */
const OTHERWISE: Readonly<Record<string, string>> = { test: "read" };

/**
 * Command → `--allow-…` options, from the tasks that are `… -P=SET main.ts COMMAND` and their sets.
 * @throws {Error} for a command without a task, and a set that says what is not known here
 */
export function commandPermissions(commands: readonly string[]): Record<string, string[]> {
  const tasks: Readonly<Record<string, { readonly command: string }>> = config.tasks;
  const sets: Readonly<Record<string, Permissions>> = config.permissions;
  return Object.fromEntries(commands.map((name) => {
    const [, of, command] = / -P=(\w+) main\.ts (\w+)$/.exec(tasks[name]?.command ?? "") ?? [];
    const set = command === name ? of : OTHERWISE[name];
    if (set === undefined || sets[set] === undefined) {
      throw new Error(`The task "${name}" of deno.json is not \`… -P=SET main.ts ${name}\``);
    }
    return [name, optionsOf(sets[set])];
  }));
}

function optionsOf(permissions: Permissions): string[] {
  return Object.entries(permissions).map(([kind, what]) => {
    if (!["read", "write", "net", "env", "run", "sys"].includes(kind) || what === false) {
      throw new Error(`What "${kind}: ${what}" permits is not known`);
    }
    return what === true ? `--allow-${kind}` : `--allow-${kind}=${(what as string[]).join(",")}`;
  });
}
