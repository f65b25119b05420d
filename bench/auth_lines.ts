/** Logs for benchmarks: a chunk at a time, seeded, as varied as a busy host's auth.log. */
import { seeded } from "../agent/simulate/random.ts";

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** `Dec 10 06:55:46` */
function stamp(seconds: number): string {
  const d = new Date(seconds * 1000);
  return `${MONTHS[d.getUTCMonth()]} ${String(d.getUTCDate()).padStart(2)} ${
    d.toISOString().slice(11, 19)
  }`;
}

/**
 * Lines of sshd in the mix that a host on the Internet sees: one connection after another from ever
 * new addresses, most of them guessing. Yields about 10,000 lines at a time, each with its newline.
 */
export function* sshdLines(lines: number, seed = 1): Generator<string> {
  const r = seeded(seed);
  const names = "root admin oracle test git ubuntu webmaster deploy pi postgres".split(" ");
  let seconds = Date.UTC(2026, 2, 9, 6) / 1000;
  let pid = 24200;
  let out: string[] = [];
  for (let made = 0; made < lines;) {
    const attacker = r.chance(0.2) ? r.int(0, 50) : r.int(0, 65535);
    const src = `198.${18 + (attacker & 1)}.${attacker >> 8}.${attacker & 255}`;
    const user = r.pick(names);
    const invalid = r.chance(0.35);
    const name = invalid ? `invalid user ${user}` : user;
    const port = r.int(1024, 65000);
    pid = 1000 + (pid + r.int(1, 7)) % 30000;
    const line = (text: string) => {
      if (made++ < lines) out.push(`${stamp(seconds)} LabSZ sshd[${pid}]: ${text}\n`);
    };
    seconds += r.int(0, 1);
    if (r.chance(0.12)) {
      line(
        `reverse mapping checking getaddrinfo for ns${attacker}.example.net [${src}] failed - POSSIBLE BREAK-IN ATTEMPT!`,
      );
    }
    if (r.chance(0.004)) {
      line(`Accepted password for ${user} from ${src} port ${port} ssh2`);
      line(`pam_unix(sshd:session): session opened for user ${user} by (uid=0)`);
      line(`pam_unix(sshd:session): session closed for user ${user}`);
      continue;
    }
    if (r.chance(0.03)) {
      line(`Did not receive identification string from ${src}`);
      continue;
    }
    if (invalid) {
      line(`Invalid user ${user} from ${src}`);
      line(`input_userauth_request: invalid user ${user} [preauth]`);
      line("pam_unix(sshd:auth): check pass; user unknown");
    }
    line(
      `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${src} ${
        invalid ? "" : ` user=${user}`
      }`,
    );
    line(`Failed password for ${name} from ${src} port ${port} ssh2`);
    if (r.chance(0.02)) {
      line(
        `message repeated 5 times: [ Failed password for ${name} from ${src} port ${port} ssh2]`,
      );
      line(`Disconnecting: Too many authentication failures for ${user} [preauth]`);
    } else if (r.chance(0.85)) line(`Received disconnect from ${src}: 11: Bye Bye [preauth]`);
    else line(`Connection closed by ${src} [preauth]`);
    if (out.length >= 10_000) {
      yield out.join("");
      out = [];
    }
  }
  yield out.join("");
}

/**
 * A sample repeated until there are enough lines: each repetition an hour later and with addresses of
 * its own (the first number is moved), so that windows and keys grow as they would.
 */
export function* variedLines(sample: string, lines: number): Generator<string> {
  const rows = sample.split(/\r?\n/).filter((l) => /^\w{3} [ \d]\d \d\d:\d\d:\d\d /.test(l));
  const start = Date.UTC(2026, 0, 1) / 1000;
  for (let made = 0, round = 0; made < lines; round++) {
    let out = "";
    for (const row of rows) {
      if (made++ >= lines) break;
      const [h, m, s] = row.slice(7, 15).split(":").map(Number);
      out += stamp(start + round * 3600 * 6 + h * 3600 + m * 60 + s) +
        row.slice(15).replaceAll(
          /\b(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\b/g,
          (_, a, b, c, d) => `${1 + (+a + round) % 223}.${(+b + (round >> 3)) % 256}.${c}.${d}`,
        ) + "\n";
    }
    yield out;
  }
}
