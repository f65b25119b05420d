/** Guessing that stays below the limits of minutes: slow, from many sources, over many hosts. */
import { alert, type Attack, type Scene } from "./attack.ts";
import { BROWSERS } from "./web.ts";
import { HOSTS, MINUTE, QUIET_HOST, SECOND, WINDOWS_HOSTS } from "./world.ts";

/** Addresses of one attack that nobody else has, from the network for tests of throughput. */
const botnet = ({ id }: Scene, n: number) => `198.18.${id % 250}.${1 + n}`;

/** Two dozen addresses guess one account of web2, each once in minutes. Gives its name. */
function guessFromMany(scene: Scene, every: number): string {
  const user = `shared${scene.id}`;
  for (let i = 0; i < 24; i++) {
    scene.logs.auth("web2").write(
      scene.at + i * every,
      `sshd[${9000 + i}]`,
      `Failed password for ${user} from ${botnet(scene, i % 8)} port ${43_000 + i} ssh2`,
    );
  }
  return user;
}

export const PATIENT_ATTACKS: readonly Attack[] = [
  {
    name: "ssh_slow_brute_force",
    summary: "SSH brute force, one attempt every nine minutes",
    streams: ["auth"],
    lasts: 120 * MINUTE,
    play({ at, logs, src, id }) {
      for (let i = 0; i < 14; i++) {
        logs.auth("web2").write(
          at + i * 9 * MINUTE,
          `sshd[${9100 + i}]`,
          `Failed password for slow${id} from ${src} port ${44_000 + i} ssh2`,
        );
      }
      return [alert("slow_login_guessing", { src })];
    },
  },
  {
    name: "key_only_brute_force",
    summary: "Brute force of a server that takes keys only",
    streams: ["auth"],
    lasts: MINUTE,
    play({ at, logs, src }) {
      for (let i = 0; i < 40; i++) {
        logs.auth("web2").write(
          at + i * SECOND,
          `sshd[${9200 + i}]`,
          `Connection closed by authenticating user root ${src} port ${45_000 + i} [preauth]`,
        );
      }
      return [alert("key_only_ssh_guessing", { src })];
    },
  },
  {
    name: "login_sweep",
    summary: "One password tried once on every host",
    streams: ["auth", "windows"],
    lasts: 20 * MINUTE,
    play({ at, logs, inside, id }) {
      let time = at;
      for (const host of HOSTS.filter((h) => h !== QUIET_HOST)) {
        logs.auth(host).write(
          time += 2 * MINUTE,
          `sshd[${9300}]`,
          `Failed password for sweep${id} from ${inside} port 46000 ssh2`,
        );
      }
      for (const host of WINDOWS_HOSTS) {
        logs.windows(host).logon(time += 2 * MINUTE, `sweep${id}`, inside, 3, false);
      }
      return [alert("login_sweep", { src: inside })];
    },
  },
  {
    name: "distributed_brute_force",
    summary: "A botnet guesses the password of one account and gets in",
    streams: ["auth"],
    lasts: 20 * MINUTE,
    when: "working",
    play(scene) {
      const { at, logs } = scene;
      const user = guessFromMany(scene, 20 * SECOND);
      const src = botnet(scene, 3);
      logs.auth("web2").write(
        at + 15 * MINUTE,
        "sshd[9400]",
        `Accepted password for ${user} from ${src} port 47000 ssh2`,
      );
      return [
        alert("distributed_guessing", { user, dest: "web2" }),
        alert("login_after_distributed_guessing", { user, src }),
      ];
    },
  },
  {
    name: "mailbox_taken_over",
    summary: "Brute force of a mailbox password that is found",
    streams: ["mail"],
    lasts: 20 * MINUTE,
    play({ at, logs, src, id }) {
      const user = `taken${id}@example.com`;
      for (let i = 0; i < 8; i++) logs.mail.login(at + i * 10 * SECOND, src, user, false);
      logs.mail.login(at + 15 * MINUTE, src, user, true);
      return [
        alert("mail_login_guessing", { src }),
        alert("login_after_guessing", { src }),
      ];
    },
  },
  {
    name: "web_account_taken_over",
    summary: "Brute force of a login form that is passed",
    streams: ["web"],
    lasts: 5 * MINUTE,
    play({ at, logs, src }) {
      const post = (time: number, status: number) =>
        logs.web.write(time, src, "POST /account/login HTTP/1.1", status, 512, BROWSERS[0]);
      for (let i = 0; i < 7; i++) post(at + i * 5 * SECOND, 401);
      post(at + 2 * MINUTE, 302);
      return [alert("web_login_guessing", { src }), alert("web_login_after_guessing", { src })];
    },
  },
];
