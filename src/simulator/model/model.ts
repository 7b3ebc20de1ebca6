import { z } from "zod";
import { UsageError } from "../../errors.ts";
import type { Random } from "../clock/random.ts";
import kubernetes134 from "./kubernetes-1.34.json" with { type: "json" };
import talk2019 from "./talk-2019.json" with { type: "json" };
import today from "./today.json" with { type: "json" };

/** Median in milliseconds, and the standard deviation of the logarithm: 0.1 is about 10 % to either side. */
const delaySchema = z.tuple([z.number().nonnegative(), z.number().nonnegative()]);

const delayNames = [
	"controllerReacts",
	"injection",
	"schedule",
	"endpoints",
	"definitionEstablished",
	"webhookReady",
	"kubeletSees",
	"ownLook",
	"syncStart",
	"sandbox",
	"sandboxWithCni",
	"statusWrite",
	"eventAfter",
	"eventDelivery",
	"probeCall",
	"imagePull",
	"containerStop",
	"cleanup",
	"gatewayHop",
	"activatorToAutoscaler",
	"autoscalerDecides",
	"activatorSees",
	"endpointPush",
	"ingressProgrammed",
	"answer",
	"policyCheck",
	"hookExec",
] as const;

/** What takes time outside of a container. */
export type DelayName = (typeof delayNames)[number];

const containerSchema = z.strictObject({
	create: delaySchema.optional(),
	start: delaySchema.optional(),
	/** An init container's run, from started to its end. */
	run: delaySchema.optional(),
	/** From started to being able to serve, and to pass its probe. */
	ready: delaySchema.optional(),
	/** How much later its own probe passes, where probes are slow. */
	probed: delaySchema.optional(),
});

/** A client's rate limit: requests in a second, and at once after a pause. */
const rateSchema = z.strictObject({ perSecond: z.number().positive(), burst: z.number().positive() });
const share = z.number().min(0).max(1);

/** What many pods at once have to share or to wait for; a single cold start never meets it. */
const limitsSchema = z.strictObject({
	/** Of a node. */
	cores: z.number().positive(),
	/** Which part of a step computes; the rest waits for something else. */
	computing: z.strictObject({ sandbox: share, create: share, start: share, run: share, ready: share }),
	/** The scheduler takes one pod after another, each for so long. */
	schedulingMs: z.number().nonnegative(),
	scheduler: rateSchema,
	/** Of each controller of kube-controller-manager. */
	controller: rateSchema,
	/** How many ReplicaSets create their pods at the same time. */
	replicaSetWorkers: z.number().int().positive(),
	/** The kubelet's client; each status of a pod is two requests. */
	kubelet: rateSchema,
	/** How long the kubelet is busy with the status of one pod before it takes the next. */
	statusWriteMs: z.number().nonnegative(),
	kubeletEvents: rateSchema,
	/** Of Knative's autoscaler, which scales a Deployment by one request. */
	autoscaler: rateSchema,
	/** kube-proxy programs changed endpoints no more often than this. */
	proxySyncMs: z.number().nonnegative(),
	/** istiod pushes when nothing has changed for so long, */
	pushQuietMs: z.number().nonnegative(),
	/** or so long after the first change. */
	pushLongestMs: z.number().nonnegative(),
	/** How much later istio-proxy is ready for each revision of Knative that is there besides its own. */
	proxyPerRevisionMs: z.number().nonnegative(),
});

const delaysSchema = z.partialRecord(z.enum(delayNames), delaySchema);
const containersSchema = z.record(z.string(), containerSchema);

const modelSchema = z.strictObject({
	name: z.string(),
	description: z.string(),
	/** The recordings that some delays were fitted to (bench/fit-model.ts); the others are guessed. */
	provenance: z.strictObject({ recordings: z.array(z.string()), fitted: z.array(z.string()) }).optional(),
	versions: z.strictObject({
		kubernetes: z.string(),
		/** The container runtime, where it is known. */
		containerd: z.string().optional(),
		knative: z.string(),
		istio: z.string(),
	}),
	kubelet: z.strictObject({
		/** The period of the kubelet's look at its containers (PLEG); on demand it also looks after each start. */
		relistMs: z.number(),
		relistsOnDemand: z.boolean(),
		/** How long a second of a probe's periodSeconds is. */
		probeSecondMs: z.number(),
	}),
	sidecar: z.strictObject({
		/** The default for pods without the annotation sidecar.istio.io/nativeSidecar. */
		shape: z.enum(["native", "classic"]),
		/** Whether a pod gets the container istio-validation where the CNI plugin does istio-init's work. */
		validatesCni: z.boolean(),
		/** How often the postStart hook of holdApplicationUntilProxyStarts asks whether the proxy is ready. */
		hookPeriodMs: z.number().positive(),
	}),
	knative: z.strictObject({
		autoscalerTickMs: z.number(),
		/** How often the activator probes a pod that it waits for. */
		activatorProbeMs: z.number(),
		/** How long queue-proxy keeps a pod that is to end, in case requests still come. */
		drainMs: z.number(),
	}),
	limits: limitsSchema,
	delays: z.record(z.enum(delayNames), delaySchema),
	/** By container name; `*` for all others. */
	containers: containersSchema,
	/** What differs in pods of a {@link Variant}. */
	variants: z.partialRecord(
		z.enum(["none", "sidecar", "sidecar-policy", "cni", "cni-policy"]),
		z.strictObject({ delays: delaysSchema.optional(), containers: containersSchema.optional() }),
	),
});

/** How long everything takes; see models/*.json. */
export type Model = z.infer<typeof modelSchema>;

/** What is in a pod besides its own containers, and whether policies apply to it. */
export type Variant = keyof Model["variants"];

const builtIn: Record<string, unknown> = {
	today,
	"kubernetes-1.34": kubernetes134,
	"talk-2019": talk2019,
};

/** The names that {@link loadModel} knows. */
export const modelNames: readonly string[] = Object.keys(builtIn);

/**
 * A built-in model by name.
 * @throws UsageError when no model has that name
 */
export function loadModel(name: string): Model {
	if (!Object.hasOwn(builtIn, name)) {
		throw new UsageError(`no model ${name} of a simulated cluster`, { hint: `there are ${modelNames.join(", ")}` });
	}
	return modelSchema.parse(builtIn[name]);
}

/** Draws delays in milliseconds; the key says what the delay is for, so that each has its own random numbers. */
export interface Delays {
	of(name: DelayName, key: string, variant?: Variant): number;
	/** Undefined if the model has no such step for the container. */
	ofContainer(container: string, step: ContainerStep, key: string, variant?: Variant): number | undefined;
}

/** What takes time in a container. */
export type ContainerStep = keyof z.infer<typeof containerSchema>;

export function createDelays(model: Model, random: Random): Delays {
	const draw = ([medianMs, spread]: [number, number], key: string) => {
		const swing = Math.max(-2.5, Math.min(2.5, random.normal(key)));
		return medianMs * Math.exp(spread * swing);
	};
	return {
		of(name, key, variant = "none") {
			return draw(model.variants[variant]?.delays?.[name] ?? model.delays[name], `${name}/${key}`);
		},
		ofContainer(container, step, key, variant = "none") {
			const special = model.variants[variant]?.containers?.[container]?.[step];
			const usual = model.containers[container]?.[step] ?? (step === "run" ? undefined : model.containers["*"]?.[step]);
			const delay = special ?? usual;
			return delay === undefined ? undefined : draw(delay, `${container}.${step}/${key}`);
		},
	};
}
