// src/errors.ts
var exitCodes = {
  /** Measured, and every verdict passed. */
  ok: 0,
  /** A defect of knistio. */
  defect: 1,
  /** Usage, profile or file error: something the user can fix in what they typed or wrote. */
  usage: 2,
  /** Inconclusive: no data, too few cold starts, an unresolved phase. */
  inconclusive: 3,
  /** The cluster is unreachable, or not as promised. */
  cluster: 4,
  /** A budget or a baseline is breached. */
  breach: 99,
  /** Interrupted by SIGINT, cleaned up. */
  interrupted: 130,
  /** Ended by SIGTERM, cleaned up. */
  terminated: 143
};
var KnistioError = class extends Error {
  hint;
  constructor(message, detail = {}) {
    super(message, { cause: detail.cause });
    this.name = new.target.name;
    this.hint = detail.hint;
  }
};
var UsageError = class extends KnistioError {
  exitCode = exitCodes.usage;
};
var ClusterError = class extends KnistioError {
  exitCode = exitCodes.cluster;
};

// src/cluster/api-error.ts
var ApiError = class extends ClusterError {
  status;
  reason;
  constructor(message, detail = {}) {
    super(message, detail);
    this.status = detail.status;
    this.reason = detail.reason;
  }
};

// src/cluster/cluster.ts
function describeRef(ref) {
  return ref.namespace === void 0 ? `${ref.kind} ${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}
function groupOf(apiVersion) {
  return apiVersion.includes("/") ? apiVersion.split("/")[0] ?? "" : "";
}

// src/cluster/discovery.ts
function openDiscovery(get) {
  const known = /* @__PURE__ */ new Map();
  async function ask(apiVersion) {
    const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    try {
      const list = await get(path);
      return list.resources.filter(({ name }) => !name.includes("/")).map(({ name, kind, namespaced, verbs }) => ({ apiVersion, kind, plural: name, namespaced, verbs }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return [];
      throw error;
    }
  }
  function resourcesOf(apiVersion) {
    let answer = known.get(apiVersion);
    if (answer === void 0) {
      answer = ask(apiVersion);
      known.set(apiVersion, answer);
      answer.catch(() => known.delete(apiVersion));
    }
    return answer;
  }
  async function find(apiVersion, kind) {
    const is = (resource) => resource.kind === kind;
    const found = (await resourcesOf(apiVersion)).find(is);
    if (found !== void 0) return found;
    known.delete(apiVersion);
    return (await resourcesOf(apiVersion)).find(is);
  }
  async function all() {
    const core = await get("/api");
    const groups = await get("/apis");
    const versions = [...core.versions, ...groups.groups.map((group) => group.preferredVersion.groupVersion)];
    for (const version of versions) known.delete(version);
    return (await Promise.all(versions.map(resourcesOf))).flat();
  }
  return { find, all };
}

// src/cluster/kubeconfig.ts
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

// src/nearest.ts
function nearest(word, known) {
  let best;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}
function editDistance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replace = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

// src/cluster/kubeconfig.ts
var serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";
async function loadKubeconfig(choice) {
  const files = await kubeconfigFiles(choice);
  const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
  const config = new KubeConfig();
  if (files === "in-cluster") config.loadFromCluster();
  else for (const file of files) mergeFile(config, file, () => new KubeConfig());
  if (choice.context !== void 0) config.setCurrentContext(choice.context);
  checkContext(config, files === "in-cluster" ? "the pod's service account" : files.join(", "));
  return { context: config.getCurrentContext(), connect: () => connect(config) };
}
async function kubeconfigFiles(choice) {
  const named = choice.file !== void 0 ? [choice.file] : (choice.env.KUBECONFIG ?? "").split(delimiter).filter(Boolean);
  if (named.length > 0) {
    const found = await existing(named);
    if (found.length > 0) return found;
    const what = choice.file === void 0 ? "$KUBECONFIG names" : "--kubeconfig names";
    throw new UsageError(`${what} a file that is not there: ${named.join(", ")}`, {
      hint: "give the path of a kubeconfig, or leave it out to use ~/.kube/config"
    });
  }
  const home = await existing([join(choice.env.HOME ?? homedir(), ".kube", "config")]);
  if (home.length > 0) return home;
  if ((await existing([serviceAccountToken])).length > 0 && choice.env.KUBERNETES_SERVICE_HOST) return "in-cluster";
  throw new UsageError("no kubeconfig: neither --kubeconfig, $KUBECONFIG, ~/.kube/config nor a pod's service account", {
    hint: "point --kubeconfig at a cluster, or try `--cluster simulated`, which needs none"
  });
}
async function existing(files) {
  const found = await Promise.all(
    files.map(
      (file) => access(file).then(
        () => true,
        () => false
      )
    )
  );
  return files.filter((_, index) => found[index]);
}
function mergeFile(config, file, empty) {
  const next = empty();
  try {
    next.loadFromFile(file);
  } catch (cause) {
    throw new UsageError(`${file}: not a kubeconfig: ${cause.message}`, {
      cause,
      hint: "`kubectl config view` shows whether kubectl can read it"
    });
  }
  const known = (names) => new Set((names ?? []).map(({ name }) => name));
  const [contexts, clusters, users] = [known(config.contexts), known(config.clusters), known(config.users)];
  for (const each of next.contexts ?? []) if (!contexts.has(each.name)) config.addContext(each);
  for (const each of next.clusters ?? []) if (!clusters.has(each.name)) config.addCluster(each);
  for (const each of next.users ?? []) if (!users.has(each.name)) config.addUser(each);
  if (!config.currentContext && next.currentContext) config.setCurrentContext(next.currentContext);
}
function checkContext(config, where) {
  const name = config.getCurrentContext();
  const names = config.getContexts().map((each) => each.name);
  if (!name) {
    throw new UsageError(`${where}: no current context`, { hint: `--context one of: ${names.join(", ") || "none"}` });
  }
  if (!names.includes(name)) {
    const near = nearest(name, names);
    throw new UsageError(`${where}: no context "${name}"`, {
      hint: near === void 0 ? `the contexts are: ${names.join(", ") || "none"}` : `did you mean "${near}"?`
    });
  }
  if (!config.getCurrentCluster()) {
    throw new UsageError(`${where}: context "${name}" names a cluster that is not there`, {
      hint: "`kubectl config view` shows its clusters"
    });
  }
}
async function connect(config) {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new UsageError("the kubeconfig's context has no cluster");
  const options = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    throw new ClusterError(`no credentials for context "${config.getCurrentContext()}": ${cause.message}`, {
      cause,
      hint: "`kubectl get namespaces` asks for the same credentials; log in again if it fails too"
    });
  }
  const url = new URL(cluster.server);
  const headers = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== void 0) headers[name] = String(value);
  }
  if (options.auth) headers.Authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  const tls = {};
  for (const key of ["ca", "cert", "key", "passphrase", "servername"]) {
    const value = options[key];
    if (value !== void 0 && value !== null) tls[key] = value.toString();
  }
  if (options.rejectUnauthorized !== void 0) tls.rejectUnauthorized = options.rejectUnauthorized;
  return {
    origin: url.origin,
    basePath: url.pathname.replace(/\/$/, ""),
    headers,
    tls,
    ...cluster.proxyUrl ? { proxyUrl: cluster.proxyUrl } : {}
  };
}

// src/cluster/transport.ts
import http from "node:http";
import https from "node:https";

// src/cluster/unreachable.ts
var hints = [
  [/ECONNREFUSED/, "is the API server running? `kubectl version` asks the same address"],
  [/ENOTFOUND|EAI_AGAIN/, "the name of the API server is not known here; check the kubeconfig's `server` and your VPN"],
  [
    /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|no answer within/,
    "nothing answers there; check the address, the VPN, a firewall"
  ],
  [
    /self.signed|unable to (verify|get)|UNABLE_TO|DEPTH_ZERO|CERT_|ERR_TLS|certificate|wrong version number|EPROTO/i,
    "TLS failed; check the kubeconfig's `certificate-authority`, `server` and the client certificate's dates"
  ],
  [/ECONNRESET|socket hang up|EPIPE|aborted/, "the connection broke; the API server may be restarting"]
];
function unreachable(cause, origin) {
  const text = `${cause.code ?? ""} ${cause.message}`;
  const hint = hints.find(([pattern]) => pattern.test(text))?.[1];
  return new ApiError(`the API server at ${origin} cannot be reached: ${cause.message}`, {
    cause,
    ...hint === void 0 ? {} : { hint }
  });
}

// src/cluster/transport.ts
async function openTransport(connection) {
  const secure = connection.origin.startsWith("https:");
  const agent = await agentFor(connection);
  let current = connection;
  const open = (method, path, options = {}) => new Promise((resolve, reject) => {
    const { body, signal: signal2, timeoutMs = 3e4 } = options;
    const headers = {
      Accept: "application/json",
      "User-Agent": "knistio",
      ...current.headers,
      ...options.headers
    };
    if (body !== void 0) headers["Content-Length"] = Buffer.byteLength(body);
    const url = new URL(current.basePath + path, current.origin);
    const request = (secure ? https : http).request(url, {
      method,
      headers,
      agent,
      ...signal2 ? { signal: signal2 } : {},
      ...timeoutMs > 0 ? { timeout: timeoutMs } : {}
    });
    let sentAt = process.hrtime.bigint();
    request.on("timeout", () => request.destroy(new Error(`no answer within ${timeoutMs / 1e3} s`)));
    request.on("error", (cause) => {
      reject(signal2?.aborted ? signal2.reason : unreachable(cause, current.origin));
    });
    request.on("response", (response) => resolve({ response, sentAt, answeredAt: process.hrtime.bigint() }));
    request.on("finish", () => {
      sentAt = process.hrtime.bigint();
    });
    request.end(body);
  });
  return {
    open,
    async request(method, path, options) {
      const { response, sentAt, answeredAt } = await open(method, path, options);
      const chunks = [];
      try {
        for await (const chunk of response) chunks.push(chunk);
      } catch (cause) {
        throw options?.signal?.aborted ? options.signal.reason : unreachable(cause, current.origin);
      }
      return {
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: Buffer.concat(chunks),
        sentAt,
        answeredAt
      };
    },
    renew(connection2) {
      current = connection2;
    },
    close: () => agent.destroy()
  };
}
async function agentFor({ origin, tls, proxyUrl }) {
  const keep = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 16 };
  const secure = origin.startsWith("https:");
  if (proxyUrl === void 0) return secure ? new https.Agent({ ...keep, ...tls }) : new http.Agent(keep);
  if (proxyUrl.startsWith("socks")) {
    const { SocksProxyAgent } = await import("socks-proxy-agent");
    return new SocksProxyAgent(proxyUrl, { ...keep, ...tls });
  }
  const { HttpProxyAgent, HttpsProxyAgent } = await import("hpagent");
  return secure ? new HttpsProxyAgent({ ...keep, ...tls, proxy: proxyUrl }) : new HttpProxyAgent({ ...keep, proxy: proxyUrl });
}

// src/cluster/kube.ts
var fieldManager = "knistio";
var pageSize = 500;
async function openKube(choice) {
  return openCluster(await loadKubeconfig(choice));
}
async function openCluster(kubeconfig) {
  let connection = await kubeconfig.connect();
  const transport = await openTransport(connection);
  async function renew() {
    connection = await kubeconfig.connect();
    transport.renew(connection);
    return connection;
  }
  async function send(method, path, options) {
    const answer = await transport.request(method, path, options);
    if (answer.status !== 401) return answer;
    await renew();
    return transport.request(method, path, options);
  }
  async function call(doing, method, path, options) {
    const answer = await send(method, path, options);
    const json = parse(answer.body);
    if (answer.status >= 200 && answer.status < 300) return json;
    throw refusal(doing, answer.status, json, answer.body);
  }
  const discovery = openDiscovery((path) => call("discover what the API serves", "GET", path));
  async function pathTo(ref, doing) {
    const resource = await discovery.find(ref.apiVersion, ref.kind);
    if (resource === void 0) throw unknownKind(ref, doing);
    return `${collection(resource, ref.namespace)}/${encodeURIComponent(ref.name)}`;
  }
  const cluster = {
    context: kubeconfig.context,
    connection: async (again) => again ? renew() : connection,
    resource: discovery.find,
    resources: discovery.all,
    async get(ref, signal2) {
      if (await discovery.find(ref.apiVersion, ref.kind) === void 0) return void 0;
      const doing = `get ${describeRef(ref)}`;
      return unlessMissing(call(doing, "GET", await pathTo(ref, doing), withSignal(signal2)));
    },
    async list(query, signal2) {
      const resource = await discovery.find(query.apiVersion, query.kind);
      if (resource === void 0) return [];
      return listAll(query, resource, signal2);
    },
    async apply(object, { force = true, dryRun = false, signal: signal2 } = {}) {
      const ref = { ...object, ...object.metadata };
      const doing = `apply ${describeRef(ref)}`;
      const query = new URLSearchParams({ fieldManager, force: String(force) });
      if (dryRun) query.set("dryRun", "All");
      const path = await pathTo({ apiVersion: object.apiVersion, kind: object.kind, ...nameOf(object) }, doing);
      const answer = await call(doing, "PATCH", `${path}?${query}`, {
        headers: { "Content-Type": "application/apply-patch+yaml" },
        body: JSON.stringify(object),
        ...withSignal(signal2)
      });
      return answer;
    },
    async create(object, signal2) {
      const doing = `create ${describeRef({ kind: object.kind, ...nameOf(object) })}`;
      const resource = await discovery.find(object.apiVersion, object.kind);
      if (resource === void 0) throw unknownKind({ ...object, ...nameOf(object) }, doing);
      const path = `${collection(resource, object.metadata.namespace)}?fieldManager=${fieldManager}`;
      const body = JSON.stringify(object);
      return await call(doing, "POST", path, {
        headers: { "Content-Type": "application/json" },
        body,
        ...withSignal(signal2)
      });
    },
    async patch(ref, patch, signal2) {
      const doing = `patch ${describeRef(ref)}`;
      return await call(doing, "PATCH", `${await pathTo(ref, doing)}?fieldManager=${fieldManager}`, {
        headers: { "Content-Type": "application/merge-patch+json" },
        body: JSON.stringify(patch),
        ...withSignal(signal2)
      });
    },
    async remove(ref, { gracePeriodSeconds, propagation, uid, signal: signal2 } = {}) {
      if (await discovery.find(ref.apiVersion, ref.kind) === void 0) return false;
      const doing = `delete ${describeRef(ref)}`;
      const answer = call(doing, "DELETE", await pathTo(ref, doing), {
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({
          ...gracePeriodSeconds === void 0 ? {} : { gracePeriodSeconds },
          ...propagation === void 0 ? {} : { propagationPolicy: propagation },
          ...uid === void 0 ? {} : { preconditions: { uid } }
        }),
        ...withSignal(signal2)
      });
      return await unlessMissing(answer) !== void 0;
    },
    allowed: (access2, signal2) => reviewAccess(access2, signal2),
    raw: send,
    close: transport.close
  };
  async function listAll(query, resource, signal2) {
    const doing = `list ${resource.plural}${query.namespace === void 0 ? "" : ` in ${query.namespace}`}`;
    const objects = [];
    let next;
    do {
      const parameters = new URLSearchParams({ limit: String(pageSize) });
      if (query.labelSelector !== void 0) parameters.set("labelSelector", query.labelSelector);
      if (query.fieldSelector !== void 0) parameters.set("fieldSelector", query.fieldSelector);
      if (next !== void 0) parameters.set("continue", next);
      const path = `${collection(resource, query.namespace)}?${parameters}`;
      const page = await call(doing, "GET", path, withSignal(signal2));
      for (const item of page.items) {
        objects.push({ apiVersion: query.apiVersion, kind: query.kind, ...item });
      }
      next = page.metadata.continue || void 0;
    } while (next !== void 0);
    return objects;
  }
  async function reviewAccess(access2, signal2) {
    const review = await call("ask what is allowed", "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes: access2 }
      }),
      ...withSignal(signal2)
    });
    return review.status?.allowed === true;
  }
  return cluster;
}
function collection(resource, namespace2) {
  const root = groupOf(resource.apiVersion) === "" ? "/api" : "/apis";
  const space = resource.namespaced && namespace2 !== void 0 ? `/namespaces/${encodeURIComponent(namespace2)}` : "";
  return `${root}/${resource.apiVersion}${space}/${resource.plural}`;
}
function nameOf(object) {
  const { name, namespace: namespace2 } = object.metadata;
  return namespace2 === void 0 ? { name } : { name, namespace: namespace2 };
}
var withSignal = (signal2) => signal2 === void 0 ? {} : { signal: signal2 };
function parse(body) {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return void 0;
  }
}
function refusal(doing, status, json, body) {
  const answer = json ?? {};
  const said = answer.kind === "Status" ? answer.message : body.toString("utf8", 0, 300).trim();
  const hint = status === 401 ? "the API server does not accept these credentials; log in again" : status === 403 ? "the message names the missing verb and resource; the README lists the rights that knistio needs" : void 0;
  return new ApiError(`${doing}: ${said || `HTTP ${status}`}`, {
    status,
    ...answer.reason === void 0 ? {} : { reason: answer.reason },
    ...hint === void 0 ? {} : { hint }
  });
}
function unknownKind(ref, doing) {
  return new ApiError(`${doing}: the cluster does not know the kind ${ref.kind} of ${ref.apiVersion}`, {
    status: 404,
    hint: "its CustomResourceDefinition is not installed"
  });
}
async function unlessMissing(answer) {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return void 0;
    throw error;
  }
}

// src/measure/client-clock.ts
function anchorClock() {
  const before = Date.now();
  let now2 = before;
  while (now2 === before) now2 = Date.now();
  return BigInt(now2) * 1000000n - process.hrtime.bigint();
}

// src/measure/observer.ts
import { Worker } from "node:worker_threads";
async function startObserver(order2, host) {
  const worker = new Worker(host.threadUrl, { workerData: order2 });
  const post = (message) => worker.postMessage(message);
  const answers = /* @__PURE__ */ new Map();
  let lastId = 0;
  let onReady = () => {
  };
  let onStopped = () => {
  };
  let onFailed = () => {
  };
  const ready = new Promise((resolve) => {
    onReady = resolve;
  });
  const stopped = new Promise((resolve) => {
    onStopped = resolve;
  });
  const failure = new Promise((_, reject) => {
    onFailed = reject;
  });
  failure.catch(() => {
  });
  worker.on("message", (message) => {
    switch (message.kind) {
      case "entry":
        host.onEntry(message.entry);
        return;
      case "ready":
        onReady();
        return;
      case "answer":
        answers.get(message.id)?.(message.times);
        answers.delete(message.id);
        return;
      case "renew":
        host.renew().then((connection) => post({ kind: "credentials", connection }), onFailed);
        return;
      case "failed":
        onFailed(new ClusterError(message.message, message.hint === void 0 ? {} : { hint: message.hint }));
        return;
      case "stopped":
        onStopped();
    }
  });
  worker.on("error", onFailed);
  worker.on("exit", () => {
    onStopped();
    onFailed(new Error("the observer's thread ended"));
  });
  await Promise.race([ready, failure]);
  return {
    failure,
    request(requestOrder) {
      const id = ++lastId;
      const answer = new Promise((resolve) => answers.set(id, resolve));
      post({ kind: "request", id, order: requestOrder });
      return Promise.race([answer, failure]);
    },
    async stop() {
      post({ kind: "stop" });
      await stopped;
      await worker.terminate();
    }
  };
}

// src/measure/live-state.ts
function openLiveState() {
  const known = /* @__PURE__ */ new Map();
  const listeners = /* @__PURE__ */ new Set();
  const ofKind = (kind) => {
    const objects = known.get(kind) ?? /* @__PURE__ */ new Map();
    known.set(kind, objects);
    return objects;
  };
  const keyOf = ({ metadata }) => metadata.uid ?? metadata.name;
  const state2 = {
    add(entry) {
      if (entry.kind !== "watch" && entry.kind !== "listed" || entry.watch === "events") return;
      const objects = ofKind(entry.watch);
      if (entry.kind === "listed") {
        objects.clear();
        for (const object of entry.objects) objects.set(keyOf(object), object);
      } else if (entry.type === "DELETED") objects.delete(keyOf(entry.object));
      else objects.set(keyOf(entry.object), entry.object);
      for (const listener of [...listeners]) listener();
    },
    objects: (kind) => [...ofKind(kind).values()],
    until(look, { timeoutMs, signal: signal2, onTimeout }) {
      return new Promise((resolve, reject) => {
        const finish = (settle) => {
          listeners.delete(check);
          clearTimeout(timer);
          signal2.removeEventListener("abort", onAbort);
          settle();
        };
        const check = () => {
          try {
            const found = look(state2);
            if (found !== void 0) finish(() => resolve(found));
          } catch (error) {
            finish(() => reject(error));
          }
        };
        const onAbort = () => finish(() => reject(signal2.reason));
        const timer = setTimeout(() => finish(() => reject(onTimeout(state2))), timeoutMs);
        signal2.addEventListener("abort", onAbort);
        listeners.add(check);
        if (signal2.aborted) onAbort();
        else check();
      });
    }
  };
  return state2;
}

// src/timing/interval.ts
function intersect(a, b) {
  const lo = a.lo > b.lo ? a.lo : b.lo;
  const hi = a.hi < b.hi ? a.hi : b.hi;
  return lo <= hi ? { lo, hi } : void 0;
}
var middle = ({ lo, hi }) => lo + (hi - lo) / 2n;
var contains = ({ lo, hi }, point) => lo <= point && point <= hi;

// src/timing/offsets.ts
var driftNsPerSecond = 20000n;
function openOffsets() {
  const offsets = /* @__PURE__ */ new Map();
  return {
    of: (clock) => offsets.get(clock),
    narrow(clock, bounds, method) {
      const known = offsets.get(clock);
      const both = known === void 0 ? bounds : intersect(known.bounds, bounds);
      if (both === void 0) return false;
      offsets.set(clock, { bounds: both, method: joinMethods(known?.method, method) });
      return true;
    },
    replace: (clock, bounds, method) => void offsets.set(clock, { bounds, method }),
    age(elapsedNs) {
      const drift = elapsedNs * driftNsPerSecond / 1000000000n;
      for (const [clock, { bounds, method }] of offsets) {
        offsets.set(clock, { bounds: { lo: bounds.lo - drift, hi: bounds.hi + drift }, method });
      }
    },
    known: () => [...offsets.keys()]
  };
}
function joinMethods(known, method) {
  if (known === void 0) return method;
  return known.split(" + ").includes(method) ? known : `${known} + ${method}`;
}
function onClientClock(time, offset) {
  return { lo: time.lo - offset.hi, hi: time.hi - offset.lo };
}
function pointOnClientClock(time, offset) {
  return middle(time) - middle(offset);
}

// src/timing/instants.ts
var unknownOffset = { lo: -86400000000000n, hi: 86400000000000n };
function placeFact(name, fact, placing) {
  if (fact === void 0) return void 0;
  const { reading, status, receivedAt } = fact;
  const claims = [];
  if (reading !== void 0) {
    const early = { lo: reading.bounds.lo - placing.eventLagNs, hi: reading.bounds.hi };
    claims.push({ bounds: onClientClock(early, offsetOf(reading.clock, placing)), source: reading.source });
  }
  if (receivedAt !== void 0) {
    const lo = reading === void 0 ? receivedAt - placing.watchLagNs : receivedAt - unknownOffset.hi;
    claims.push({ bounds: { lo, hi: receivedAt }, source: "watch" });
  }
  if (status !== void 0) {
    claims.push({ bounds: onClientClock(status.bounds, offsetOf(status.clock, placing)), source: "status" });
  }
  const first = claims[0];
  if (first === void 0) return void 0;
  let bounds = first.bounds;
  for (const claim of claims.slice(1)) {
    const both = intersect(bounds, claim.bounds);
    if (both === void 0) {
      placing.findings.push(contradiction(name, first.source, claim.source));
      return void 0;
    }
    bounds = both;
  }
  const guess = reading === void 0 ? middle(bounds) : pointOnClientClock(reading.bounds, offsetOf(reading.clock, placing));
  const point = contains(bounds, guess) ? guess : middle(bounds);
  return { bounds, point, source: first.source, ...reading === void 0 ? {} : { reading } };
}
var offsetOf = (clock, placing) => placing.offsets.of(clock)?.bounds ?? unknownOffset;
function contradiction(name, one, other) {
  return {
    code: "unresolved",
    message: `${name}: ${one} and ${other} contradict each other`,
    hint: "a clock was set during the run, or a source does not mean what knistio takes it for"
  };
}
function clientInstant(at, loopNs = 500000n) {
  return { bounds: { lo: at - loopNs, hi: at + loopNs }, point: at, source: "client" };
}
function durationBetween(from, to, eventLagNs2) {
  const bounds = { lo: to.bounds.lo - from.bounds.hi, hi: to.bounds.hi - from.bounds.lo };
  if (from.reading === void 0 || from.reading.clock !== to.reading?.clock) return bounds;
  const sameClock = {
    lo: to.reading.bounds.lo - from.reading.bounds.hi - eventLagNs2,
    hi: to.reading.bounds.hi - from.reading.bounds.lo + eventLagNs2
  };
  return intersect(bounds, sameClock) ?? bounds;
}

// src/timing/critical-path.ts
function criticalPath(pod, around, placing) {
  const place = (name, receivedAt) => placeFact(name, receivedAt === void 0 ? void 0 : { receivedAt }, placing);
  const steps = [
    { instant: "request-sent", at: clientInstant(around.sentAt) },
    { instant: "scaled", phase: "activation", at: place("scaled", around.scaledReceivedAt) }
  ];
  if (pod !== void 0) {
    steps.push({ instant: "pod-created", phase: "pod-creation", at: placeFact("pod-created", pod.created, placing) });
    const scheduled = pod.scheduled?.reading === void 0 ? pod.bound : pod.scheduled;
    steps.push({ instant: "scheduled", phase: "scheduling", at: placeFact("scheduled", scheduled, placing) });
    steps.push(...containerSteps(pod.containers, placing));
  }
  steps.push(...answerSteps(pod, around, placing));
  return holdOrder(steps, placing.findings);
}
function containerSteps(containers, placing) {
  const steps = [];
  let phaseBefore = "sandbox";
  for (const container of containers) {
    const { name } = container;
    const add2 = (what, phase, fact) => steps.push({ instant: `${what}:${name}`, phase, at: placeFact(`${what}:${name}`, fact, placing) });
    if (container.pulling !== void 0) {
      add2("pulling", phaseBefore ?? `start-${name}`, container.pulling);
      add2("pulled", `pull-${name}`, container.pulled);
    } else if (phaseBefore !== void 0) add2("pulled", phaseBefore, container.pulled);
    add2("started", `start-${name}`, container.started);
    phaseBefore = void 0;
    if (container.role === "init") {
      add2("finished", `run-${name}`, container.finished);
      phaseBefore = `notice-${name}`;
    } else if (container.role === "sidecar") {
      add2("startup-passed", `startup-${name}`, container.startupPassed);
      phaseBefore = `notice-${name}`;
    } else if (container.holdsNext) phaseBefore = `post-start-${name}`;
  }
  return steps;
}
function answerSteps(pod, around, placing) {
  const firstByte = clientInstant(around.firstByteAt);
  const last = { instant: "last-byte", phase: "response", at: clientInstant(around.lastByteAt) };
  const ready = placeFact("pod-ready", pod?.ready, placing);
  const endpoint = placeFact("endpoint-ready", received(around.endpointReceivedAt), placing);
  const isWaitedFor = ready !== void 0 && endpoint !== void 0 && endpoint.point < firstByte.point;
  if (!isWaitedFor) return [{ instant: "first-byte", phase: "probing", at: firstByte }, last];
  return [
    { instant: "pod-ready", phase: "readiness", at: ready },
    { instant: "endpoint-ready", phase: "endpoint", at: endpoint },
    { instant: "first-byte", phase: "routing", at: firstByte },
    last
  ];
}
var received = (receivedAt) => receivedAt === void 0 ? void 0 : { receivedAt };
function holdOrder(steps, findings) {
  const cut = (step, limits) => {
    if (step.at === void 0) return step;
    const bounds = intersect(step.at.bounds, limits);
    if (bounds === void 0) {
      findings.push({
        code: "unresolved",
        message: `${step.instant} lies outside of what comes before and after it`,
        hint: "the order of causes is not as knistio takes it, or a clock was set during the run"
      });
      return { ...step, at: void 0 };
    }
    const point = step.at.point < bounds.lo || step.at.point > bounds.hi ? middle(bounds) : step.at.point;
    return { ...step, at: { ...step.at, bounds, point } };
  };
  const max = 2n ** 63n;
  let lo = -max;
  const forward = steps.map((step) => {
    const next = cut(step, { lo, hi: max });
    if (next.at !== void 0) lo = next.at.bounds.lo;
    return next;
  });
  let hi = max;
  const backward = forward.reverse().map((step) => {
    const next = cut(step, { lo: -max, hi });
    if (next.at !== void 0) hi = next.at.bounds.hi;
    return next;
  });
  return backward.reverse();
}

// src/timing/measured.ts
var bluntness = ["client", "event-name", "event-time", "watch", "status", "order"];
function blunter(a, b) {
  return bluntness.indexOf(a) > bluntness.indexOf(b) ? a : b;
}
function toMs(ns) {
  return Math.round(Number(ns) / 1e3) / 1e3;
}
function measureInstant(at, origin) {
  return {
    ms: toMs(at.point - origin),
    loMs: toMs(at.bounds.lo - origin),
    hiMs: toMs(at.bounds.hi - origin),
    source: at.source
  };
}
function measureDuration(from, to, eventLagNs2) {
  return measured(to.point - from.point, durationBetween(from, to, eventLagNs2), blunter(from.source, to.source));
}
function measured(point, { lo, hi }, source) {
  return { ms: toMs(point), loMs: toMs(lo), hiMs: toMs(hi), source };
}
function phasesOf(steps, eventLagNs2) {
  const phases = {};
  const unattributed = { ms: 0, loMs: 0, hiMs: 0, source: "client" };
  let before;
  let isGap = false;
  for (const { at, phase } of steps) {
    if (at === void 0) {
      isGap = true;
      continue;
    }
    if (before !== void 0 && phase !== void 0) {
      const duration = measureDuration(before, at, eventLagNs2);
      if (isGap) {
        unattributed.ms = Math.round((unattributed.ms + duration.ms) * 1e3) / 1e3;
        unattributed.loMs += duration.loMs;
        unattributed.hiMs += duration.hiMs;
        unattributed.source = blunter(unattributed.source, duration.source);
      } else phases[phase] = duration;
    }
    before = at;
    isGap = false;
  }
  return { ...phases, unattributed };
}

// src/timing/timestamp.ts
var rfc3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;
function parseTime(text) {
  const match = rfc3339.exec(text ?? "");
  if (match === null) return void 0;
  const [, seconds, fraction = "", zone] = match;
  const wholeMs = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(wholeMs)) return void 0;
  return BigInt(wholeMs) * 1000000n + BigInt(fraction.padEnd(9, "0"));
}
function formatTime(ns) {
  const second = ns / 1000000000n;
  const fraction = (ns % 1000000000n).toString().padStart(9, "0");
  return `${new Date(Number(second) * 1e3).toISOString().slice(0, 19)}.${fraction}Z`;
}
function eventNameTime(name, firstTimestamp) {
  const hex = name.slice(name.lastIndexOf(".") + 1);
  if (!/^[0-9a-f]{15,16}$/.test(hex)) return void 0;
  const ns = BigInt(`0x${hex}`);
  const first = parseTime(firstTimestamp);
  if (first === void 0 || ns / 1000000000n !== first / 1000000000n) return void 0;
  return ns;
}

// src/timing/pod-facts.ts
var secondNs = 1000000000n;
var microNs = 1000n;
var nodeClock = (node) => `node/${node}`;
var apiServerClock = "apiserver";
var schedulerClock = "scheduler";
function collectPodFacts(pods, events) {
  const inOrder = [...pods].sort((a, b) => a.at < b.at ? -1 : a.at > b.at ? 1 : 0);
  const last = inOrder.at(-1)?.object;
  const first = inOrder[0];
  if (last === void 0 || first === void 0) return void 0;
  const node = inOrder.map(({ object }) => object.spec.nodeName).find(Boolean) ?? void 0;
  const facts = {
    name: last.metadata.name,
    uid: last.metadata.uid ?? "",
    ...node === void 0 ? {} : { node },
    containers: containersOf(last),
    created: { ...statusReading(apiServerClock, last.metadata.creationTimestamp), receivedAt: first.at },
    firstSeenAt: first.at
  };
  const clock = nodeClock(node ?? "?");
  for (const sighting of inOrder) readPod(facts, sighting, clock);
  for (const sighting of events) readEvent(facts, sighting, clock);
  return facts;
}
function containersOf(pod) {
  const facts = (spec, role) => ({
    name: spec.name,
    role,
    ...spec.image === void 0 ? {} : { image: spec.image },
    holdsNext: spec.lifecycle?.postStart !== void 0
  });
  return [
    ...(pod.spec.initContainers ?? []).map((spec) => facts(spec, spec.restartPolicy === "Always" ? "sidecar" : "init")),
    ...pod.spec.containers.map((spec) => facts(spec, "app"))
  ];
}
function readPod(facts, { at, object }, clock) {
  const pod = object;
  if (pod.metadata.deletionTimestamp !== void 0) return;
  if (pod.spec.nodeName !== void 0) facts.bound ??= { receivedAt: at };
  const condition = (type) => pod.status?.conditions?.find((each) => each.type === type);
  const scheduled = condition("PodScheduled");
  if (scheduled?.status === "True" && facts.bound !== void 0) {
    Object.assign(facts.bound, statusReading(apiServerClock, scheduled.lastTransitionTime));
  }
  const ready = condition("Ready");
  if (ready?.status === "True" && facts.ready === void 0) {
    facts.ready = { receivedAt: at, ...statusReading(clock, ready.lastTransitionTime) };
    facts.readyAt = at;
  }
  const statuses = [...pod.status?.initContainerStatuses ?? [], ...pod.status?.containerStatuses ?? []];
  for (const status of statuses) {
    const container = facts.containers.find(({ name }) => name === status.name);
    if (container !== void 0) readStatus(container, status, at, clock);
    const waiting = status.state?.waiting;
    if (waiting?.reason !== void 0 && !["ContainerCreating", "PodInitializing"].includes(waiting.reason)) {
      facts.trouble = `${status.name}: ${waiting.reason}${waiting.message ? `: ${waiting.message}` : ""}`;
    }
  }
}
function readStatus(container, status, at, clock) {
  container.firstStatusAt ??= at;
  if (status.imageID) container.imageId = status.imageID;
  container.restarts = status.restartCount ?? 0;
  const { running, terminated } = status.state ?? {};
  const startedAt = running?.startedAt ?? terminated?.startedAt;
  if (startedAt !== void 0 && (status.restartCount ?? 0) === 0) {
    container.started = earliest(container.started, { receivedAt: at, ...statusReading(clock, startedAt) });
  }
  if (container.role === "sidecar" && status.started === true) container.startupPassed ??= { receivedAt: at };
  if (container.role === "init" && terminated?.exitCode === 0) {
    container.finished ??= { receivedAt: at, ...statusReading(clock, terminated.finishedAt) };
  }
  if (status.ready === true) container.ready ??= { receivedAt: at };
  if (status.ready === true || container.role !== "app" && terminated !== void 0) container.settledAt ??= at;
}
var kubeletReasons = { Pulling: "pulling", Pulled: "pulled", Created: "created", Started: "started" };
function readEvent(facts, { at, object }, clock) {
  const event = object;
  if (event.reason === "Scheduled") {
    const time2 = parseTime(event.eventTime);
    const reading = time2 === void 0 ? void 0 : { clock: schedulerClock, bounds: { lo: time2, hi: time2 + microNs }, source: "event-time" };
    facts.scheduled = earliest(facts.scheduled, { receivedAt: at, ...reading === void 0 ? {} : { reading } });
    return;
  }
  if (event.reason === "Failed" || event.reason === "FailedCreatePodSandBox" || event.reason === "FailedScheduling") {
    facts.trouble = `${event.reason}: ${event.message ?? ""}`;
  }
  const key = kubeletReasons[event.reason];
  const name = /\{(.+)\}$/.exec(event.involvedObject?.fieldPath ?? "")?.[1];
  const container = facts.containers.find((each) => each.name === name);
  if (key === void 0 || container === void 0) return;
  const time = eventNameTime(object.metadata.name, event.firstTimestamp);
  const second = parseTime(event.firstTimestamp);
  const fact = { receivedAt: at };
  if (time !== void 0) fact.reading = { clock, bounds: { lo: time, hi: time }, source: "event-name" };
  else if (second !== void 0) {
    fact.status = { clock, bounds: { lo: second, hi: second + secondNs }, source: "status" };
  }
  const known = container[key];
  const isRepeated = known?.reading !== void 0 && time !== void 0 && known.reading.bounds.lo <= time;
  if (!isRepeated) container[key] = earliest(known, fact);
}
function statusReading(clock, text) {
  const time = parseTime(text);
  return time === void 0 ? {} : { status: { clock, bounds: { lo: time, hi: time + secondNs }, source: "status" } };
}
function earliest(known, next) {
  if (known === void 0) return next;
  const merged = { ...next, ...known };
  if (next.reading !== void 0) merged.reading = next.reading;
  if (known.receivedAt !== void 0 && next.receivedAt !== void 0 && next.receivedAt < known.receivedAt) {
    merged.receivedAt = next.receivedAt;
  }
  return merged;
}

// src/timing/spans.ts
function talkSpans(pod, answeredAt) {
  const spans = {};
  if (pod.firstSeenAt !== void 0) {
    const isStopped = answeredAt !== void 0 && (pod.readyAt === void 0 || answeredAt < pod.readyAt);
    const to = isStopped ? answeredAt : pod.readyAt;
    if (to !== void 0) {
      spans.pod_creating = { from: pod.firstSeenAt, to, endedBy: isStopped ? "request-end" : "ready" };
    }
  }
  for (const { name, role, firstStatusAt, settledAt } of pod.containers) {
    if (firstStatusAt === void 0 || settledAt === void 0) continue;
    spans[`container_startup_${name}`] = {
      from: firstStatusAt,
      to: settledAt,
      endedBy: role === "init" ? "terminated" : "ready"
    };
  }
  return spans;
}

// src/timing/cold-start.ts
var eventLagNs = 30000000n;
var receiptMs = 1;
var revisionLabel = "serving.knative.dev/revision";
var serviceLabel = "kubernetes.io/service-name";
function foldColdStart(record2, context) {
  const { sample, request } = record2;
  const sightings = sightingsOf(record2);
  const pods = newPods(record2, sightings, context.earlierPods);
  const pod = pods[0];
  const sentAt = BigInt(request?.sentAt ?? request?.connectStartedAt ?? sample.at);
  const findings = [];
  const scaledAt = scaleUpReceipt(sightings.deployments);
  narrowClocks(pods, sentAt, context.offsets, findings);
  const proof = prove(record2, { sentAt, scaledAt, pods });
  const result = {
    round: sample.round,
    ...proof,
    counted: false,
    requestSentAt: formatTime(sentAt),
    ...request === void 0 ? {} : { response: responseOf(request) },
    pods: pods.map(summarize),
    instants: {},
    phases: {},
    spans: {},
    findings,
    events: countEvents(pod)
  };
  const around = aroundOf(request, sentAt, scaledAt, endpointReceipt(sightings.endpointslices, pods));
  if (around !== void 0) {
    const placing = { offsets: context.offsets, watchLagNs: context.watchLagNs, eventLagNs, findings };
    const steps = criticalPath(pod, around, placing);
    for (const { instant, at } of steps) if (at) result.instants[instant] = measureInstant(at, sentAt);
    result.phases = phasesOf(steps, eventLagNs);
    result.total = exact(around.sentAt, around.lastByteAt, 0.5, "client");
    if (around.endpointReceivedAt !== void 0) {
      result.spans.endpoint_wait = exact(around.sentAt, around.endpointReceivedAt, receiptMs, "watch");
    }
  }
  if (pod !== void 0) {
    const answeredAt = request?.lastByteAt === void 0 ? void 0 : BigInt(request.lastByteAt);
    for (const [name, span] of Object.entries(talkSpans(pod, answeredAt))) {
      result.spans[name] = exact(span.from, span.to, receiptMs, "watch");
    }
  }
  if (record2.hasGap) {
    findings.push({ code: "watch-gap", message: "a watch lost its place during this sample; events may be missing" });
  }
  return decideCounting(result, pod);
}
function decideCounting(result, pod) {
  const unresolved = result.findings.find(({ code }) => code === "unresolved");
  if (result.outcome === "cold" && unresolved !== void 0) {
    result.outcome = "unresolved";
    result.reason = unresolved.message;
  }
  const pulled = pod?.containers.filter(({ pulling }) => pulling !== void 0).map(({ name }) => name) ?? [];
  if (result.outcome !== "cold") return result;
  if (result.round === 0) result.reason = "first after the install: kept apart";
  else if (pulled.length > 0) result.reason = `image pulled for ${pulled.join(", ")}: kept apart`;
  else result.counted = true;
  return result;
}
function prove({ sample, request }, seen) {
  const because = (outcome, reason) => ({ outcome, reason });
  if (sample.podsBefore.length > 0) {
    return because("warm", `${sample.podsBefore.length} pod(s) of the revision were there before the request`);
  }
  if (sample.replicasBefore !== void 0 && sample.replicasBefore > 0) {
    return because("warm", `the Deployment asked for ${sample.replicasBefore} pod(s) before the request`);
  }
  if (request === void 0) return because("unresolved", "the run ended before the request was answered");
  if (request.error !== void 0) return because("failed", withTrouble(request.error, seen.pods));
  if (request.status !== 200) return because("failed", withTrouble(`the answer was HTTP ${request.status}`, seen.pods));
  if (request.bodyMatches !== true) return because("failed", `the answer is not the service's: ${request.body ?? ""}`);
  if (seen.scaledAt !== void 0 && seen.scaledAt < seen.sentAt) {
    return because("warm", "the Deployment was scaled up before the request was sent");
  }
  if (sample.replicasBefore === void 0) return because("unresolved", "the Deployment was not seen at zero");
  if (seen.scaledAt === void 0) return because("unresolved", "the Deployment was not seen to scale up");
  if (seen.pods.length === 0) return because("unresolved", "no new pod was seen");
  return { outcome: "cold" };
}
var withTrouble = (what, pods) => {
  const trouble = pods.map((pod) => pod.trouble).find((text) => text !== void 0);
  return trouble === void 0 ? what : `${what} (${trouble})`;
};
function sightingsOf({ watched, revision }) {
  const sightings = { pods: [], events: [], deployments: [], endpointslices: [] };
  for (const { watch, at, type, object } of watched) {
    if (watch === "podautoscalers") continue;
    const labels = object.metadata.labels ?? {};
    const isOurs = watch === "events" || labels[revisionLabel] === revision || watch === "endpointslices" && labels[serviceLabel] === `${revision}-private`;
    if (isOurs) sightings[watch].push({ at: BigInt(at), type, object });
  }
  return sightings;
}
function newPods({ sample }, { pods, events }, earlier) {
  const uids = [...new Set(pods.map(({ object }) => object.metadata.uid ?? ""))].filter(
    (uid) => !sample.podsBefore.includes(uid) && !earlier.has(uid)
  );
  const facts = uids.map(
    (uid) => collectPodFacts(
      pods.filter(({ object }) => object.metadata.uid === uid),
      events.filter(({ object }) => object.involvedObject?.uid === uid)
    )
  );
  const seenAt = (pod) => pod.firstSeenAt ?? 0n;
  return facts.filter((pod) => pod !== void 0).sort((a, b) => seenAt(a) < seenAt(b) ? -1 : seenAt(a) > seenAt(b) ? 1 : 0);
}
function scaleUpReceipt(deployments) {
  const replicas = (object) => object.spec?.replicas ?? 0;
  const receipts = deployments.filter(({ object }) => replicas(object) > 0).map(({ at }) => at);
  return earliestOf(receipts);
}
function endpointReceipt(slices, pods) {
  const uids = new Set(pods.map(({ uid }) => uid));
  const isReady = ({ conditions, targetRef }) => conditions?.ready === true && targetRef?.uid !== void 0 && uids.has(targetRef.uid);
  const receipts = slices.filter(({ object }) => (object.endpoints ?? []).some(isReady)).map(({ at }) => at);
  return earliestOf(receipts);
}
var earliestOf = (times) => times.reduce((a, b) => a === void 0 || b < a ? b : a, void 0);
function narrowClocks(pods, sentAt, offsets, findings) {
  for (const pod of pods) {
    const facts = [pod.created, pod.bound, pod.scheduled, pod.ready];
    for (const each of pod.containers) {
      facts.push(each.pulling, each.pulled, each.created, each.started, each.finished);
    }
    for (const fact of facts) {
      for (const reading of [fact?.reading, fact?.status]) {
        if (reading === void 0 || fact?.receivedAt === void 0) continue;
        const bounds = { lo: reading.bounds.lo - fact.receivedAt, hi: reading.bounds.hi - sentAt };
        if (offsets.narrow(reading.clock, bounds, "causes")) continue;
        findings.push({
          code: "clock-moved",
          message: `the clock of ${reading.clock} does not agree with what was known of it`,
          hint: "a clock was set or drifts; times that cross clocks are wider from here on"
        });
        offsets.replace(reading.clock, bounds, "causes");
      }
    }
  }
}
function aroundOf(request, sentAt, scaledReceivedAt, endpointReceivedAt) {
  if (request?.firstByteAt === void 0 || request.lastByteAt === void 0) return void 0;
  return {
    sentAt,
    firstByteAt: BigInt(request.firstByteAt),
    lastByteAt: BigInt(request.lastByteAt),
    ...scaledReceivedAt === void 0 ? {} : { scaledReceivedAt },
    ...endpointReceivedAt === void 0 ? {} : { endpointReceivedAt }
  };
}
function exact(from, to, plusMinusMs, source) {
  const ms = toMs(to - from);
  const round = (value) => Math.round(value * 1e3) / 1e3;
  return { ms, loMs: round(ms - plusMinusMs), hiMs: round(ms + plusMinusMs), source };
}
function responseOf(request) {
  const { status, bodyMatches, error, server, connectStartedAt, connectedAt } = request;
  return {
    ...status === void 0 ? {} : { status },
    ...bodyMatches === void 0 ? {} : { bodyMatches },
    ...error === void 0 ? {} : { error },
    ...connectedAt === void 0 ? {} : { connectMs: toMs(BigInt(connectedAt) - BigInt(connectStartedAt)) },
    ...server === void 0 ? {} : { server }
  };
}
function summarize(pod) {
  return {
    name: pod.name,
    uid: pod.uid,
    ...pod.node === void 0 ? {} : { node: pod.node },
    containers: pod.containers.map(({ name, role, image, imageId, restarts }) => ({
      name,
      role,
      ...image === void 0 ? {} : { image },
      ...imageId === void 0 ? {} : { imageId },
      ...restarts === void 0 ? {} : { restarts }
    }))
  };
}
function countEvents(pod) {
  if (pod === void 0) return { seen: 0, expected: 0 };
  const facts = pod.containers.flatMap(({ pulled, created, started }) => [pulled, created, started]);
  const seen = [pod.scheduled, ...facts].filter((fact) => fact?.reading !== void 0).length;
  return { seen, expected: 1 + facts.length };
}

