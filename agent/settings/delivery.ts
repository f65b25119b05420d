/** `delivery:` of `agent.yaml`: what holds for all sinks. */
import { DAY, DELIVERY_DEFAULTS, type DeliveryConfig } from "../outputs/delivery/config.ts";
import type { Section } from "./section.ts";
import { bad, readDuration, readSwitch } from "./values.ts";

/** A minute is one attempt; a month is what a dead letter is kept for. */
const GIVE_UP = { least: 60_000, most: 30 * DAY };

export const delivery: Section<DeliveryConfig> = {
  summary: "What holds for all sinks: the dashboard's address, old alerts, when to give up",
  empty: DELIVERY_DEFAULTS,
  read(reader, node) {
    const keys = ["dashboard", "deliver_past", "give_up_after"];
    const entries = reader.record(node, `"delivery"`, keys);
    const get = (name: string) => entries.get(name)?.node ?? null;
    let dashboard: string | null = null;
    if (entries.has("dashboard")) {
      const text = reader.string(get("dashboard"), `"dashboard"`);
      dashboard = text === null ? null : webAddress(text);
      if (text !== null && dashboard === null) {
        bad(reader, get("dashboard"), "The address of the dashboard", {
          message: "is no http address",
          help: "Give it as a browser has it, as https://picket.example.org",
        });
      }
    }
    return {
      dashboard,
      deliverPast: entries.has("deliver_past") &&
        (readSwitch(reader, get("deliver_past"), `"deliver_past"`) ?? false),
      giveUpAfter: entries.has("give_up_after")
        ? readDuration(reader, get("give_up_after"), `"give_up_after"`, GIVE_UP) ?? DAY
        : DELIVERY_DEFAULTS.giveUpAfter,
    };
  },
};

/** An http address without a slash at its end; null for what is none. */
function webAddress(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  return url.origin + url.pathname.replace(/\/+$/, "");
}
