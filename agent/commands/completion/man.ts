/** The manual page, as roff with the macros of man(7). */
import type { CommandSpec, OptionSpec } from "../command.ts";
import { optionsOf } from "./words.ts";

const EXITS: readonly (readonly [string, string])[] = [
  ["0", "Done"],
  ["1", "Findings: errors of check, a failed test, fmt --check, agent --fail-on SEVERITY"],
  ["2", "Wrong use or configuration"],
  ["3", "An input could not be read; the others were"],
  ["4", "Storage failed"],
  ["70", "A fault of Picket's own"],
];

/** Text that roff prints as it is: neither a line of it nor a part is a request. */
function text(plain: string): string {
  const escaped = plain.replaceAll("\\", "\\e").replaceAll("-", "\\-");
  return escaped.split("\n").map((line) => /^[.']/.test(line) ? `\\&${line}` : line)
    .filter((line) => line !== "").join("\n");
}

const option = (o: OptionSpec): string => {
  const value = o.value === undefined
    ? ""
    : o.bare === undefined
    ? ` \\fI${text(o.value)}\\fR`
    : `[=\\fI${text(o.value)}\\fR]`;
  const choices = o.choices ? ` (${o.choices.join(", ")})` : "";
  return `.TP\n\\fB\\-\\-${text(o.name)}\\fR${value}\n${text(o.summary + choices)}`;
};

function command(s: CommandSpec): string {
  const paragraphs = [s.summary, ...s.details?.split("\n\n") ?? []].map(text).join("\n.PP\n");
  const examples = s.examples.map((e) => `.TP\n\\fB${text(e.command)}\\fR\n${text(e.does)}`);
  const operands = s.operands ? ` ${text(s.operands)}` : "";
  return `.SS picket ${s.name} [OPTION…]${operands}
${paragraphs}
${optionsOf(s).map(option).join("\n")}
.PP
Examples:
${examples.join("\n")}`;
}

/** @param specs the commands, in the order of the help */
export function manPage(specs: readonly CommandSpec[], version: string): string {
  return `.\\" Written by \`picket completion man\` from the commands' specs.
.TH PICKET 1 "" "picket ${text(version)}" "User Commands"
.SH NAME
picket \\- pipe logs in, get detections out
.SH SYNOPSIS
\\fBpicket\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR…] [\\fIOPERAND\\fR…]
.SH DESCRIPTION
Picket reads logs as streams, parses them by sourcetype, maps them to the Common Information Model and
runs rules on event time. Alerts go to stdout, events and alerts into an embedded PostgreSQL or one that
\\fB\\-\\-database\\fR names.
.PP
\\fBpicket help\\fR \\fICOMMAND\\fR prints what stands here of a command, \\fBpicket \\-\\-version\\fR the version.
.SH COMMANDS
${specs.map(command).join("\n")}
.SH EXIT STATUS
${EXITS.map(([code, what]) => `.TP\n\\fB${code}\\fR\n${text(what)}`).join("\n")}
.SH FILES
.TP
\\fIpicket\\-data\\fR
The embedded database, in the current folder unless \\fB\\-\\-data\\fR names another
.TP
\\fI~/.cache/picket\\fR
What was compiled of rules and sourcetypes; it may be removed at any time
`;
}