// src/timing/report-builder.ts
var defaultWatchLagNs = 50000000n;
var lagWindow = 30;
function openReportBuilder() {
  const offsets = openOffsets();
  const earlierPods = /* @__PURE__ */ new Set();
  const findings = [];
  const profiles = [];
  const lagsNs = [];
  const counts = { watchEvents: 0, reconnects: 0, gaps: 0 };
  const spent = { installMs: 0, deployMs: 0, waitForZeroMs: 0, coldStartMs: 0 };
  let run;
  let end;
  let observer2;
  let open;
  let current;
  let agedAt;
  let lastAt = "0";
  function closeSample(at) {
    if (current === void 0 || open === void 0) return;
    const now2 = BigInt(at);
    if (agedAt !== void 0 && now2 > agedAt) offsets.age(now2 - agedAt);
    agedAt = now2;
    open.result.coldStarts.push(foldColdStart(current, { offsets, watchLagNs: watchLag(), earlierPods }));
    const { request, watched } = current;
    for (const { watch, object } of watched) {
      if (watch === "pods" && object.metadata.uid !== void 0) earlierPods.add(object.metadata.uid);
    }
    if (request?.sentAt !== void 0 && request.lastByteAt !== void 0) {
      spent.coldStartMs += toMs(BigInt(request.lastByteAt) - BigInt(request.sentAt));
    }
    current = void 0;
  }
  const watchLag = () => {
    const recent = lagsNs.slice(-lagWindow);
    return recent.length === 0 ? defaultWatchLagNs : recent.reduce((a, b) => a > b ? a : b);
  };
  function beginProfile(entry) {
    closeSample(entry.at);
    const { profile: profile2, fingerprint, installMs } = entry;
    let result = profiles.find((each) => each.profile.name === profile2.name);
    if (result === void 0) {
      result = { profile: profile2, fingerprint, coldStarts: [], findings: [] };
      profiles.push(result);
    }
    if (installMs !== void 0) {
      result.installMs = (result.installMs ?? 0) + installMs;
      spent.installMs += installMs;
    }
    spent.deployMs += entry.deployMs ?? 0;
    open = { profile: entry, result };
  }
  function add2(entry) {
    lastAt = entry.at;
    switch (entry.kind) {
      case "run":
        run = entry;
        return;
      case "profile":
        beginProfile(entry);
        return;
      case "sample":
        closeSample(entry.at);
        if (open === void 0) return;
        current = { sample: entry, watched: [], revision: open.profile.revision, hasGap: false };
        return;
      case "request":
        if (current?.sample.round === entry.round) current.request = entry;
        return;
      case "zero":
        spent.waitForZeroMs += entry.waitedMs;
        return;
      case "sample-end":
        closeSample(entry.at);
        return;
      case "watch":
        counts.watchEvents++;
        current?.watched.push(entry);
        return;
      case "listed":
        if (!entry.afterGap) return;
        counts.gaps++;
        if (current !== void 0) current.hasGap = true;
        return;
      case "watch-state":
        counts.reconnects++;
        return;
      case "ping":
        lagsNs.push(BigInt(entry.seenAt) - BigInt(entry.sentAt));
        return;
      case "clock":
        offsets.narrow(entry.clock, { lo: BigInt(entry.loNs), hi: BigInt(entry.hiNs) }, entry.method);
        return;
      case "finding":
        (open?.result.findings ?? findings).push(entry.finding);
        return;
      case "observer":
        observer2 = entry;
        return;
      case "end":
        closeSample(entry.at);
        end = entry;
    }
  }
  function report2() {
    closeSample(lastAt);
    if (run === void 0) throw new Error("a recording begins with its run");
    const { knistio, context, gateway, iterations, simulated } = run;
    return {
      schemaVersion: 1,
      knistio,
      ...simulated === void 0 ? {} : { simulated },
      startedAt: formatTime(BigInt(run.at)),
      ...end === void 0 ? {} : { finishedAt: formatTime(BigInt(end.at)) },
      ...end === void 0 ? { endedBy: "the recording broke off" } : {},
      ...end?.endedBy === void 0 ? {} : { endedBy: end.endedBy },
      cluster: { context, ...gateway === void 0 ? {} : { gateway } },
      iterations,
      profiles,
      clocks: clocksOf(),
      findings,
      overhead: overheadOf(run.at),
      observer: { ...counts, ...observerOf() }
    };
  }
  function clocksOf() {
    return offsets.known().map((clock) => {
      const { bounds, method } = offsets.of(clock) ?? { bounds: { lo: 0n, hi: 0n }, method: "" };
      return { clock, offsetMs: toMs(middle(bounds)), loMs: toMs(bounds.lo), hiMs: toMs(bounds.hi), method };
    });
  }
  function overheadOf(startedAt) {
    const runMs = toMs(BigInt(end?.at ?? lastAt) - BigInt(startedAt));
    const { installMs, deployMs, waitForZeroMs, coldStartMs } = spent;
    const otherMs = runMs - installMs - deployMs - waitForZeroMs - coldStartMs;
    return { runMs, ...spent, otherMs, otherShare: runMs > 0 ? otherMs / runMs : 0 };
  }
  function observerOf() {
    const sorted = [...lagsNs].sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
    const middlePing = sorted[Math.floor(sorted.length / 2)];
    const slowest = sorted.at(-1);
    return {
      ...observer2 === void 0 ? {} : {
        loopDelayP99Ms: observer2.loopDelayP99Ms,
        loopDelayMaxMs: observer2.loopDelayMaxMs,
        maxRssMib: observer2.maxRssMib
      },
      ...middlePing === void 0 ? {} : { pingMedianMs: toMs(middlePing) },
      ...slowest === void 0 ? {} : { pingMaxMs: toMs(slowest) },
      pings: lagsNs.length
    };
  }
  return { add: add2, report: report2 };
}

