/**
 * The figures of the talk that knistio reproduces, in milliseconds: Guo and Ding, "Istio on Knative – Lessons Learned",
 * KubeCon + CloudNativeCon Europe 2019; Istio 1.1, one trace each. A profile of another name has no column there.
 */
export const talkFigures: Record<string, Record<string, number>> = {
	full: {
		pod_creating: 7316,
		"container_startup_istio-init": 2374,
		"container_startup_istio-proxy": 6558,
		"container_startup_queue-proxy": 6611,
		"container_startup_user-container": 3377,
	},
	"full-cni": {
		pod_creating: 4187,
		"container_startup_istio-proxy": 3524,
		"container_startup_queue-proxy": 3060,
		"container_startup_user-container": 2016,
	},
	"no-policy": {
		endpoint_wait: 7003,
		pod_creating: 6830,
		"container_startup_istio-init": 2991,
		"container_startup_istio-proxy": 6097,
		"container_startup_queue-proxy": 5106,
		"container_startup_user-container": 3936,
	},
	minimal: {
		pod_creating: 1611,
		"container_startup_queue-proxy": 1196,
		"container_startup_user-container": 1133,
	},
};
