import { declareAdvise } from "./advise.ts";
import { declareBench } from "./bench.ts";
import { declareCheck } from "./check.ts";
import { declareCompare } from "./compare.ts";
import { declareCompletion } from "./completion.ts";
import type { Declaration } from "./declaration.ts";
import { declareHistory } from "./history.ts";
import { declareInstall } from "./install.ts";
import { declareJob } from "./job.ts";
import { declarePhases } from "./phases.ts";
import { declarePlan } from "./plan.ts";
import { declareProfiles } from "./profiles.ts";
import { declareReplay } from "./replay.ts";
import { declareSchema } from "./schema.ts";
import { declareSelftest } from "./selftest.ts";
import { declareShow } from "./show.ts";
import { declareTradeoffs } from "./tradeoffs.ts";
import { declareUninstall } from "./uninstall.ts";

/** Every command, in the order of `knistio --help`. */
export const commands: readonly Declaration[] = [
	declareBench,
	declareJob,
	declareCheck,
	declareCompare,
	declarePlan,
	declareTradeoffs,
	declareAdvise,
	declareHistory,
	declareShow,
	declareReplay,
	declareSchema,
	declareProfiles,
	declarePhases,
	declareInstall,
	declareUninstall,
	declareSelftest,
	declareCompletion,
];
