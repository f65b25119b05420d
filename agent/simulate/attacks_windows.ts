/** Attacks that Windows event logs tell of. */
import { alert, type Attack } from "./attack.ts";
import { MINUTE, SECOND } from "./world.ts";

export const WINDOWS_ATTACKS: readonly Attack[] = [
  {
    name: "windows_takeover",
    summary: "Makes an administrator and a service on a file server, and clears its log",
    streams: ["windows"],
    lasts: 10 * MINUTE,
    play({ at, logs, id }) {
      const dest = "FS01.corp.example";
      const log = logs.windows(dest);
      const user = `helpdesk${id}`;
      log.accountCreated(at, "mallory", user);
      log.memberAdded(at + 20 * SECOND, "mallory", user, "Administrators");
      log.serviceInstalled(at + 2 * MINUTE, `WinUpd${id}`, "%SystemRoot%\\Temp\\wu.exe");
      log.logCleared(at + 5 * MINUTE, "mallory");
      return ["account_created", "privileged_group", "new_service", "log_cleared"].map((rule) =>
        alert(rule, { dest })
      );
    },
  },
];