// src/measure/observer-protocol.ts
var pingAnnotation = "knistio.dev/ping";
var pingPodName = "knistio-ping";

// src/measure/service.ts
var serving = "serving.knative.dev/v1";
var windowSeconds = 6;
function serviceManifest(profile2, order2) {
  const { namespace: namespace2, name, image, target, labels, timeoutSeconds } = order2;
  return {
    apiVersion: serving,
    kind: "Service",
    metadata: { name, namespace: namespace2, labels },
    spec: {
      template: {
        metadata: {
          ...Object.keys(profile2.podLabels).length > 0 ? { labels: profile2.podLabels } : {},
          annotations: {
            "autoscaling.knative.dev/window": `${windowSeconds}s`,
            "autoscaling.knative.dev/max-scale": "1",
            ...profile2.podAnnotations
          }
        },
        spec: {
          timeoutSeconds,
          containers: [{ image, ports: [{ containerPort: 8080 }], env: [{ name: "TARGET", value: target }] }]
        }
      }
    }
  };
}
function pingManifest(order2) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: pingPodName,
      namespace: order2.namespace,
      labels: { ...order2.labels, "sidecar.istio.io/inject": "false" },
      annotations: { [pingAnnotation]: "0", "sidecar.istio.io/inject": "false" }
    },
    spec: {
      schedulingGates: [{ name: "knistio.dev/never" }],
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "ping", image: order2.image }]
    }
  };
}
async function deployService(cluster, manifest, options) {
  const { timeoutMs, signal: signal2, pause: pause3 = sleep } = options;
  const ref = { apiVersion: serving, kind: "Service", ...manifest.metadata };
  const created = await cluster.apply(manifest, { signal: signal2 });
  const generation = created.metadata.generation ?? 1;
  const deadline = performance.now() + timeoutMs;
  for (; ; ) {
    signal2.throwIfAborted();
    const service2 = await cluster.get(ref, signal2);
    const status = service2?.status ?? {};
    const ready = status.conditions?.find(({ type }) => type === "Ready");
    const isCurrent = (status.observedGeneration ?? 0) >= generation;
    const revision = status.latestReadyRevisionName;
    if (isCurrent && ready?.status === "True" && status.url && revision && revision === status.latestCreatedRevisionName) {
      return { ref, revision, host: new URL(status.url).host };
    }
    const pods = options.state.objects("pods").filter(({ metadata }) => metadata.namespace === ref.namespace);
    const trouble = pods.map(options.podTrouble).find((text) => text !== void 0);
    const said = ready === void 0 ? "no condition yet" : `${ready.reason ?? ""} ${ready.message ?? ""}`.trim();
    options.onDetail(`service ${ref.namespace}/${ref.name}: ${trouble ?? (said || "waiting for Ready")}`);
    const isHopeless = trouble !== void 0 && hopeless.test(trouble);
    if (isHopeless || performance.now() > deadline) {
      throw new ClusterError(
        `service ${ref.namespace}/${ref.name} ${isHopeless ? "cannot become" : `did not become`} Ready${isHopeless ? "" : ` within ${timeoutMs / 1e3} s`}: ${trouble ?? said}`,
        { hint: hintFor(trouble ?? said) }
      );
    }
    await pause3(200);
  }
}
var hopeless = /ErrImageNeverPull|InvalidImageName|ImagePullBackOff|CreateContainerConfigError/;
function hintFor(reason) {
  if (/image/i.test(reason)) return "give an image that the nodes can pull with --image";
  if (/CrashLoop|exit code/i.test(reason)) return "look at the container's log: `kubectl logs -n NAMESPACE POD -c CONTAINER --previous`";
  if (/schedul|Insufficient/i.test(reason)) return "no node has room for the pod; free resources or use a bigger node";
  return "`kubectl describe ksvc` and the pod's events tell more; --timeout gives it more time";
}
var sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// src/measure/gateway.ts
import { connect as connect2 } from "node:net";
var istioSystem = "istio-system";
var gatewayService = "istio-ingressgateway";
var httpPort = 80;
function describeRoute(route2) {
  return route2.kind === "direct" ? route2.by : "API server's service proxy";
}
async function findGateway(cluster, options) {
  const { given, signal: signal2, canConnect = tcpConnects } = options;
  if (given !== void 0) return { kind: "direct", url: given, by: "given" };
  const service2 = await cluster.get(
    { apiVersion: "v1", kind: "Service", namespace: istioSystem, name: gatewayService },
    signal2
  );
  if (service2 === void 0) {
    throw new ClusterError(`no Service ${istioSystem}/${gatewayService}: the Istio ingress gateway is not there`, {
      hint: "install a profile with the ingress gateway, or give the gateway's address with --gateway URL"
    });
  }
  for (const candidate of [...balancerAddresses(service2), ...await nodeAddresses(cluster, service2, signal2)]) {
    if (await canConnect(candidate.host, candidate.port, signal2)) {
      return { kind: "direct", url: `http://${candidate.host}:${candidate.port}/`, by: candidate.by };
    }
  }
  const path = `/api/v1/namespaces/${istioSystem}/services/http:${gatewayService}:${httpPort}/proxy/`;
  return { kind: "service-proxy", path };
}
function httpPortOf(service2) {
  const { ports = [] } = service2.spec;
  return ports.find(({ port }) => port === httpPort) ?? ports.find(({ name }) => name?.startsWith("http"));
}
function balancerAddresses(service2) {
  const { loadBalancer } = service2.status ?? {};
  const port = httpPortOf(service2)?.port ?? httpPort;
  return (loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => {
    const host = ip ?? hostname;
    return host === void 0 ? [] : [{ host, port, by: "load balancer" }];
  });
}
async function nodeAddresses(cluster, service2, signal2) {
  const port = httpPortOf(service2)?.nodePort;
  if (port === void 0) return [];
  const nodes = await cluster.list({ apiVersion: "v1", kind: "Node" }, signal2);
  return nodes.flatMap((node) => {
    const { addresses = [] } = node.status ?? {};
    return ["ExternalIP", "InternalIP"].flatMap(
      (type) => addresses.filter((address) => address.type === type).map(({ address }) => ({ host: address, port, by: "node port" }))
    );
  });
}
function tcpConnects(host, port, signal2) {
  return new Promise((resolve) => {
    const socket = connect2({ host, port, timeout: 1e3, signal: signal2 });
    const answer = (isThere) => () => {
      socket.destroy();
      resolve(isThere);
    };
    socket.on("connect", answer(true));
    socket.on("timeout", answer(false));
    socket.on("error", answer(false));
  });
}

