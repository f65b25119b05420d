/**
 * The table `severities`, which every sourcetype has: how programs call the severity of a line, as the
 * five levels of the CIM. The words and numbers of syslog (RFC 5424, 6.2.1) go to them as Splunk's
 * add-ons for network devices map them: emergency, alert and critical are critical, errors high,
 * warnings medium, notices low. Keys are compared as they are written, so that each word stands here
 * in the three ways in which programs write it.
 */

/** RFC 5424's eight levels, 0 to 7, as the CIM's five. */
export const SYSLOG_SEVERITIES = [
  "critical",
  "critical",
  "critical",
  "high",
  "medium",
  "low",
  "informational",
  "informational",
] as const;

const WORDS: Readonly<Record<string, string>> = {
  critical: "emerg emergency panic alert crit critical fatal ftl",
  high: "err error severe high",
  medium: "warn warning wrn medium",
  low: "notice low",
  informational:
    "info information informational inf debug dbg trace verbose fine finer finest config",
};

const capital = (word: string) => word[0].toUpperCase() + word.slice(1);

export const SEVERITY_TABLE: ReadonlyMap<string, string> = new Map(
  Object.entries(WORDS).flatMap(([level, words]) =>
    words.split(" ").flatMap((word) =>
      [word, capital(word), word.toUpperCase()].map((key) => [key, level] as const)
    )
  ),
);

/** The same with syslog's numbers, for what is known to write those. */
export const SYSLOG_SEVERITY_TABLE: ReadonlyMap<string, string> = new Map([
  ...SEVERITY_TABLE,
  ...SYSLOG_SEVERITIES.map((level, n) => [String(n), level] as const),
]);
