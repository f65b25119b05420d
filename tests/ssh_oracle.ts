/**
 * An independent count of SSH brute force: plain regular expressions on raw lines, one list of times
 * per source and host, no part of the product. What it finds is what the rule must find.
 */

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const HEADER =
  /^(\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\S+) sshd(\(pam_unix\))?(?:\[\d+\])?: (.*)$/;
const FAILED =
  /^(?:error: )?Failed (\S+) for (invalid user )?.* from (\S+) port \d+(?: ssh\d?.*)?$/;
const REPEATED = /^message repeated (\d+) times: \[ (.*)\]$/;
/** Before PAM's module named itself in the text, its line was the only one that told of a failure. */
const OLD_PAM = /^authentication failure;.* rhost=(\S+)/;
const PAM =
  /^error: PAM: .*(?:failure|unknown user|illegal user).* (?:for|from) (?:.* from )?(\S+)$/i;

/** One failed login: when (ms), from where, on which host; `times` more than 1 where sshd's lines were merged. */
export interface FailedLogin {
  readonly time: number;
  readonly src: string;
  readonly dest: string;
  readonly times: number;
}

/** The failed logins of an auth.log without years, all of `year`, UTC. */
export function failedLogins(text: string, year: number): FailedLogin[] {
  const out: FailedLogin[] = [];
  for (const line of text.split(/\r?\n/)) {
    const header = HEADER.exec(line);
    if (header === null) continue;
    const [, month, day, hour, minute, second, dest, oldPam, body] = header;
    const repeated = REPEATED.exec(body);
    const message = repeated === null ? body : repeated[2];
    let src: string | undefined;
    if (oldPam !== undefined) src = OLD_PAM.exec(message)?.[1];
    else {
      const failed = FAILED.exec(message);
      // A client offers its keys one by one: a key refused for an account that exists is no failed login.
      if (failed !== null && !(failed[1] === "publickey" && failed[2] === undefined)) {
        src = failed[3];
      } else src = PAM.exec(message)?.[1];
    }
    if (src === undefined) continue;
    const time = Date.UTC(year, MONTHS.indexOf(month), +day, +hour, +minute, +second);
    out.push({ time, src, dest, times: repeated === null ? 1 : Number(repeated[1]) });
  }
  return out;
}

/**
 * Sources with `threshold` or more failed logins on one host within `seconds`, sliding: a failure
 * counts with those before it that are less than `seconds` away. `merged` says whether a line
 * "message repeated 5 times" counts as five failures or, as the rule counts rows, as one.
 */
export function bruteForceSources(
  text: string,
  year: number,
  { threshold = 5, seconds = 60, merged = "rows" as "rows" | "failures" } = {},
): Set<string> {
  const byKey = new Map<string, { src: string; times: number[] }>();
  for (const { time, src, dest, times } of failedLogins(text, year)) {
    const key = `${src} ${dest}`;
    const entry = byKey.get(key) ?? { src, times: [] };
    byKey.set(key, entry);
    for (let i = merged === "rows" ? 1 : times; i > 0; i--) entry.times.push(time);
  }
  const out = new Set<string>();
  for (const { src, times } of byKey.values()) {
    times.sort((a, b) => a - b);
    for (let i = threshold - 1; i < times.length; i++) {
      if (times[i] - times[i - threshold + 1] < seconds * 1000) {
        out.add(src);
        break;
      }
    }
  }
  return out;
}
