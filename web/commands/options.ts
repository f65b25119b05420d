/** Options of what answers the API, apart: help needs them, and loads no server for it. */
import { DEFAULT_RATE } from "../server/security/rate.ts";
import type { OptionSpec } from "../../agent/commands/command.ts";
import { TLS_OPTIONS } from "../../agent/commands/serving.ts";

export const SERVE_OPTIONS: readonly OptionSpec[] = [
  ...TLS_OPTIONS,
  {
    name: "allow-host",
    value: "NAME",
    multiple: true,
    summary: "On loopback, answer to this name too: that of a proxy before it",
  },
  {
    name: "rate",
    value: "N",
    summary: `Requests a second that one client may send (default ${DEFAULT_RATE.perSecond}, ` +
      "0 for any)",
  },
];
