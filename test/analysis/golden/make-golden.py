"""Makes the golden files beside it: `python make-golden.py`, with SciPy 1.17.1 and NumPy; then
`npx biome format --write`.

Nothing here is shared with knistio's own code. The seeds are fixed, so that the files come out the same.
"""

import json
import math
import pathlib

import numpy as np
import scipy
from scipy import stats

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(20190521)


def write(name, cases):
    made = {"madeBy": f"make-golden.py, SciPy {scipy.__version__}, NumPy {np.__version__}", "cases": cases}
    (here / name).write_text(json.dumps(made) + "\n")


def cold_starts(n, shift=0.0, digits=3):
    """Skewed, as cold starts are, in milliseconds."""
    return [float(x) for x in np.round(1500 + rng.gamma(4, 150, n) + shift, digits)]


def order_interval(values, confidence):
    """From SciPy's quantile_test, which inverts the binomial test; two-sided."""
    interval = stats.quantile_test(values, q=0, p=0.5).confidence_interval(confidence)
    return {"lo": float(interval.low), "hi": float(interval.high)}


def medians():
    cases = []
    for n in (1, 5, 6, 7, 8, 9, 10, 15, 20, 31, 100, 1001):
        values = cold_starts(n)
        case = {"values": values, "confidence": 0.95, "median": float(np.median(values))}
        case["quantiles"] = {str(p): float(np.quantile(values, p)) for p in (0.1, 0.25, 0.9, 0.95)}
        interval = order_interval(values, 0.95)
        if math.isfinite(interval["lo"]) and math.isfinite(interval["hi"]):
            case["interval"] = interval
        cases.append(case)
    return cases


def hodges_lehmann(a, b):
    return float(np.median(np.subtract.outer(b, a)))


def rank_sums():
    cases = []
    sizes = [(1, 1), (3, 3), (4, 4), (5, 6), (8, 8), (10, 10), (20, 20), (25, 25), (30, 40), (100, 90)]
    for n, m in sizes:
        for shift, digits in ((0, 3), (300, 3), (150, -2)):
            a, b = cold_starts(n, 0, digits), cold_starts(m, shift, digits)
            tied = len(set(a + b)) < n + m
            if n + m > 50:
                p, how = stats.mannwhitneyu(a, b, method="asymptotic").pvalue, "normal"
            elif not tied:
                p, how = stats.mannwhitneyu(a, b, method="exact").pvalue, "exact"
            elif math.comb(n + m, n) <= 200_000:
                p = stats.mannwhitneyu(a, b, method=stats.PermutationMethod(n_resamples=10**6)).pvalue
                how = "exact"
            else:
                continue
            u = stats.mannwhitneyu(a, b).statistic
            cases.append({"a": a, "b": b, "u": float(u), "p": float(p), "method": how, "shift": hodges_lehmann(a, b)})
    return cases


def quantile_bounds():
    """One-sided, 95 % each."""
    cases = []
    for n, p in ((5, 0.5), (28, 0.9), (29, 0.9), (60, 0.95), (200, 0.9), (298, 0.99), (400, 0.99), (40, 0.1)):
        values = cold_starts(n)
        case = {"values": values, "p": p}
        # SciPy's names: "greater" bounds the quantile from below.
        lower = stats.quantile_test(values, q=0, p=p, alternative="greater").confidence_interval(0.95).low
        upper = stats.quantile_test(values, q=0, p=p, alternative="less").confidence_interval(0.95).high
        if math.isfinite(lower):
            case["lower"] = float(lower)
        if math.isfinite(upper):
            case["upper"] = float(upper)
        cases.append(case)
    return cases


def shares():
    cases = []
    for hits, n in ((0, 1), (0, 28), (0, 29), (0, 59), (1, 20), (3, 20), (10, 20), (20, 20), (120, 1000), (400, 10000)):
        # 90 % two-sided is 95 % on each side.
        interval = stats.binomtest(hits, n).proportion_ci(0.9, method="exact")
        cases.append({"hits": hits, "n": n, "lo": float(interval.low), "hi": float(interval.high)})
    return cases


def drifts():
    cases = []
    for n in (4, 5, 8, 20, 30, 80):
        for slope, digits in ((0, 3), (40, 3), (-40, 3), (20, -2)):
            values = [round(x + slope * i, digits) for i, x in enumerate(cold_starts(n))]
            tied = len(set(values)) < n
            if len(set(values)) == 1:
                continue
            method = "exact" if n <= 50 and not tied else "asymptotic"
            test = stats.kendalltau(range(n), values, method=method)
            cases.append({"values": values, "tau": float(test.statistic), "p": float(test.pvalue)})
    return cases


def failures():
    cases = []
    for a, n, b, m in ((0, 20, 0, 20), (0, 20, 4, 20), (0, 20, 6, 20), (2, 20, 1, 20), (5, 400, 40, 400), (900, 5000, 1000, 5000)):
        # Rows are the samples, columns hits and misses; "less" on the first row is "more" on the second.
        p = stats.fisher_exact([[a, n - a], [b, m - b]], alternative="less").pvalue
        cases.append({"before": {"hits": a, "of": n}, "after": {"hits": b, "of": m}, "p": float(p)})
    return cases


write("median.json", medians())
write("rank-sum.json", rank_sums())
write("quantile.json", quantile_bounds())
write("share.json", shares())
write("drift.json", drifts())
write("failures.json", failures())
