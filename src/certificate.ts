import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A key and the certificate that it signed for itself, both PEM. */
export interface Certificate {
	key: string;
	certificate: string;
}

/** Whom a certificate is for. */
export interface CertificateSubject {
	commonName: string;
	/** Names of hosts. */
	hosts: readonly string[];
	/** Addresses of IPv4. */
	addresses?: readonly string[];
}

/** DER: a tag, a length, and what is in it (X.690). */
function der(tag: number, ...parts: Buffer[]): Buffer {
	const body = Buffer.concat(parts);
	if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
	const length = Buffer.from(body.length.toString(16).padStart(4, "0"), "hex");
	return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const octets = (body: Buffer) => der(0x04, body);
const bits = (body: Buffer, unused = 0) => der(0x03, Buffer.from([unused]), body);
const identifier = (hex: string) => der(0x06, Buffer.from(hex, "hex"));
const yes = der(0x01, Buffer.from([0xff]));

/** 1.2.840.10045.4.3.2. */
const ecdsaWithSha256 = sequence(identifier("2a8648ce3d040302"));
/** 2.5.4.3. */
const commonName = identifier("550403");

function nameOf(text: string): Buffer {
	return sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from(text)))));
}

function timeOf(date: Date): Buffer {
	const digits = date.toISOString().replace(/\D/g, "");
	return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`));
}

/** Basic constraints, key usage, extended key usage and the names that the certificate is for (RFC 5280, 4.2.1). */
function extensions({ hosts, addresses = [] }: CertificateSubject): Buffer {
	const extension = (id: string, value: Buffer, isCritical = false) =>
		sequence(identifier(id), ...(isCritical ? [yes] : []), octets(value));
	const names = [
		...addresses.map((address) => der(0x87, Buffer.from(address.split(".").map(Number)))),
		...hosts.map((host) => der(0x82, Buffer.from(host))),
	];
	return sequence(
		extension("551d13", sequence(yes), true),
		extension("551d0f", bits(Buffer.from([0x84]), 2), true),
		extension("551d25", sequence(identifier("2b06010505070301"))),
		extension("551d11", sequence(...names)),
	);
}

function tbsCertificate(publicKey: KeyObject, subject: CertificateSubject, now: Date): Buffer {
	const name = nameOf(subject.commonName);
	const dayMs = 86_400_000;
	const validity = sequence(timeOf(new Date(now.getTime() - dayMs)), timeOf(new Date(now.getTime() + 3650 * dayMs)));
	const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(15)]);
	return sequence(
		der(0xa0, der(0x02, Buffer.from([2]))),
		der(0x02, serial),
		ecdsaWithSha256,
		name,
		validity,
		name,
		publicKey.export({ type: "spki", format: "der" }),
		der(0xa3, extensions(subject)),
	);
}

/**
 * A new key and a certificate of its own for these names, for ten years: nothing secret has to be kept anywhere. Made here
 * because Node can only read certificates.
 */
export function createCertificate(subject: CertificateSubject, now = new Date()): Certificate {
	const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
	const tbs = tbsCertificate(publicKey, subject, now);
	const certificate = sequence(tbs, ecdsaWithSha256, bits(sign("sha256", tbs, privateKey)));
	const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
	return {
		key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
		certificate: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
	};
}
