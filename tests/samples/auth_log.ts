/** The sample auth.log: a day of the host web1. */
import { AuthLog } from "../../agent/simulate/auth.ts";
import { seeded } from "../../agent/simulate/random.ts";
import { ATTACKER, day, HOST, OFFICE, STORY, STUFFER } from "./story.ts";
import { inOrder } from "./order.ts";

/** People who work on the host: half of them use keys, and everybody mistypes now and then. */
const STAFF = [
  { user: "alice", src: OFFICE[0], method: "publickey", admin: true },
  { user: "bob", src: OFFICE[0], method: "password", admin: false },
  { user: "carol", src: OFFICE[1], method: "password", admin: true },
  { user: "dave", src: "10.20.0.14", method: "publickey", admin: false },
  { user: "erin", src: "10.20.0.31", method: "password", admin: false },
  { user: "frank", src: "192.168.7.22", method: "password", admin: true },
] as const;

const CHORES = [
  "/usr/bin/systemctl reload nginx",
  "/usr/bin/apt-get update",
  "/usr/bin/journalctl -u nginx --since today",
  "/usr/bin/tail -n 100 /var/log/nginx/error.log",
  "/usr/sbin/nginx -t",
  "/usr/bin/systemctl status postgresql",
];

function innocent(log: AuthLog) {
  const r = log.random;
  const [from, to] = [day("09 06:25:00"), day("10 06:25:00")];
  for (let t = from; t < to; t += 600_000) log.cron(t + 1000, "/usr/lib/sysstat/debian-sa1 1 1");
  for (let t = from; t < to; t += 3_600_000) {
    log.cron(t + 17 * 60_000 + 1000, "cd / && run-parts --report /etc/cron.hourly");
  }
  log.cron(
    day("10 00:00:01"),
    "test -x /usr/sbin/logrotate && /usr/sbin/logrotate /etc/logrotate.conf",
  );
  // A probe that opens the port and says nothing, every five minutes, around the clock.
  for (let t = from; t < to; t += 300_000) {
    const sshd = `sshd[${log.pid()}]`;
    const port = r.int(32768, 60999);
    log.write(
      t + 7000,
      sshd,
      `Connection from 10.0.0.5 port ${port} on 10.0.0.10 port 22 rdomain ""`,
    );
    log.write(
      t + 7000,
      sshd,
      "error: kex_exchange_identification: Connection closed by remote host",
    );
    log.write(t + 7000, sshd, `Connection closed by 10.0.0.5 port ${port}`);
  }
  // The nightly backup comes in with its key.
  log.login(day("10 01:30:02"), "10.0.0.8", "backup", "publickey", 0, 11);
  for (const hour of [8, 9, 10, 11, 12, 13, 14, 15, 16]) {
    for (const [i, person] of STAFF.entries()) {
      if (!r.chance(0.42) && hour !== 9) continue;
      // Eight minutes each, so that no two of them mistype in the same minute.
      const start = day(`09 ${String(hour).padStart(2, "0")}:00:00`) +
        (i * 8 + 2) * 60_000 + r.int(0, 59_000);
      // Never more than two people behind one address, so that an office is not taken for stuffing.
      const wrong = person.method === "password" && (hour + i) % 3 === 0 ? r.int(1, 2) : 0;
      const at = log.login(start, person.src, person.user, person.method, wrong, r.int(3, 40));
      if (person.admin && r.chance(0.7)) {
        log.sudo(
          at + r.int(20, 90) * 1000,
          person.user,
          `/home/${person.user}`,
          r.pick(CHORES),
        );
      }
    }
  }
  // One mistyped sudo password, then the right one.
  log.write(
    day("09 10:41:12"),
    "sudo",
    "pam_unix(sudo:auth): authentication failure; logname=carol uid=1002 euid=0 tty=/dev/pts/2 ruser=carol rhost=  user=carol",
  );
  log.sudo(day("09 10:41:19"), "carol", "/home/carol", "/usr/bin/systemctl restart nginx", 4);
  // Somebody forgets which key is for this host, and gives up after a third password.
  log.fails(day("09 15:22:40"), "192.168.7.22", "frank", 3, true, 9);
}

/** The names that the first source tries to find out which accounts there are. */
const GUESSES =
  ("admin administrator test guest oracle postgres mysql ubuntu user ftp nagios jenkins git " +
    "hadoop tomcat pi vagrant zabbix ansible minecraft support webmaster info sales").split(" ");

function attack(log: AuthLog) {
  let t = STORY.enumeration;
  for (const user of GUESSES) {
    log.fails(t, ATTACKER, user, 1, false);
    t += log.random.int(16, 24) * 1000;
  }
  t = STORY.bruteForce;
  for (let i = 0; i < 24; i++) t = log.fails(t, ATTACKER, "deploy", 3, true, 1) + 1000;
  const sshd = log.login(STORY.compromise, ATTACKER, "deploy", "password", 0, 26);
  log.sudoRefused(sshd + 41_000, "deploy", "3 incorrect password attempts", "/usr/bin/ls /root");
  log.write(
    sshd + 30_000,
    "sudo",
    "pam_unix(sudo:auth): authentication failure; logname=deploy uid=1004 euid=0 tty=/dev/pts/1 ruser=deploy rhost=  user=deploy",
  );
  log.sudoRefused(sshd + 70_000, "www-data", "user NOT in sudoers", "/usr/bin/id");
  log.sudo(sshd + 132_000, "deploy", "/tmp/.x", "/bin/bash", 900);
  const useradd = `useradd[${log.pid()}]`;
  log.write(sshd + 240_000, useradd, "new group: name=sysupd, GID=1013");
  log.write(
    sshd + 240_000,
    useradd,
    "new user: name=sysupd, UID=1013, GID=1013, home=/home/sysupd, shell=/bin/bash, from=/dev/pts/1",
  );
  log.write(
    sshd + 252_000,
    `passwd[${log.pid()}]`,
    "pam_unix(passwd:chauthtok): password changed for sysupd",
  );
  const usermod = `usermod[${log.pid()}]`;
  log.write(sshd + 260_000, usermod, "add 'sysupd' to group 'sudo'");
  log.write(sshd + 260_000, usermod, "add 'sysupd' to shadow group 'sudo'");
  log.login(STORY.nightReturn, ATTACKER, "sysupd", "password", 0, 38);
  // The second source: a leaked list of accounts, one try each, minutes apart.
  t = STORY.stuffing;
  for (const user of ["alice", "j.miller", "carol", "s.weber", "p.novak", "erin", "m.rossi"]) {
    log.fails(t, STUFFER, user, 1, ["alice", "carol", "erin"].includes(user));
    t += log.random.int(190, 320) * 1000;
  }
}

/** The text of auth.log. */
export function authLog(): string {
  return inOrder((emit) => {
    const log = new AuthLog(seeded(20260309), HOST, emit);
    innocent(log);
    attack(log);
  });
}
