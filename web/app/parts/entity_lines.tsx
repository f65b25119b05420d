/** Who an alert or an incident is about, each value with its menu. */
import { shown } from "../client/format.ts";
import { Value } from "./value_menu.tsx";
import { Two } from "./words.tsx";

type Entity = Readonly<Record<string, unknown>>;

/** `src 203.0.113.66, dest web1`, where no link is around it. */
export function EntityValues({ entity }: { entity: Entity }) {
  return (
    <>
      {Object.entries(entity).map(([name, value], i) => (
        <span key={name} title={shown(value)}>
          {i > 0 && ", "}
          <span class="muted">{name}</span> <Value name={name} value={value} />
        </span>
      ))}
    </>
  );
}

/** In two lines: the first field, and the others under it. */
export function EntityLines({ entity }: { entity: Entity }) {
  const parts = Object.entries(entity).filter(([, v]) => v !== null && v !== undefined);
  // Who did it stands before where it was done.
  const who = parts.findIndex(([name]) => name === "src" || name === "user");
  if (who > 0) parts.unshift(...parts.splice(who, 1));
  return (
    <Two
      first={<EntityValues entity={Object.fromEntries(parts.slice(0, 1))} />}
      second={<EntityValues entity={Object.fromEntries(parts.slice(1))} />}
    />
  );
}
