import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const home = fileURLToPath(new URL("../..", import.meta.url));

/** The programs of the image, by the paths that they have there. */
const nodeInImage = "/usr/local/bin/node";
export const istioctlInImage = "/usr/local/bin/istioctl";

/**
 * Packs this machine's Node with the libraries that it loads, the built knistio and an istioctl into an image, as
 * `docker save` writes one. It needs neither a registry nor a program that builds images, and stands for what
 * `.ci/Dockerfile` builds.
 * @param folder where the archive and its parts go
 * @returns the archive's path
 */
export function packImage({ folder, name, istioctl }: { folder: string; name: string; istioctl: string }): string {
	const root = join(folder, "root");
	const put = (source: string, path: string) => {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		copyFileSync(realpathSync(source), join(root, path));
		chmodSync(join(root, path), 0o755);
	};
	put(process.execPath, nodeInImage);
	for (const library of librariesOf(process.execPath)) put(library, library);
	put(execFileSync("which", [istioctl], { encoding: "utf8" }).trim(), istioctlInImage);
	for (const part of ["package.json", "profiles", "dist"]) {
		cpSync(join(home, part), join(root, "opt/knistio", part), { recursive: true });
	}
	for (const empty of ["tmp", "reports"]) mkdirSync(join(root, empty));
	const layer = join(folder, "layer.tar");
	execFileSync("tar", ["--owner=0", "--group=0", "--numeric-owner", "-cf", layer, "-C", root, "."]);
	const config = {
		architecture: { x64: "amd64", arm64: "arm64" }[process.arch as "x64"],
		os: "linux",
		config: {
			Entrypoint: [nodeInImage, "/opt/knistio/dist/bin.js"],
			Env: ["PATH=/usr/local/bin:/usr/bin:/bin"],
			User: "1000:1000",
			WorkingDir: "/reports",
		},
		rootfs: { type: "layers", diff_ids: [`sha256:${createHash("sha256").update(readFileSync(layer)).digest("hex")}`] },
	};
	writeFileSync(join(folder, "config.json"), JSON.stringify(config));
	const manifest = [{ Config: "config.json", RepoTags: [name], Layers: ["layer.tar"] }];
	writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
	const archive = join(folder, "image.tar");
	execFileSync("tar", ["-cf", archive, "-C", folder, "manifest.json", "config.json", "layer.tar"]);
	return archive;
}

/** The shared libraries that a program loads, and what loads them. */
function librariesOf(program: string): string[] {
	const lines = execFileSync("ldd", [program], { encoding: "utf8" }).split("\n");
	return lines.flatMap((line) => /(\/\S+) \(0x[0-9a-f]+\)$/.exec(line)?.[1] ?? []);
}

/** Gives the nodes an image, by the command in `KNISTIO_TEST_IMPORT_IMAGE`, whose last word will be the archive. */
export function importImage(archive: string): void {
	const command = process.env.KNISTIO_TEST_IMPORT_IMAGE ?? "kind load image-archive";
	execFileSync("bash", ["-c", `${command} "$1"`, "bash", archive], { stdio: ["ignore", "ignore", "inherit"] });
}
