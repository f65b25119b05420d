/** A packet or connection as firewalls write it in columns without names. */
import { addressOf } from "../address/address.ts";

export interface Flow {
  readonly src: string;
  readonly dest: string;
  readonly srcPort?: string;
  readonly destPort?: string;
  readonly blocked: boolean;
}

const VERDICT = /(?:^|,)(block|drop|deny|reject|pass|allow|accept)(?:ed)?(?=,)/i;
const PROTOCOL = /(?:^|,)(?:tcp|udp|icmp|icmp6|icmpv6|sctp)(?=,|$)/i;
const ENDS = /(?<=,)([\da-f.:]{2,45}),([\da-f.:]{2,45})(?:,(\d{1,5}),(\d{1,5}))?(?=,|$)/gi;

/** The same in columns of blanks, the ports behind both ends: "Deny … tcp 20 52 192.0.2.1 192.0.2.2 40022 22". */
const COLUMNS =
  /^(?:[\w-]{1,24}="[^"]{0,64}" )?(allow|deny|drop|block|reject|pass|permit)(?:ed)? (?:[\w./-]{1,32} ){1,6}?(?:tcp|udp|icmp) (?:\d{1,8} ){0,3}([\da-f.:]{2,45}) ([\da-f.:]{2,45}) (\d{1,5}) (\d{1,5})(?= |$)/i;

/** A packet in columns of blanks; null for anything else. */
export function columnsOf(text: string): Flow | null {
  const m = COLUMNS.exec(text);
  if (m === null) return null;
  const [src, dest] = [addressOf(m[2]), addressOf(m[3])];
  if (src === undefined || dest === undefined) return null;
  return { src, dest, srcPort: m[4], destPort: m[5], blocked: /^[bdr]/i.test(m[1]) };
}

/**
 * The two ends in a line of commas that has a verdict and a protocol, the source first, as pf, PAN-OS and
 * others have them; null where one of these is missing.
 */
export function flowOf(text: string): Flow | null {
  const verdict = VERDICT.exec(text);
  if (verdict === null || !PROTOCOL.test(text)) return null;
  ENDS.lastIndex = 0;
  for (let m = ENDS.exec(text); m !== null; m = ENDS.exec(text)) {
    const src = addressOf(m[1]);
    const dest = addressOf(m[2]);
    // A blank before them: a sentence, in which a name may be of any text.
    if (/\s/.test(text.slice(0, m.index))) return null;
    if (src !== undefined && dest !== undefined) {
      const blocked = /^[bdr]/i.test(verdict[1]);
      return { src, dest, srcPort: m[3], destPort: m[4], blocked };
    }
    ENDS.lastIndex = m.index + m[1].length;
  }
  return null;
}
