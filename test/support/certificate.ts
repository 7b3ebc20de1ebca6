import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A self-signed certificate for 127.0.0.1, which is its own authority; made by openssl, without which it fails. */
export function makeCertificate(folder: string, name: string): { cert: string; key: string; certFile: string } {
	const [certFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
	execFileSync(
		"openssl",
		[
			...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"],
			...["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", keyFile, "-out", certFile],
		],
		{ stdio: "pipe" },
	);
	return { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8"), certFile };
}
