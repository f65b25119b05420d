/** The attacks that can be simulated. Adding one is one entry here, or a file and its entries. */
import { AUTH_ATTACKS } from "./attacks_auth.ts";
import { EXPLOIT_ATTACKS } from "./attacks_exploits.ts";
import { GUESSING_ATTACKS } from "./attacks_guessing.ts";
import { HOST_ATTACKS } from "./attacks_hosts.ts";
import { NETWORK_ATTACKS } from "./attacks_network.ts";
import { PATIENT_ATTACKS } from "./attacks_patient.ts";
import { SERVICE_ATTACKS } from "./attacks_services.ts";
import { WEB_ATTACKS } from "./attacks_web.ts";
import { WINDOWS_ATTACKS } from "./attacks_windows.ts";
import type { Attack } from "./attack.ts";

export const ATTACKS: readonly Attack[] = [
  ...AUTH_ATTACKS,
  ...GUESSING_ATTACKS,
  ...PATIENT_ATTACKS,
  ...WEB_ATTACKS,
  ...EXPLOIT_ATTACKS,
  ...NETWORK_ATTACKS,
  ...HOST_ATTACKS,
  ...WINDOWS_ATTACKS,
  ...SERVICE_ATTACKS,
];
