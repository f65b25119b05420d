/** An Apache Kafka broker of a test's own (KRaft, one node), in a temporary folder on free ports. */
import { kafkaJars } from "../needs.ts";
import { freePort } from "../postgres.ts";

export interface TestBroker {
  /** `127.0.0.1:PORT`, in the clear, without a user. */
  readonly plain: string;
  /** The same by SASL PLAIN and SCRAM; {@link USER}. */
  readonly sasl: string;
  /** By TLS, with a certificate that {@link TestBroker.ca} signed; null where none was asked for. */
  readonly tls: string | null;
  /** The PEM file of its certificate; null without TLS. */
  readonly ca: string | null;
  /** Stops its process for a while, and lets it go on. */
  signal(to: "SIGSTOP" | "SIGCONT"): void;
  /** Kills its process; resolves when it is gone. What it wrote stays. */
  kill(): Promise<void>;
  /** Starts it again after {@link TestBroker.kill}. */
  again(): Promise<void>;
  stop(): Promise<void>;
}

export interface BrokerOptions {
  /** Partitions of each topic. Default: 1 */
  readonly partitions?: number;
  /** Lines of server.properties beside those of every test. */
  readonly settings?: readonly string[];
  /** Default: false */
  readonly tls?: boolean;
  /** Compiles as a broker that stays, for benchmarks; a test's has ended before that pays. Default: false */
  readonly optimised?: boolean;
}

export const USER = { user: "picket", password: "s3cr3t-password" } as const;

/** Starts one with topics. Throws where it does not come up within three minutes. */
export async function startKafka(
  topics: readonly string[],
  { partitions = 1, settings = [], tls = false, optimised = false }: BrokerOptions = {},
): Promise<TestBroker> {
  const jars = kafkaJars();
  if (jars === null) {
    throw new Error("Kafka is missing; this test wants testNeeding(needs.kafka, …)");
  }
  const folder = await Deno.makeTempDir({ prefix: "picket-kafka-" });
  const [plain, sasl, controller, secure] = [freePort(), freePort(), freePort(), freePort()]
    .map((p) => `127.0.0.1:${p}`);
  const places = `PLAIN://${plain},SASL://${sasl}${tls ? `,TLS://${secure}` : ""}`;
  if (tls) await makeCertificate(folder);
  const scram = "org.apache.kafka.common.security.scram.ScramLoginModule required";
  const login = "org.apache.kafka.common.security.plain.PlainLoginModule required";
  await Deno.writeTextFile(
    `${folder}/server.properties`,
    `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@${controller}
listeners=${places},CONTROLLER://${controller}
advertised.listeners=${places}
listener.security.protocol.map=PLAIN:PLAINTEXT,SASL:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAIN
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl.plain.sasl.jaas.config=${login} user_${USER.user}="${USER.password}";
listener.name.sasl.scram-sha-256.sasl.jaas.config=${scram};
listener.name.sasl.scram-sha-512.sasl.jaas.config=${scram};
${
      tls
        ? `ssl.keystore.location=${folder}/key.p12\nssl.keystore.password=changeit\nssl.keystore.type=PKCS12`
        : ""
    }
log.dirs=${folder}/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
auto.create.topics.enable=false
${settings.join("\n")}
`,
  );
  await Deno.writeTextFile(
    `${folder}/log4j2.yaml`,
    "Configuration: { Loggers: { Root: { level: 'off' } } }\n",
  );
  const java = (...args: string[]) =>
    new Deno.Command("java", {
      args: [
        "-Xmx512m",
        ...(optimised ? [] : ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"]),
        `-Dlog4j2.configurationFile=${folder}/log4j2.yaml`,
        "-cp",
        `${jars}/*`,
        ...args,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
  const properties = `${folder}/server.properties`;
  const format = ["format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", properties];
  for (const mechanism of ["SCRAM-SHA-256", "SCRAM-SHA-512"]) {
    format.push("--add-scram", `${mechanism}=[name=${USER.user},password=${USER.password}]`);
  }
  const { success } = await java("kafka.tools.StorageTool", ...format).output();
  if (!success) throw new Error("Kafka's storage could not be formatted");
  const start = () => java("kafka.Kafka", properties).spawn();
  let server = start();
  const kill = async () => {
    server.kill("SIGKILL");
    await server.status;
  };
  const stop = async () => {
    await kill().catch(() => {});
    await Deno.remove(folder, { recursive: true });
  };
  try {
    await comesUp(plain, server);
    const { Admin } = await import("@platformatic/kafka");
    const admin = new Admin({ clientId: "test", bootstrapBrokers: [plain] });
    if (topics.length > 0) {
      await admin.createTopics({ topics: [...topics], partitions, replicas: 1 });
    }
    await admin.close();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    plain,
    sasl,
    tls: tls ? secure : null,
    ca: tls ? `${folder}/cert.pem` : null,
    signal: (to) => server.kill(to),
    kill,
    async again() {
      server = start();
      await comesUp(plain, server);
    },
    stop,
  };
}

/** A key and a certificate for 127.0.0.1 that signs itself. */
async function makeCertificate(folder: string): Promise<void> {
  const keytool = async (...args: string[]) => {
    const store = ["-keystore", `${folder}/key.p12`, "-storepass", "changeit", "-alias", "broker"];
    const { success } = await new Deno.Command("keytool", {
      args: [...args, ...store],
      stdout: "null",
      stderr: "null",
    }).output();
    if (!success) throw new Error("keytool failed");
  };
  const name = ["-dname", "CN=127.0.0.1", "-ext", "SAN=IP:127.0.0.1"];
  await keytool("-genkeypair", "-keyalg", "EC", "-validity", "2", ...name);
  await keytool("-exportcert", "-rfc", "-file", `${folder}/cert.pem`);
}

async function comesUp(address: string, server: Deno.ChildProcess): Promise<void> {
  const [hostname, port] = address.split(":");
  let ended = false;
  void server.status.then(() => ended = true);
  for (const end = performance.now() + 180_000; performance.now() < end;) {
    if (ended) throw new Error("Kafka ended instead of coming up");
    try {
      (await Deno.connect({ hostname, port: Number(port) })).close();
      return;
    } catch {
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  throw new Error("Kafka did not come up within three minutes");
}
