/**
 * The types of fields and what a parser pattern gives: what rules and sourcetypes agree on.
 */

/** `host` is an address or a host name (CIM's src, dest, dvc): it compares with ip and string and can be tested against a cidr. */
export type ScalarType =
  | "string"
  | "int"
  | "float"
  | "bool"
  | "ip"
  | "host"
  | "cidr"
  | "timestamp"
  | "duration"
  | "bytes"
  | "severity";
export type Type = ScalarType | { readonly list: ScalarType };

/**
 * A field's value in an event: text for string, ip and host; a number for int, float, bytes,
 * duration and timestamp (ms). Missing is `undefined`, never null or "".
 */
export type Value = string | number | boolean | readonly string[] | undefined;

export interface FieldDef {
  readonly name: string;
  readonly type: Type;
}

/**
 * What one parser pattern of one sourcetype gives, known before any event is read. The rule set is
 * specialised for each of them. Events of an extraction are instances of one generated class: own
 * properties `captures` in this order, constants on its prototype.
 */
export interface Extraction {
  /** Index in the catalogue; `EventBatch.extractionIds[i]` holds it. */
  readonly id: number;
  readonly sourcetype: string;
  /** The pattern's name within the sourcetype; "parse_error" for lines that nothing matched. */
  readonly pattern: string;
  /** Sorted; a sub-dataset comes with its parent: `Change`, `Change.Account_Management`. */
  readonly datasets: readonly string[];
  /** Fields that have this value in every event of the extraction. */
  readonly constants: Readonly<Record<string, string | number | boolean>>;
  /** Fields that an event may have, each with a property of that name. `always`: never missing. */
  readonly captures: readonly (FieldDef & { readonly always: boolean })[];
  /** Further fields may be in `event.more`, as strings unless the CIM says otherwise. */
  readonly open: boolean;
  readonly parseError: boolean;
  /** Why its lines are no events; missing where they are. */
  readonly drop?: string;
}

/** All extractions of all loaded sourcetypes, and what the sourcetypes declare. */
export interface Catalogue {
  readonly extractions: readonly Extraction[];
  readonly sourcetypes: readonly {
    readonly name: string;
    readonly open: boolean;
    readonly fields: readonly FieldDef[];
  }[];
}
