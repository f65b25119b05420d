/** Attacks on Linux hosts, Kubernetes and AWS after initial access. */
import { alert, type Attack } from "./attack.ts";
import { MINUTE, SECOND } from "./world.ts";

export const HOST_ATTACKS: readonly Attack[] = [
  {
    name: "download_and_run",
    summary: "A downloaded file is executed, and traces are deleted",
    streams: ["audit"],
    lasts: 2 * MINUTE,
    play({ at, logs, id }) {
      const ppid = 500_000 + id;
      const pid = 5_000_000 + id * 100;
      logs.audit.run(at, ppid, pid, "/usr/bin/wget");
      logs.audit.run(at + 300, ppid, pid + 1, "/usr/bin/chmod");
      logs.audit.run(at + 900, ppid, pid + 2, "/tmp/x");
      for (let i = 0; i < 8; i++) {
        logs.audit.run(at + 60 * SECOND + i * 200, ppid, pid + 3 + i, "/usr/bin/rm");
      }
      return [
        alert("downloaded_and_run", { ppid: String(ppid) }),
        alert("run_from_temporary_folder", { ppid: String(ppid) }),
        alert("traces_removed", { ppid: String(ppid) }),
      ];
    },
  },
  {
    name: "setuid_crash",
    summary: "Crash of a setuid root program",
    streams: ["audit"],
    lasts: MINUTE,
    play({ at, logs, id }) {
      const pid = 6_000_000 + id;
      logs.audit.run(at, 600_000 + id, pid, "/usr/bin/su", true);
      logs.audit.crash(at + 40, pid, "/usr/bin/su");
      return [alert("setuid_program_crashed", { process_path: "/usr/bin/su" })];
    },
  },
  {
    name: "pkexec_exploit",
    summary: "Privilege escalation with PwnKit (CVE-2021-4034)",
    streams: ["auth"],
    lasts: MINUTE,
    play({ at, logs, id }) {
      const user = `guest${id}`;
      logs.auth("db1").write(
        at,
        "pkexec[7348]",
        `${user}: The value for the SHELL variable was not found the /etc/shells file [USER=root] [TTY=/dev/pts/3] [CWD=/tmp/x] [COMMAND=GCONV_PATH=./gconv PATH=GCONV_PATH=. SHELL=/fake/shell CHARSET=payload]`,
      );
      return [alert("pkexec_exploit", { src_user: user, dest: "db1" })];
    },
  },
  {
    name: "cloud_discovery",
    summary: "AWS enumeration with a stolen access key",
    streams: ["cloud"],
    lasts: 2 * MINUTE,
    play({ at, logs, src, id }) {
      const user = `robot${id}`;
      const calls = [["sts", "GetCallerIdentity"], ["iam", "ListUsers"], ["s3", "ListBuckets"], [
        "ec2",
        "DescribeInstances",
      ], ["iam", "ListRoles"]];
      for (const [i, [service, name]] of calls.entries()) {
        logs.cloud.call(at + i * 9 * SECOND, src, user, service, name);
      }
      return [alert("cloud_discovery", { src, user })];
    },
  },
  {
    name: "kubernetes_exec",
    summary: "Shell in a pod through Kubernetes exec",
    streams: ["cloud"],
    lasts: MINUTE,
    play({ at, logs, src, id }) {
      const user = `operator${id}`;
      logs.cloud.kubernetes(
        at,
        src,
        user,
        "create",
        "/api/v1/namespaces/shop/pods/web-1/exec?command=sh",
      );
      return [alert("container_shell", { src, user })];
    },
  },
];
