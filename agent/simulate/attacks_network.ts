/** Attacks in the logs of packet filters, network flows and name servers. */
import { alert, type Attack } from "./attack.ts";
import { publicAddress } from "./background.ts";
import { DNS_REGULAR, HOUR, MINUTE, SECOND } from "./world.ts";

export const NETWORK_ATTACKS: readonly Attack[] = [
  {
    name: "port_scan",
    summary: "Port scan of forty ports of one host",
    streams: ["firewall"],
    lasts: MINUTE,
    play({ at, logs, src }) {
      for (let i = 0; i < 40; i++) {
        logs.firewall.inbound(at + i * 500, "BLOCK", {
          src,
          dest: "192.0.2.2",
          port: 1000 + i * 37,
        });
      }
      return [alert("port_scan", { src, dest: "192.0.2.2" })];
    },
  },
  {
    name: "c2_port",
    summary: "Outbound connection to a default C2 port",
    streams: ["firewall"],
    lasts: MINUTE,
    play({ at, logs, inside }) {
      const dest = publicAddress(logs.random);
      logs.firewall.outbound(at, { src: inside, dest, port: 4444 });
      return [alert("c2_port", { src: inside, dest })];
    },
  },
  {
    name: "beaconing",
    summary: "Beaconing to a C2 server every five minutes",
    streams: ["firewall"],
    lasts: 3 * HOUR,
    play({ at, logs, inside }) {
      const dest = publicAddress(logs.random);
      for (let i = 0; i < 34; i++) {
        const t = at + i * 5 * MINUTE + logs.random.int(0, 3) * SECOND;
        logs.firewall.outbound(t, { src: inside, dest, port: 443 });
      }
      return [alert("beaconing", { src: inside, dest })];
    },
  },
  {
    name: "exfiltration",
    summary: "Large upload to one external address",
    streams: ["app"],
    lasts: 30 * MINUTE,
    play({ at, logs, inside }) {
      const dest = publicAddress(logs.random);
      for (let i = 0; i < 6; i++) {
        logs.app.flow(at + i * 4 * MINUTE, inside, dest, 443, logs.random.int(3e6, 5e6), 20_000);
      }
      return [alert("exfiltration", { src: inside, dest })];
    },
  },
  {
    name: "dns_tunneling",
    summary: "DNS tunneling: hundreds of queries from a host that sends few",
    streams: ["dns"],
    lasts: 20 * MINUTE,
    after: 52 * HOUR,
    play({ at, logs }) {
      for (let i = 0; i < 500; i++) {
        const label = logs.random.int(0, 2 ** 48).toString(36).padStart(10, "0");
        logs.dns.query(at + i * 2 * SECOND, DNS_REGULAR, `${label}.t.example.net`, "TXT");
      }
      return [alert("dns_spike", { src: DNS_REGULAR })];
    },
  },
  {
    name: "honeypot_connection",
    summary: "Connection to a honeypot",
    streams: ["auth"],
    lasts: MINUTE,
    play({ at, logs, src }) {
      logs.auth("web2").write(
        at,
        "cowrie[901]",
        `[cowrie.ssh.factory.CowrieSSHFactory] New connection: ${src}:51234 (10.0.0.9:22) [session: 7a1b2c3d]`,
      );
      return [alert("honeypot_connection", { src })];
    },
  },
];
