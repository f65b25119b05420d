/** What a table of log sources holds. */

/** Fields that name an account together. */
export interface Account {
  /** Its identifier, by which those of the system itself are told. */
  readonly sid: string;
  readonly domain: string;
  readonly name: string;
}

/** One way in which events of a log source come. */
export interface Reading {
  /** Of the sourcetypes that `from` takes, these; all of them when missing. */
  readonly sourcetypes?: readonly string[];
  /** Fields that have one of these values: best such as patterns set, which are known beforehand. */
  readonly where?: Readonly<Record<string, string | number | readonly (string | number)[]>>;
  /** Fields that have to be there. */
  readonly has?: readonly string[];
  /** Sigma's names → the event's, of which the first that holds counts. Others stay as they are. */
  readonly fields?: Readonly<Record<string, string | readonly string[]>>;
  /** Texts of rules, in lower case, that the event's field has as others: `accept` is `allowed`. */
  readonly values?: Readonly<
    Record<string, Readonly<Record<string, string | readonly string[]>>>
  >;
  /** Paths that may be a bare name in the event: they are compared with a `/` in front. */
  readonly paths?: Readonly<Record<string, string>>;
  /** Names that stand for an account in parts, as DOMAIN\NAME: the first that the event names. */
  readonly accounts?: Readonly<Record<string, readonly Account[]>>;
  /** Names of the vendor's that rules write in another case. */
  readonly known?: readonly string[];
  /** JSON whose names may begin with a small letter, or stand below one of these. */
  readonly nested?: readonly string[];
  /** A beginning of names that events may lack. */
  readonly strip?: string;
  /** Values of JSON that are empty are not kept: a rule that asks for "" takes a missing one. */
  readonly emptyIsMissing?: boolean;
  /**
   * Values may be lists: compared as their items' text, joined by ", ". Lists of objects are their JSON,
   * in which a field of theirs is looked for by its key.
   */
  readonly lists?: boolean;
}

export interface LogSource {
  readonly product?: string | readonly string[];
  readonly category?: string | readonly string[];
  readonly service?: string | readonly string[];
  /** A dataset, a sourcetype, or `any`. */
  readonly from: string;
  readonly readings: readonly Reading[];
  /** Fields that one alert is about; `host` by default. */
  readonly by?: readonly string[];
}
