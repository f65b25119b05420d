/** An Apache Kafka broker of a test's own (KRaft, one node), in a temporary folder on free ports. */
import { kafkaJars } from "../needs.ts";
import { freePort } from "../postgres.ts";

export interface TestBroker {
  /** `127.0.0.1:PORT`, in the clear, without a user. */
  readonly plain: string;
  /** The same by SASL PLAIN; {@link USER}. */
  readonly sasl: string;
  /** Stops its process for a while, and lets it go on. */
  signal(to: "SIGSTOP" | "SIGCONT"): void;
  stop(): Promise<void>;
}

export const USER = { user: "picket", password: "s3cr3t-password" } as const;

/** Starts one, with topics of one partition. Throws where it does not come up within a minute. */
export async function startKafka(topics: readonly string[]): Promise<TestBroker> {
  const jars = kafkaJars();
  if (jars === null) {
    throw new Error("Kafka is missing; this test wants testNeeding(needs.kafka, …)");
  }
  const folder = await Deno.makeTempDir({ prefix: "picket-kafka-" });
  const [plain, sasl, controller] = [freePort(), freePort(), freePort()].map((p) =>
    `127.0.0.1:${p}`
  );
  const login = "org.apache.kafka.common.security.plain.PlainLoginModule required";
  await Deno.writeTextFile(
    `${folder}/server.properties`,
    `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@${controller}
listeners=PLAIN://${plain},SASL://${sasl},CONTROLLER://${controller}
advertised.listeners=PLAIN://${plain},SASL://${sasl}
listener.security.protocol.map=PLAIN:PLAINTEXT,SASL:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAIN
sasl.enabled.mechanisms=PLAIN
listener.name.sasl.plain.sasl.jaas.config=${login} user_${USER.user}="${USER.password}";
log.dirs=${folder}/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
auto.create.topics.enable=false
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
        `-Dlog4j2.configurationFile=${folder}/log4j2.yaml`,
        "-cp",
        `${jars}/*`,
        ...args,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
  const format = ["format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", `${folder}/server.properties`];
  const { success } = await java("kafka.tools.StorageTool", ...format).output();
  if (!success) throw new Error("Kafka's storage could not be formatted");
  const server = java("kafka.Kafka", `${folder}/server.properties`).spawn();
  const stop = async () => {
    server.kill("SIGKILL");
    await server.status;
    await Deno.remove(folder, { recursive: true });
  };
  try {
    await comesUp(plain);
    const { Admin } = await import("@platformatic/kafka");
    const admin = new Admin({ clientId: "test", bootstrapBrokers: [plain] });
    await admin.createTopics({ topics: [...topics], partitions: 1, replicas: 1 });
    await admin.close();
  } catch (error) {
    await stop();
    throw error;
  }
  return { plain, sasl, signal: (to) => server.kill(to), stop };
}

async function comesUp(address: string): Promise<void> {
  const [hostname, port] = address.split(":");
  for (let left = 600; left > 0; left--) {
    try {
      (await Deno.connect({ hostname, port: Number(port) })).close();
      return;
    } catch {
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  throw new Error("Kafka did not come up within a minute");
}