// src/measure/clock-probe.ts
var secondNs2 = 1000000000n;
async function probeClock(cluster, target, options) {
  const { anchor: anchor2, signal: signal2, now: now2, sleep: sleep2 = pause, probes = 14, enoughNs = 2000000n } = options;
  let bracket;
  for (let count = 0; count < probes && !(bracket !== void 0 && bracket.hi - bracket.lo < enoughNs); count++) {
    if (bracket !== void 0) await sleep2(untilFlip(bracket, now2()));
    const answer = await cluster.raw("GET", target.path, { signal: signal2, timeoutMs: 5e3 });
    const said = answer.headers.date;
    const second = typeof said === "string" ? BigInt(Date.parse(said)) * 1000000n : void 0;
    if (second === void 0 || answer.status >= 500 || answer.status === 403 || answer.status === 404) return void 0;
    const next = { lo: second - (answer.answeredAt + anchor2), hi: second + secondNs2 - (answer.sentAt + anchor2) };
    bracket = bracket === void 0 ? next : tighter(bracket, next);
  }
  if (bracket === void 0) return void 0;
  return {
    kind: "clock",
    clock: target.clock,
    loNs: bracket.lo.toString(),
    hiNs: bracket.hi.toString(),
    method: "http-date"
  };
}
function tighter(a, b) {
  const lo = a.lo > b.lo ? a.lo : b.lo;
  const hi = a.hi < b.hi ? a.hi : b.hi;
  return lo <= hi ? { lo, hi } : b;
}
function untilFlip({ lo, hi }, now2) {
  const there = now2 + (lo + hi) / 2n;
  const waitNs = secondNs2 - (there % secondNs2 + secondNs2) % secondNs2;
  return Number(waitNs) / 1e6;
}
var pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// src/measure/fingerprint.ts
import { createHash } from "node:crypto";
import { cpus, type as osType, release } from "node:os";
function contentHash(value) {
  return createHash("sha256").update(JSON.stringify(sortKeys(value))).digest("hex").slice(0, 16);
}
function sortKeys(value) {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, sortKeys(each)]);
  return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
}
async function clusterFingerprint(cluster, signal2) {
  const [version, nodes, configs] = await Promise.all([
    cluster.raw("GET", "/version", { signal: signal2 }),
    cluster.list({ apiVersion: "v1", kind: "Node" }, signal2).catch(() => []),
    Promise.all(["config-network", "config-autoscaler", "config-deployment"].map((name) => readConfig(cluster, name, signal2)))
  ]);
  const fingerprint = {
    client: `${osType()} ${release()}, ${cpus().length} cpus, node ${process.versions.node}`
  };
  const { gitVersion } = JSON.parse(version.body.toString("utf8") || "{}");
  if (gitVersion !== void 0) fingerprint.kubernetes = gitVersion;
  Object.assign(fingerprint, nodeFacts(nodes));
  for (const config of configs) {
    if (config === void 0) continue;
    const { _example: _, ...data } = config.data ?? {};
    fingerprint[config.metadata.name] = contentHash(data);
    const mode = data["mesh-compatibility-mode"];
    if (config.metadata.name === "config-network") fingerprint["mesh-compatibility-mode"] = mode ?? "auto";
  }
  return fingerprint;
}
function readConfig(cluster, name, signal2) {
  return cluster.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "knative-serving", name }, signal2).catch(() => void 0);
}
function nodeFacts(nodes) {
  if (nodes.length === 0) return {};
  const statuses = nodes.map((node) => node.status ?? {});
  const distinct = (values) => [...new Set(values.filter(Boolean))].sort().join(", ");
  const kubelet = distinct(statuses.map(({ nodeInfo }) => nodeInfo?.kubeletVersion));
  return {
    nodes: String(nodes.length),
    "node-shape": distinct(statuses.map(({ capacity }) => `${capacity?.cpu} cpu ${capacity?.memory}`)),
    kubelet,
    // Since 1.36 kubelet looks at a pod again right after it has started something (PLEGOnDemandRelist).
    pleg: /^v1\.(\d+)/.test(kubelet) && Number(/^v1\.(\d+)/.exec(kubelet)?.[1]) >= 36 ? "on-demand" : "each second",
    kernel: distinct(statuses.map(({ nodeInfo }) => nodeInfo?.kernelVersion)),
    runtime: distinct(statuses.map(({ nodeInfo }) => nodeInfo?.containerRuntimeVersion)),
    architecture: distinct(statuses.map(({ nodeInfo }) => nodeInfo?.architecture))
  };
}

