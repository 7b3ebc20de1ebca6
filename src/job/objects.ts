import { accountObjects } from "../install/account.ts";
import type { KubeObject, ObjectRef } from "../kube/api/cluster.ts";
import { ownedByLabel } from "../kube/objects/ownership.ts";
import { inputFolder } from "./packing.ts";

/**
 * What `knistio job` makes has the label with another value than all else of knistio's: bench, which runs in the Job and
 * cleans up after itself, must not find its own account and pod.
 */
export const jobOwner = "knistio-job";
export const jobSelector = `${ownedByLabel}=${jobOwner}`;

/** Where the Job notes the id that marks the lines of its log. */
export const idAnnotation = "knistio.dev/job-id";

/** The container whose log and exit code are the run's. */
export const containerName = "knistio";

const jobName = "knistio-bench";
const secretName = "knistio-bench-files";
const roleName = "knistio-job";
const accountName = "knistio";

/** Where the files' archive is mounted, and where the run writes: its current folder. */
const archiveFolder = "/knistio";
const archiveKey = "files.json.gz";
const workFolder = "/reports";

/** As long as bench may take to clean up after a SIGTERM. */
export const graceSeconds = 300;

/** What a Job is asked to do. */
export interface JobRequest {
	/** Marks the lines of its log. */
	id: string;
	namespace: string;
	/** With Node, istioctl and knistio; its entrypoint is knistio. */
	image: string;
	/** A bench command line whose files are where the Job has them. */
	words: readonly string[];
	/** The files that it names, packed; undefined where it names none. */
	archive: Buffer | undefined;
	/** A PersistentVolumeClaim of the namespace that keeps what the run writes. */
	claim?: string | undefined;
}

/** The name of the Job of a namespace. */
export const jobRef = (namespace: string): ObjectRef => ({
	apiVersion: "batch/v1",
	kind: "Job",
	namespace,
	name: jobName,
});

/** Everything that a Job needs, and the Job, in the order in which it is applied. */
export function jobObjects(request: JobRequest): KubeObject[] {
	const { namespace, archive, words } = request;
	const names = { namespace, account: accountName, role: roleName };
	const account = accountObjects(names, { withProbes: words.includes("--tradeoffs") });
	const objects = [...account, ...(archive === undefined ? [] : [secretOf(namespace, archive)]), jobOf(request)];
	return objects.map((object) => ({
		...object,
		metadata: { ...object.metadata, labels: { ...object.metadata.labels, [ownedByLabel]: jobOwner } },
	}));
}

/** A Secret and no ConfigMap: manifests may hold what is not for everybody. */
function secretOf(namespace: string, archive: Buffer): KubeObject {
	return {
		apiVersion: "v1",
		kind: "Secret",
		metadata: { name: secretName, namespace },
		type: "Opaque",
		data: { [archiveKey]: archive.toString("base64") },
	};
}

function jobOf(request: JobRequest): KubeObject {
	const { id, namespace } = request;
	const { apiVersion, kind, name } = jobRef(namespace);
	return {
		apiVersion,
		kind,
		metadata: { name, namespace, annotations: { [idAnnotation]: id } },
		spec: {
			// A breach is no reason to measure again, and neither is a failure: what the run did is cleaned up first.
			backoffLimit: 0,
			template: {
				metadata: { labels: podLabels, annotations: podAnnotations },
				spec: podSpecOf(request),
			},
		},
	};
}

/** What measures must not get a sidecar itself, nor go through the mesh. */
const podLabels = { app: "knistio-job", "sidecar.istio.io/inject": "false", "istio.io/dataplane-mode": "none" };

/** A node that is to be saved waits for the run's end. */
const podAnnotations = {
	"cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
	"karpenter.sh/do-not-disrupt": "true",
};

function podSpecOf({ id, image, words, archive, claim }: JobRequest) {
	const files = archive === undefined ? [] : [`--files=${archiveFolder}/${archiveKey}`, `--into=${inputFolder}`];
	const mounts = [
		{ name: "reports", mountPath: workFolder },
		{ name: "tmp", mountPath: "/tmp" },
		...(archive === undefined ? [] : [{ name: "files", mountPath: archiveFolder, readOnly: true }]),
	];
	return {
		serviceAccountName: accountName,
		restartPolicy: "Never",
		terminationGracePeriodSeconds: graceSeconds,
		securityContext: {
			runAsNonRoot: true,
			runAsUser: 1000,
			fsGroup: 1000,
			seccompProfile: { type: "RuntimeDefault" },
		},
		containers: [
			{
				name: containerName,
				image,
				imagePullPolicy: "IfNotPresent",
				workingDir: workFolder,
				args: ["job", `--inside=${id}`, ...files, "--", "bench", ...words],
				// istioctl looks for its settings there.
				env: [{ name: "HOME", value: "/tmp" }],
				resources: { requests: { cpu: "500m", memory: "512Mi" } },
				securityContext: {
					allowPrivilegeEscalation: false,
					readOnlyRootFilesystem: true,
					capabilities: { drop: ["ALL"] },
				},
				volumeMounts: mounts,
			},
		],
		volumes: [
			{
				name: "reports",
				...(claim === undefined ? { emptyDir: {} } : { persistentVolumeClaim: { claimName: claim } }),
			},
			{ name: "tmp", emptyDir: {} },
			...(archive === undefined ? [] : [{ name: "files", secret: { secretName } }]),
		],
	};
}
