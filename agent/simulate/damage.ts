/** Lines as they come from broken senders: cut, glued, mixed with bytes, far too long. */
import type { Random } from "./random.ts";

/** The line, damaged in one of the usual ways; never empty of all text and never with a line feed. */
export function damaged(text: string, random: Random): string {
  switch (random.int(0, 5)) {
    case 0:
      return text.slice(0, random.int(1, Math.max(1, text.length - 1)));
    case 1:
      // Behind the header: half of a host's name would be another host, which then falls silent.
      return text.slice(random.int(40, Math.max(40, text.length - 1)));
    case 2:
      return text + text.slice(0, random.int(8, 30));
    case 3:
      return `${text.slice(0, 20)}\u0000\ufffd\u001b[31m${text.slice(20)}`;
    case 4:
      return text.slice(0, 40) + "A".repeat(random.int(2_000, 20_000));
    default:
      return `last message repeated ${random.int(2, 9)} times`;
  }
}
