/** The task `test`: with arguments the command of that name, without them Picket's own tests and it. */
import { main, processIo } from "../main.ts";

const PERMISSIONS = [
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-run",
  "--allow-sys",
  "--allow-net=127.0.0.1,localhost",
];

let code = 0;
if (Deno.args.length === 0) {
  const tests = new Deno.Command(Deno.execPath(), { args: ["test", "--quiet", ...PERMISSIONS] });
  code = (await tests.spawn().status).code;
}
// Rules and sourcetypes are text of whoever wrote them: what runs them can only read.
await Deno.permissions.revoke({ name: "run" });
Deno.exit(code || await main(["test", ...Deno.args], processIo()));
