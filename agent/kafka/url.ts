/**
 * URLs of Kafka's topics: `kafka://HOST:PORT[,HOST:PORT…]/TOPIC[,TOPIC…]?OPTION=VALUE&…`, with `kafkas`
 * for TLS. A password never stands in one: it comes from a file or the environment.
 */

/** SASL mechanisms by the names that URLs and settings have for them. */
export const SASL = {
  plain: "PLAIN",
  "scram-sha-256": "SCRAM-SHA-256",
  "scram-sha-512": "SCRAM-SHA-512",
} as const;

export type SaslMechanism = (typeof SASL)[keyof typeof SASL];

/** How a cluster is reached. */
export interface ClusterAddress {
  /** HOST:PORT of some brokers, which name the others. */
  readonly brokers: readonly string[];
  /** PEM texts; null for connections in the clear. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | null;
  readonly sasl?: {
    readonly mechanism: SaslMechanism;
    readonly username: string;
    readonly password: string;
  };
}

/** A URL as it is written: what its options say is for whoever asked for them. */
export interface KafkaUrl {
  readonly brokers: readonly string[];
  readonly topics: readonly string[];
  readonly encrypted: boolean;
  /** Those that were asked for, beside {@link CONNECTION_OPTIONS}. */
  readonly options: ReadonlyMap<string, string>;
}

/** A URL that says nothing usable; `help` says how to write it. */
export class KafkaUrlError extends Error {
  constructor(message: string, readonly help: string) {
    super(message);
  }
}

export const isKafkaUrl = (text: string): boolean => /^kafkas?:\/\//i.test(text);

/** Options that say how the cluster is reached. */
export const CONNECTION_OPTIONS = ["ca", "cert", "key", "sasl", "user", "password-file"] as const;

const URL_FORM = /^(kafkas?):\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i;
const BROKER = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/;
/** https://kafka.apache.org/documentation/#topicconfigs: 249 characters of these. */
const TOPIC = /^[A-Za-z0-9._-]{1,249}$/;
const PORT = 9092;

/** Reads HOST or HOST:PORT; null when it is neither. */
export function parseBroker(text: string): { host: string; port: string | null } | null {
  const m = BROKER.exec(text);
  if (!m || Number(m[2] ?? PORT) > 65_535 || m[2] === "0") return null;
  return { host: m[1], port: m[2] ?? null };
}

export const isTopic = (name: string): boolean => TOPIC.test(name) && name !== "." && name !== "..";

const FORM = "Write kafka://HOST:PORT/TOPIC, several brokers or topics with commas between them";

/** Reads a URL. @param known options that it may have besides; throws KafkaUrlError */
export function parseKafkaUrl(url: string, known: readonly string[]): KafkaUrl {
  const m = URL_FORM.exec(url);
  const wrong = (what: string, help = FORM) => new KafkaUrlError(`Invalid "${url}": ${what}`, help);
  if (!m) throw wrong("it is no Kafka URL");
  const [, scheme, hosts, path = "", query = ""] = m;
  if (hosts.includes("@")) {
    throw new KafkaUrlError(
      `Invalid Kafka URL for "${hosts.slice(hosts.lastIndexOf("@") + 1)}": it names a user`,
      "Give ?sasl=plain&user=NAME&password-file=FILE, or PICKET_KAFKA_PASSWORD in the environment",
    );
  }
  const brokers = hosts.split(",").map((host) => {
    const broker = parseBroker(host);
    if (!broker) throw wrong(`"${host}" is no broker`);
    return `${broker.host}:${broker.port ?? PORT}`;
  });
  const topics = path.split(",").filter((topic) => topic !== "");
  if (topics.length === 0) throw wrong("it names no topic");
  for (const topic of topics) {
    if (!isTopic(topic)) {
      throw wrong(`"${topic}" is no name of a topic`, "Topics have letters, digits, . _ and -");
    }
  }
  const options = new Map<string, string>();
  const all = [...known, ...CONNECTION_OPTIONS];
  for (const [name, value] of new URLSearchParams(query)) {
    if (!all.includes(name)) {
      const secret = name === "password" ? "Passwords are not taken from URLs: " : "";
      throw wrong(
        `unknown option "${name}"`,
        secret === "" ? `Give one of ${all.join(", ")}` : `${secret}give password-file=FILE`,
      );
    }
    if (options.has(name)) throw wrong(`"${name}" is given twice`, "Give it once");
    options.set(name, value);
  }
  return {
    brokers: [...new Set(brokers)],
    topics: [...new Set(topics)],
    encrypted: scheme.toLowerCase() === "kafkas",
    options,
  };
}

/** What reading a URL's files and variables takes. */
export interface Surroundings {
  readonly env: (name: string) => string | undefined;
  /** Rejects with an error whose message says why. */
  readonly readFile: (path: string) => Promise<string>;
}

/**
 * How the cluster of a URL is reached: certificates and the password come from the files that it
 * names, or the password from PICKET_KAFKA_PASSWORD or the file that PICKET_KAFKA_PASSWORD_FILE names.
 * Throws KafkaUrlError.
 */
export async function addressOf(
  { brokers, encrypted, options }: KafkaUrl,
  { env, readFile }: Surroundings,
): Promise<ClusterAddress> {
  const read = async (path: string | undefined) => {
    if (path === undefined) return undefined;
    try {
      return await readFile(path);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new KafkaUrlError(`Cannot read "${path}": ${why}`, "Correct the path");
    }
  };
  const [ca, cert, key] = [options.get("ca"), options.get("cert"), options.get("key")];
  if (!encrypted && (ca ?? cert ?? key) !== undefined) {
    throw new KafkaUrlError("Certificates are of use with TLS alone", "Write kafkas://");
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new KafkaUrlError("A certificate is given without its key", "Give cert=FILE&key=FILE");
  }
  const tls = encrypted
    ? {
      ...ca === undefined ? {} : { ca: await read(ca) },
      ...cert === undefined ? {} : { cert: await read(cert), key: await read(key) },
    }
    : null;
  const sasl = options.get("sasl"), user = options.get("user") ?? env("PICKET_KAFKA_USER");
  if (sasl === undefined) {
    if (options.has("user") || options.has("password-file")) {
      throw new KafkaUrlError("A user is given without a mechanism", "Give sasl=plain beside it");
    }
    return { brokers, tls };
  }
  if (!Object.hasOwn(SASL, sasl)) {
    throw new KafkaUrlError(
      `Unknown SASL mechanism "${sasl}"`,
      `Give one of ${Object.keys(SASL).join(", ")}`,
    );
  }
  const password = await read(options.get("password-file")) ?? env("PICKET_KAFKA_PASSWORD") ??
    await read(env("PICKET_KAFKA_PASSWORD_FILE"));
  if (user === undefined || password === undefined) {
    throw new KafkaUrlError(
      `SASL needs a ${user === undefined ? "user" : "password"}`,
      user === undefined
        ? "Give user=NAME, or PICKET_KAFKA_USER in the environment"
        : "Give password-file=FILE, or PICKET_KAFKA_PASSWORD or PICKET_KAFKA_PASSWORD_FILE in the environment",
    );
  }
  const mechanism = SASL[sasl as keyof typeof SASL];
  return { brokers, tls, sasl: { mechanism, username: user, password: password.trim() } };
}

/**
 * What names a run's inputs: of a Kafka URL what is read, without what a later start may say
 * otherwise, where reading begins and who reads.
 */
export function streamOperand(operand: string): string {
  if (!isKafkaUrl(operand)) return operand;
  const [place, query = ""] = operand.split("?");
  const options = new URLSearchParams(query);
  for (
    const name of ["from", "hold", "group", "user", "password-file", "sasl", "ca", "cert", "key"]
  ) {
    options.delete(name);
  }
  options.sort();
  const rest = options.toString();
  return rest === "" ? place : `${place}?${rest}`;
}
