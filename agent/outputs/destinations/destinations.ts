/** The kinds of destinations. Adding one is one file and one line here. */
import { blocklist } from "./blocklist.ts";
import type { DestinationSpec } from "./destination.ts";
import { elasticsearch } from "./elasticsearch.ts";
import { email } from "./email.ts";
import { exec } from "./exec.ts";
import { file } from "./file.ts";
import { heartbeat } from "./heartbeat.ts";
import { kafka } from "./kafka.ts";
import { ntfy } from "./ntfy.ts";
import { pagerduty } from "./pagerduty.ts";
import { pubsub } from "./pubsub.ts";
import { slack } from "./slack.ts";
import { syslog } from "./syslog.ts";
import { teams } from "./teams.ts";
import { webhook } from "./webhook.ts";

export const DESTINATIONS: readonly DestinationSpec[] = [
  slack,
  teams,
  pagerduty,
  ntfy,
  email,
  webhook,
  file,
  syslog,
  elasticsearch,
  kafka,
  pubsub,
  blocklist,
  heartbeat,
  exec,
];
