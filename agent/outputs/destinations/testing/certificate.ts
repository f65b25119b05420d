/** A certificate that a test signs by itself, by OpenSSL. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** Path of `cert`. */
  readonly path: string;
  remove(): Promise<void>;
}

/** @param names host names and addresses, as `DNS:mail.example.test` or `IP:127.0.0.1` */
export async function makeCertificate(names: readonly string[]): Promise<Certificate> {
  const folder = await Deno.makeTempDir();
  const [key, cert] = [`${folder}/key.pem`, `${folder}/cert.pem`];
  const { success, stderr } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"],
      ...["-keyout", key, "-out", cert, "-addext", `subjectAltName=${names.join(",")}`],
    ],
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return {
    cert: await Deno.readTextFile(cert),
    key: await Deno.readTextFile(key),
    path: cert,
    remove: () => Deno.remove(folder, { recursive: true }),
  };
}
