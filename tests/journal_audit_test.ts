/** Entries of the Linux audit in the journal mean what the lines of audit.log mean. */
import assert from "node:assert/strict";
import { inProcess } from "./in_process.ts";
import { withFolder } from "./run.ts";

/** Type, process id (the journal has none where the record has none), and the rest of a record. */
const RECORDS: readonly (readonly [string, string | null, string])[] = [
  [
    "USER_LOGIN",
    "4711",
    `pid=4711 uid=0 auid=4294967295 ses=4294967295 msg='op=login acct="root" exe="/usr/sbin/sshd" hostname=? addr=203.0.113.9 terminal=ssh res=success'`,
  ],
  [
    "USER_AUTH",
    "4711",
    `pid=4711 uid=0 auid=4294967295 ses=4294967295 msg='op=PAM:authentication grantors=? acct="root" exe="/usr/sbin/sshd" hostname=203.0.113.9 addr=203.0.113.9 terminal=ssh res=failed'`,
  ],
  [
    "SYSCALL",
    "27032",
    'arch=c000003e syscall=59 success=yes exit=0 items=2 ppid=26843 pid=27032 auid=1000 uid=1000 gid=1000 tty=pts2 ses=106985 comm="perl" exe="/usr/bin/perl" key=(null)',
  ],
  ["EXECVE", null, 'argc=3 a0="rm" a1="-rf" a2=2F746D702F61206200'],
  [
    "ADD_USER",
    "1",
    `pid=1 uid=0 auid=1000 ses=3 msg='op=adding user acct="eve" exe="/usr/sbin/useradd" hostname=? addr=? terminal=pts/0 res=success'`,
  ],
  ["CONFIG_CHANGE", null, 'auid=1000 ses=3 op=remove_rule key="x" list=4 res=1'],
];
const SECONDS = 1764417600;

const journal = () =>
  RECORDS.map(([type, pid, rest], i) =>
    JSON.stringify({
      __REALTIME_TIMESTAMP: `${SECONDS + i}123456`,
      _SOURCE_REALTIME_TIMESTAMP: `${SECONDS + i}123000`,
      _HOSTNAME: "web1",
      _TRANSPORT: "audit",
      SYSLOG_IDENTIFIER: "audit",
      ...(pid === null ? {} : { _PID: pid }),
      _AUDIT_ID: String(70 + i),
      MESSAGE: `${type} ${rest}`,
    })
  );
const short = () =>
  RECORDS.map(([type, pid, rest], i) =>
    `2025-11-29T12:00:0${i}.123+00:00 web1 audit${pid === null ? "" : `[${pid}]`}: ${type} ${rest}`
  );
const file = () =>
  RECORDS.map(([type, _, rest], i) =>
    `type=${type} msg=audit(${SECONDS + i}.123:${70 + i}): ${rest}`
  );

Deno.test("the journal's audit entries mean what audit.log says, as JSON and as text", () =>
  withFolder(async (folder) => {
    const parsed = async (name: string, lines: readonly string[]) => {
      const path = `${folder}/${name}`;
      await Deno.writeTextFile(path, lines.join("\n") + "\n");
      const { code, stdout, stderr } = await inProcess(["parse", path]);
      assert.equal(code, 0, stderr);
      return stdout.trimEnd().split("\n").map((line) => {
        const event = JSON.parse(line);
        // What the journal knows besides: the machine, its own fields, and the serial under its name.
        for (const key of ["_raw", "source", "host", "dest", "event_id"]) delete event[key];
        for (const key of Object.keys(event)) {
          if (/^_?[A-Z_]+$/.test(key) && key !== "_time") delete event[key];
        }
        return event;
      });
    };
    const want = await parsed("audit.log", file());
    assert.deepEqual(await parsed("journal.json", journal()), want);
    assert.deepEqual(await parsed("short.log", short()), want);
    assert.deepEqual(
      want.map((e) => [e.sourcetype, e.type, e.action]),
      [
        ["linux_audit", "USER_LOGIN", "success"],
        ["linux_audit", "USER_AUTH", "failure"],
        ["linux_audit", "SYSCALL", "allowed"],
        ["linux_audit", "EXECVE", undefined],
        ["linux_audit", "ADD_USER", "created"],
        ["linux_audit", "CONFIG_CHANGE", undefined],
      ],
    );
  }));
