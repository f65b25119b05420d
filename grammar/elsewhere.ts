/** Words of other query languages and of other rule formats, and what SDL writes in their place. */

const COMMANDS: Readonly<Record<string, string>> = {
  bin: "stats … over tumbling 5m",
  bucket: "stats … over tumbling 5m",
  condition: "from DATASET where …",
  detection: "from DATASET where …",
  eventstats: "stats … by … over 5m",
  extend: "eval name = …",
  filter: "where …",
  head: "throttle 1h by … for fewer alerts",
  join: "lookup TABLE(key), or a sequence",
  level: "severity high",
  limit: "throttle 1h by … for fewer alerts",
  name: 'title "…"',
  project: "fields a, b",
  rex: "where field matches /…/",
  regex: "where field matches /…/",
  search: "where field == …",
  sort: "where …; rows come in the order of their time",
  streamstats: "stats … by … over 5m",
  summarize: "stats … by … over 5m",
  table: "fields a, b",
  tactic: "mitre T1110.001; tactics follow from the technique",
  timechart: "stats … over tumbling 5m",
  timeframe: "stats … by … over 5m",
  top: "stats count() as n by … over 5m",
  transaction: "sequence by … within 15m { … }",
  tstats: "from DATASET where … | stats …",
};

/** How SDL says what a command or header word of elsewhere says, or null. */
export const elsewhere = (word: string): string | null =>
  Object.hasOwn(COMMANDS, word) ? COMMANDS[word] as string : null;
