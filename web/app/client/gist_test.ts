import assert from "node:assert/strict";
import { gist } from "./gist.ts";

Deno.test("a line of text is told as it is", () => {
  const _raw = "Mar  9 13:54:23 web1 sshd[1]: Accepted password for root";
  assert.equal(gist({ _raw, user: "root" }), _raw);
});

Deno.test("an envelope is told by what it is called and who did what", () => {
  const event = {
    _raw: "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>",
    signature: "A new process has been created",
    user: "eve",
    dest: "WS1",
    process: "cmd.exe /c whoami",
    process_path: "C:\\Windows\\cmd.exe",
  };
  assert.equal(
    gist(event),
    "A new process has been created  user=eve  dest=WS1  process=cmd.exe /c whoami",
  );
  assert.equal(
    gist({ _raw: "type=SYSCALL msg=audit(1.0:1): arch=c", process_path: "/bin/rm" }),
    "process_path=/bin/rm",
  );
});

Deno.test("an envelope of which nothing is known stays itself", () => {
  assert.equal(gist({ _raw: '{"a":1}' }), '{"a":1}');
  assert.equal(gist({}), "");
});
