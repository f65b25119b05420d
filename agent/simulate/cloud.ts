/** Records of AWS CloudTrail, one on a line. */
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
}
