/** Lines of an auth.log as OpenSSH, PAM, sudo, cron and the shadow tools write them through rsyslog. */
import { type Random, seeded } from "./random.ts";
import { ATTACKER, day, HOST, OFFICE, STORY, STUFFER } from "./story.ts";

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

interface Line {
  readonly time: number;
  /** Keeps lines of one second in the order in which they were made. */
  readonly order: number;
  readonly text: string;
}

/** `Mar  9 13:02:11`, as rsyslog's traditional format has it: no year, the day padded with a space. */
function stamp(time: number): string {
  const d = new Date(time);
  const clock = d.toISOString().slice(11, 19);
  return `${MONTHS[d.getUTCMonth()]} ${String(d.getUTCDate()).padStart(2)} ${clock}`;
}

class AuthLog {
  readonly lines: Line[] = [];
  #pid = 1201;
  constructor(readonly random: Random) {}

  pid(): number {
    this.#pid += this.random.int(1, 9);
    return this.#pid;
  }

  write(time: number, program: string, text: string) {
    this.lines.push({
      time,
      order: this.lines.length,
      text: `${stamp(time)} ${HOST} ${program}: ${text}`,
    });
  }

  /** One connection whose passwords are all wrong. Returns the time at which it ended. */
  fails(time: number, src: string, user: string, tries: number, known: boolean, gap = 2): number {
    const sshd = `sshd[${this.pid()}]`;
    const port = this.random.int(32768, 60999);
    const name = known ? user : `invalid user ${user}`;
    const at = (s: number) => time + s * 1000;
    this.write(at(0), sshd, `Connection from ${src} port ${port} on 10.0.0.10 port 22 rdomain ""`);
    if (!known) this.write(at(0), sshd, `Invalid user ${user} from ${src} port ${port}`);
    let s = 0;
    for (let i = 0; i < tries; i++) {
      if (!known) this.write(at(s), sshd, "pam_unix(sshd:auth): check pass; user unknown");
      if (i === 0) {
        this.write(
          at(s),
          sshd,
          `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${src}` +
            (known ? `  user=${user}` : " "),
        );
      }
      s += gap;
      this.write(at(s), sshd, `Failed password for ${name} from ${src} port ${port} ssh2`);
    }
    const who = known ? `authenticating user ${user}` : `invalid user ${user}`;
    if (this.random.chance(0.5)) {
      this.write(at(s), sshd, `Connection closed by ${who} ${src} port ${port} [preauth]`);
    } else {
      this.write(at(s), sshd, `Received disconnect from ${src} port ${port}:11: Bye Bye [preauth]`);
      this.write(at(s), sshd, `Disconnected from ${who} ${src} port ${port} [preauth]`);
    }
    return at(s);
  }

  /** One connection that gets in, after `wrong` mistyped passwords, and its session. */
  login(
    time: number,
    src: string,
    user: string,
    method: "password" | "publickey",
    wrong: number,
    minutes: number,
  ): number {
    const sshd = `sshd[${this.pid()}]`;
    const port = this.random.int(32768, 60999);
    const uid = 1000 + user.length * 7 % 40;
    let at = time;
    this.write(at, sshd, `Connection from ${src} port ${port} on 10.0.0.10 port 22 rdomain ""`);
    for (let i = 0; i < wrong; i++) {
      if (i === 0) {
        this.write(
          at + 1000,
          sshd,
          `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${src}  user=${user}`,
        );
      }
      at += 4000;
      this.write(at, sshd, `Failed password for ${user} from ${src} port ${port} ssh2`);
    }
    at += 3000;
    const key = method === "publickey"
      ? `: ED25519 SHA256:${"4vQm8yTqk0C1xN7rWcJ2bPzLh6dFgS9eUaYtRiKoMXE".slice(0, 42)}${
        user[0].toUpperCase()
      }`
      : "";
    this.write(at, sshd, `Accepted ${method} for ${user} from ${src} port ${port} ssh2${key}`);
    const opened = `session opened for user ${user}(uid=${uid}) by (uid=0)`;
    this.write(at, sshd, `pam_unix(sshd:session): ${opened}`);
    this.write(at, "systemd-logind[612]", `New session ${this.pid()} of user ${user}.`);
    this.write(at, `systemd[${this.pid()}]`, `pam_unix(systemd-user:session): ${opened}`);
    const end = at + minutes * 60_000;
    this.write(end, sshd, `Received disconnect from ${src} port ${port}:11: disconnected by user`);
    this.write(end, sshd, `Disconnected from user ${user} ${src} port ${port}`);
    this.write(end, sshd, `pam_unix(sshd:session): session closed for user ${user}`);
    this.write(
      end,
      "systemd-logind[612]",
      `Session ${this.pid()} logged out. Waiting for processes to exit.`,
    );
    return at;
  }

  sudo(time: number, user: string, cwd: string, command: string, seconds = 2) {
    this.write(
      time,
      "sudo",
      `${user.padStart(8)} : TTY=pts/0 ; PWD=${cwd} ; USER=root ; COMMAND=${command}`,
    );
    this.write(
      time,
      "sudo",
      `pam_unix(sudo:session): session opened for user root(uid=0) by ${user}(uid=1000)`,
    );
    this.write(
      time + seconds * 1000,
      "sudo",
      "pam_unix(sudo:session): session closed for user root",
    );
  }

  sudoRefused(time: number, user: string, reason: string, command: string) {
    this.write(
      time,
      "sudo",
      `${
        user.padStart(8)
      } : ${reason} ; TTY=pts/1 ; PWD=/home/${user} ; USER=root ; COMMAND=${command}`,
    );
  }

  cron(time: number, command: string) {
    const cron = `CRON[${this.pid()}]`;
    this.write(
      time,
      cron,
      "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
    );
    this.write(time, cron, `(root) CMD (${command})`);
    this.write(time + 1000, cron, "pam_unix(cron:session): session closed for user root");
  }
}

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
  const log = new AuthLog(seeded(20260309));
  innocent(log);
  attack(log);
  log.lines.sort((a, b) => a.time - b.time || a.order - b.order);
  return log.lines.map((l) => l.text + "\n").join("");
}