// src/measure/zero.ts
var revisionLabel2 = "serving.knative.dev/revision";
function revisionState(state2, revision) {
  const isOf = (object) => object.metadata.labels?.[revisionLabel2] === revision;
  const deployment = state2.objects("deployments").find(isOf);
  const slices = state2.objects("endpointslices").filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === `${revision}-private`);
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
  return {
    pods: state2.objects("pods").filter(isOf),
    replicas: deployment === void 0 ? void 0 : deployment.spec.replicas ?? 1,
    readyEndpoints: endpoints.filter(({ conditions }) => conditions?.ready === true).length
  };
}
async function waitForZero(state2, options) {
  const { revision, timeoutMs, signal: signal2 } = options;
  return state2.until(
    () => {
      const now2 = revisionState(state2, revision);
      return now2.pods.length === 0 && now2.replicas === 0 && now2.readyEndpoints === 0 ? now2 : void 0;
    },
    { timeoutMs, signal: signal2, onTimeout: () => notZero(revisionState(state2, revision), options) }
  );
}
function notZero(now2, { revision, timeoutMs }) {
  const holders = now2.pods.map(
    ({ metadata }) => metadata.deletionTimestamp === void 0 ? `pod ${metadata.name} is still wanted` : `pod ${metadata.name} is terminating since ${metadata.deletionTimestamp}${finalizersOf(metadata.finalizers)}`
  );
  if (now2.replicas !== 0) holders.push(`its Deployment asks for ${now2.replicas ?? "an unknown number of"} pod(s)`);
  if (now2.readyEndpoints > 0) holders.push(`${now2.readyEndpoints} endpoint(s) are still ready`);
  return new ClusterError(`revision ${revision} did not go to zero within ${timeoutMs / 1e3} s: ${holders.join("; ")}`, {
    hint: "something may keep calling the service, or config-autoscaler may forbid zero (enable-scale-to-zero, min-scale)"
  });
}
var finalizersOf = (finalizers) => Array.isArray(finalizers) && finalizers.length > 0 ? `, held by the finalizers ${finalizers.join(", ")}` : "";

