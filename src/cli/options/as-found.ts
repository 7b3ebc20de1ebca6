import type { Command } from "commander";
import { UsageError } from "../../errors.ts";

/** How `--service` names a service that is there, and no file. */
const prefix = "ksvc/";

/** The name in `ksvc/NAME`; undefined for the path of a file. @throws UsageError for what no service can be called */
export function installedService(service: string | undefined): string | undefined {
	return service?.startsWith(prefix) ? serviceName(service.slice(prefix.length), "--service") : undefined;
}

const serviceName = (name: string, where: string): string => {
	if (/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return name;
	throw new UsageError(`${where}: "${prefix}${name}" does not name a Knative service`, {
		hint: "such as ksvc/shop, and its namespace with --namespace; or the path of a manifest",
	});
};

/** What would have to be deployed, installed or changed for it. */
const changing = [
	"profile",
	"variants",
	"blocks",
	"copies",
	"pull",
	"burst",
	"crowd",
	"tradeoffs",
	"traces",
	"image",
	"sidecar",
	"knativeManifests",
	"istioctl",
	"istioSet",
	"istioOverlay",
	"istioManifests",
	"helm",
	"helmCharts",
	"helmVersion",
	"keep",
];

/**
 * Refuses what has no meaning for a service that is measured as it is.
 * @throws UsageError that names the option
 */
export function requireNoChange(command: Command): void {
	const isGiven = (name: string) => command.getOptionValueSource(name) === "cli";
	if (!isGiven("useInstalled")) {
		throw new UsageError(`--service ${command.opts().service}: a service that is there is measured as it is`, {
			hint: "add --use-installed; or give a manifest, which is deployed under each profile",
		});
	}
	if (isGiven("cluster")) {
		throw new UsageError("--cluster simulated: it begins empty, so it has no service of yours", {
			hint: "leave it out, or give a manifest with --service",
		});
	}
	const option = command.options.find(
		(each) => changing.includes(each.attributeName()) && isGiven(each.attributeName()),
	);
	if (option === undefined) return;
	throw new UsageError(`${option.long}: a service that is there is measured as it is, and nothing is changed`, {
		hint: `leave ${option.long} out; or give a manifest with --service, which is deployed`,
	});
}
