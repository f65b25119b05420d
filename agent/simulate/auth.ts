/** Lines of an auth.log as OpenSSH, PAM, sudo, cron and the shadow tools write them through rsyslog. */
import type { Random } from "./random.ts";

export const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** `Mar  9 13:02:11`, as rsyslog's traditional format has it: no year, the day padded with a space. */
export function syslogTime(time: number): string {
  const d = new Date(time);
  const clock = d.toISOString().slice(11, 19);
  return `${MONTHS[d.getUTCMonth()]} ${String(d.getUTCDate()).padStart(2)} ${clock}`;
}

/** Writes what sshd, PAM, sudo, cron and the shadow tools of one host say; times are epoch ms. */
export class AuthLog {
  #pid = 1201;

  constructor(
    readonly random: Random,
    readonly host: string,
    readonly emit: (time: number, text: string) => void,
  ) {}

  pid(): number {
    this.#pid += this.random.int(1, 9);
    return this.#pid;
  }

  write(time: number, program: string, text: string) {
    this.emit(time, `${syslogTime(time)} ${this.host} ${program}: ${text}`);
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
