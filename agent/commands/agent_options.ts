/** What `agent` can be told. */
import { SEVERITIES } from "../../compiler/ir/program.ts";
import { SINK_OPTIONS } from "../outputs/sinks.ts";
import type { OptionSpec } from "./command.ts";
import { CONFIG } from "./config.ts";
import { ALLOW_EXEC, DELIVER_PAST } from "./delivering.ts";
import { FEED_OPTIONS, JOURNAL_OPTIONS } from "./feeds.ts";
import type { Server } from "./serving.ts";
import { INPUT_OPTIONS, NO_CACHE, RULE_OPTIONS } from "./shared.ts";
import { SHARE } from "./sharing.ts";
import { STORE_OPTIONS } from "./stores.ts";

const SPOOL_LIMIT: OptionSpec = {
  name: "spool-limit",
  value: "SIZE",
  summary: "Most that temporary files take to sort lines that are in no order of time " +
    "(default 16GiB)",
};

/** @param server what `--serve` starts */
export const agentOptions = (server: Server): readonly OptionSpec[] => [
  ...RULE_OPTIONS,
  NO_CACHE,
  ...INPUT_OPTIONS,
  ...FEED_OPTIONS,
  ...JOURNAL_OPTIONS,
  SPOOL_LIMIT,
  SHARE,
  {
    name: "threads",
    value: "N",
    summary:
      "Threads that rules run in, each a part of them (default 2 where a file is large and " +
      "cores are free, else 1)",
  },
  ...STORE_OPTIONS,
  {
    name: "forward",
    value: "URL",
    summary: "Hand all lines on to a topic, as kafka://HOST:PORT/TOPIC, and detect nothing here",
  },
  {
    name: "forward-buffer",
    value: "SIZE",
    summary: "Most that lines of sockets and pipes take on disk while no broker answers " +
      "(default 1GiB)",
  },
  { name: "no-store", summary: "Keep nothing: alerts go to stdout only" },
  {
    name: "store",
    value: "EVENTS",
    choices: ["all", "matched", "none"],
    summary: "Events to store: all (default), those that a rule matched, or none; alerts always",
  },
  {
    name: "keep",
    value: "DURATION",
    summary: "Take away events older than this, as 30d, at the start and every hour",
  },
  {
    name: "serve",
    value: "ADDR",
    bare: "127.0.0.1:",
    looks: /^(?:\[[0-9a-f:]+\]|[\w.-]*):\d{0,5}$/i,
    summary: "Answer the API meanwhile, by default on 127.0.0.1:7400; without a port, on PORT's",
  },
  ...server.options,
  ...SINK_OPTIONS,
  DELIVER_PAST,
  ALLOW_EXEC,
  {
    name: "fail-on",
    value: "SEVERITY",
    choices: SEVERITIES,
    summary: "Exit with 1 when an alert of this severity or above was raised",
  },
  { name: "summary", value: "FILE", summary: "Write the summary as JSON to FILE too" },
  { name: "quiet", summary: "Print no progress and no summary" },
  CONFIG,
];
