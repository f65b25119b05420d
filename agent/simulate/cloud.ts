/** Records of AWS CloudTrail and of a Kubernetes API server, one on a line. */
import type { Random } from "./random.ts";

/** Writes calls of the management interface; times are epoch ms. */
export class CloudLog {
  constructor(
    readonly random: Random,
    readonly emit: (time: number, text: string) => void,
  ) {}

  call(time: number, src: string, user: string, service: string, name: string) {
    this.emit(
      time,
      JSON.stringify({
        eventVersion: "1.08",
        userIdentity: { type: "IAMUser", userName: user, accountId: "111122223333" },
        eventTime: new Date(time).toISOString().replace(/\.\d+/, ""),
        eventSource: `${service}.amazonaws.com`,
        eventName: name,
        awsRegion: "eu-central-1",
        sourceIPAddress: src,
        userAgent: "aws-cli/2.31.0",
        eventType: "AwsApiCall",
      }),
    );
  }

  /** A request to the Kubernetes API about a pod of the namespace `shop`. */
  kubernetes(time: number, src: string, user: string, verb: string, uri: string) {
    this.emit(
      time,
      JSON.stringify({
        kind: "Event",
        apiVersion: "audit.k8s.io/v1",
        level: "Metadata",
        auditID: this.random.int(0, 2 ** 48).toString(16).padStart(12, "0"),
        stage: "ResponseStarted",
        requestURI: uri,
        verb,
        user: { username: user, groups: ["system:authenticated"] },
        sourceIPs: [src],
        objectRef: { resource: "pods", namespace: "shop", name: "web-1", subresource: "exec" },
        responseStatus: { code: 101 },
        requestReceivedTimestamp: new Date(time).toISOString(),
      }),
    );
  }
}
