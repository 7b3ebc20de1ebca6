/**
 * For how long a revision keeps its pod after its last request, at least. Knative allows 6 s; with 8 s the pod of a copy
 * begins to be removed when the next copy's start, of up to 4.5 s, is over.
 */
export const windowSeconds = 8;