// src/measure/schedule.ts
var readyTimeoutMs = 6e4;
async function runColdStarts(order2) {
  const { failure } = order2.observer;
  await Promise.race([toZero(order2), failure]);
  for (let round = 0; round <= order2.iterations; round++) {
    order2.onRound(round);
    const times = await Promise.race([coldStart(order2, round), failure]);
    order2.onRound(round, times);
    await Promise.race([toZero(order2), failure]);
    order2.record({ kind: "sample-end", round });
  }
}
async function toZero({ state: state2, service: service2, zeroTimeoutMs, signal: signal2, record: record2 }) {
  const startedAt = performance.now();
  await untilReady(state2, service2, signal2);
  await waitForZero(state2, { revision: service2.revision, timeoutMs: zeroTimeoutMs, signal: signal2 });
  record2({ kind: "zero", waitedMs: performance.now() - startedAt });
}
async function coldStart(order2, round) {
  const { service: service2, state: state2, signal: signal2, record: record2, random = Math.random, sleep: sleep2 = pause2 } = order2;
  await sleep2(random() * 1e3, signal2);
  const { pods, replicas } = revisionState(state2, service2.revision);
  record2({
    kind: "sample",
    round,
    podsBefore: pods.map(({ metadata }) => metadata.uid ?? metadata.name),
    ...replicas === void 0 ? {} : { replicasBefore: replicas }
  });
  const times = await order2.observer.request({
    route: order2.route,
    host: service2.host,
    expectBody: order2.expectBody,
    timeoutMs: order2.requestTimeoutMs
  });
  record2({ kind: "request", round, ...times });
  return times;
}
async function untilReady(state2, service2, signal2) {
  await state2.until(
    () => {
      const { pods } = revisionState(state2, service2.revision);
      const isReady = pods.some(
        (pod) => (pod.status?.conditions ?? []).some(
          ({ type, status }) => type === "Ready" && status === "True"
        )
      );
      return isReady || pods.length === 0 ? true : void 0;
    },
    // A pod that never becomes Ready is a fact about the sample, which the recording holds; the run goes on.
    { timeoutMs: readyTimeoutMs, signal: signal2, onTimeout: () => new NeverReady() }
  ).catch((error) => {
    if (!(error instanceof NeverReady)) throw error;
  });
}
var NeverReady = class extends Error {
};
function pause2(ms, signal2) {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal2.reason);
    };
    const timer = setTimeout(() => {
      signal2.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal2.addEventListener("abort", onAbort, { once: true });
  });
}

