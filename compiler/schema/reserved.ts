/** Names that no sourcetype and no rule may give to a field. */

/** What an event holds beside its fields (agent/event.ts): the record itself, not what it says. */
const EVENT: ReadonlySet<string> = new Set(["_time", "_time_from", "_raw", "more"]);

/** What every object of JavaScript answers to: a field of that name would be there in any event. */
const OBJECT: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/** Names that mean the object's class wherever properties are copied. */
const CLASS: ReadonlySet<string> = new Set(["prototype"]);

/**
 * Why a field may not have this name, as the predicate of a sentence; null when it may. `host`,
 * `source` and `sourcetype` may be given: they are fields like others, which the input fills first.
 */
export function isReserved(name: string): string | null {
  if (EVENT.has(name)) return "is the event's own";
  if (OBJECT.has(name) || CLASS.has(name)) return "is a name that every object has";
  return null;
}
