/**
 * Sigma's log sources: what each reads and what its fields are called there. A log source that is not
 * here reads the sourcetype of its own name (`okta_system` for product okta, service system), which a
 * user may bring; until then nothing feeds it.
 */
import { CLOUD_SOURCES } from "./cloud.ts";
import { LINUX_SOURCES } from "./linux.ts";
import { NETWORK_SOURCES } from "./network.ts";
import type { LogSource } from "./types.ts";
import { WINDOWS_SOURCES } from "./windows.ts";
import { ZEEK_SOURCES } from "./zeek.ts";

export type { Account, LogSource, Reading } from "./types.ts";

export const LOG_SOURCES: readonly LogSource[] = [
  ...WINDOWS_SOURCES,
  ...LINUX_SOURCES,
  ...NETWORK_SOURCES,
  ...CLOUD_SOURCES,
  ...ZEEK_SOURCES,
];
