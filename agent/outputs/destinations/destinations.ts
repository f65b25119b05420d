/** The kinds of destinations. Adding one is one file and one line here. */
import type { DestinationSpec } from "./destination.ts";

export const DESTINATIONS: readonly DestinationSpec[] = [];
