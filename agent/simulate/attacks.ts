/** The attacks that can be simulated. Adding one is one entry here, or a file and its entries. */
import { AUTH_ATTACKS } from "./attacks_auth.ts";
import { NETWORK_ATTACKS } from "./attacks_network.ts";
import { WEB_ATTACKS } from "./attacks_web.ts";
import { WINDOWS_ATTACKS } from "./attacks_windows.ts";
import type { Attack } from "./attack.ts";

export const ATTACKS: readonly Attack[] = [
  ...AUTH_ATTACKS,
  ...WEB_ATTACKS,
  ...NETWORK_ATTACKS,
  ...WINDOWS_ATTACKS,
];