// ../../tmp/w/dev.ts
import { writeFileSync, appendFileSync } from "node:fs";
var n = Number(process.argv[2] ?? 3);
var c = await openKube({ env: process.env });
var ac = new AbortController();
var signal = ac.signal;
var anchor = anchorClock();
var now = () => process.hrtime.bigint() + anchor;
var builder = openReportBuilder();
var state = openLiveState();
var out = "/tmp/w/rec.ndjson";
writeFileSync(out, "");
var add = (e) => {
  builder.add(e);
  state.add(e);
  appendFileSync(out, JSON.stringify(e) + "\n");
};
var record = (e) => add({ ...e, at: now().toString() });
record({ kind: "run", version: 1, knistio: "dev", context: c.context, iterations: n });
var namespace = "bench";
var order = { namespace, name: "helloworld", image: "dev.local/helloworld-go:1", target: "knistio-xyz", timeoutSeconds: 10, labels: { "knistio.dev/owned-by": "knistio" } };
var profile = { name: "minimal", istio: { components: {}, values: {}, meshConfig: {} }, podLabels: {}, podAnnotations: process.argv[3] ? { "sidecar.istio.io/nativeSidecar": process.argv[3] } : {}, promises: {} };
await c.apply(pingManifest(order));
var kinds = [["pods", "v1", "Pod"], ["events", "v1", "Event"], ["deployments", "apps/v1", "Deployment"], ["endpointslices", "discovery.k8s.io/v1", "EndpointSlice"], ["podautoscalers", "autoscaling.internal.knative.dev/v1alpha1", "PodAutoscaler"]];
var watches = [];
for (const [watch, apiVersion, objectKind] of kinds) {
  const r = await c.resource(apiVersion, objectKind);
  watches.push({ watch, apiVersion, objectKind, path: collection(r, namespace) });
}
var observer = await startObserver({ connection: await c.connection(), anchor: anchor.toString(), watches, pingPath: `/api/v1/namespaces/${namespace}/pods/knistio-ping` }, { threadUrl: new URL("file:///work/main/dist/observer-thread.js"), onEntry: add, renew: () => c.connection(true) });
console.log("observing");
for (const t of [{ clock: "apiserver", path: "/version" }, { clock: "node/knistio", path: "/api/v1/nodes/knistio/proxy/healthz" }]) {
  const e = await probeClock(c, t, { now, anchor, signal });
  console.log(e);
  if (e) record(e);
}
var service = await deployService(c, serviceManifest(profile, order), { timeoutMs: 6e4, signal, state, podTrouble: () => void 0, onDetail: (t) => console.log(t) });
console.log(service);
var route = await findGateway(c, { signal });
console.log(route, describeRoute(route));
record({ kind: "profile", profile, fingerprint: await clusterFingerprint(c, signal), revision: service.revision, namespace });
await runColdStarts({ observer, state, service, route, expectBody: "knistio-xyz", iterations: n, requestTimeoutMs: 6e4, zeroTimeoutMs: 12e4, signal, record, onRound: (r, t) => console.log((/* @__PURE__ */ new Date()).toISOString(), r, t?.status, t?.error ?? "") });
await observer.stop();
record({ kind: "end" });
var report = builder.report();
writeFileSync("/tmp/w/report.json", JSON.stringify(report, null, 1));
for (const s of report.profiles[0].coldStarts) {
  console.log(s.round, s.outcome, s.reason ?? "", s.total?.ms, JSON.stringify(s.events));
  for (const [k, v] of Object.entries({ ...s.phases, ...s.spans })) console.log("   ", k.padEnd(40), String(v.ms).padStart(10), `[${v.loMs}, ${v.hiMs}]`, v.source);
  for (const f of s.findings) console.log("  !", f.code, f.message);
}
console.log(report.clocks, report.overhead, report.observer, report.findings);
c.close();
