/** The kinds of destinations. Adding one is one file and one line here. */
import type { DestinationSpec } from "./destination.ts";
import { file } from "./file.ts";
import { ntfy } from "./ntfy.ts";
import { pagerduty } from "./pagerduty.ts";
import { slack } from "./slack.ts";
import { teams } from "./teams.ts";
import { webhook } from "./webhook.ts";

export const DESTINATIONS: readonly DestinationSpec[] = [
  file,
  webhook,
  slack,
  teams,
  pagerduty,
  ntfy,
];
