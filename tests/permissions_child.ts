/**
 * Runs a command with every permission and says, as JSON, which kinds are left: at its end, or where it
 * goes on, half a second after it says that it follows or listens. Its arguments are the command's.
 */
import { main, processIo } from "../main.ts";

const stop = new AbortController();
const kinds = ["read", "write", "net", "run", "sys", "ffi", "import"] as const;
let left: string[] | null = null;

function ask(): void {
  left ??= kinds.filter((name) => Deno.permissions.querySync({ name }).state === "granted");
}

const io = processIo();
const code = await main(Deno.args, {
  ...io,
  out: () => true,
  err(text) {
    io.err(text);
    if (!/^(Following|Listening on)/.test(text)) return;
    setTimeout(() => {
      ask();
      stop.abort();
    }, 500);
  },
  signal: stop.signal,
});
ask();
console.log(JSON.stringify({ code, left }));
Deno.exit(0);
