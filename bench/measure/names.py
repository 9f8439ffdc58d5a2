# SPDX-License-Identifier: MIT
"""Reading and scoring release names, beside the least that any reader must do."""
import json

from .table import Line, at_least, median, paired_ratio, rate_text


def measure_names(bench, scale):
    output = bench.output_of([bench.program("quarry-bench-names"), "--benchmark_format=json",
                              f"--benchmark_min_time={scale.names_seconds}",
                              f"--benchmark_repetitions={scale.rounds}",
                              "--benchmark_enable_random_interleaving=true"])
    rates = {}
    for run in json.loads(output)["benchmarks"]:
        if run["run_type"] == "iteration":
            rates.setdefault(run["run_name"], []).append(run["items_per_second"])
    floor = rates["floor"]

    def line(name, key, bars):
        return Line(name, rate_text(median(rates[key])), f"{rate_text(median(floor))} token floor",
                    paired_ratio(rates[key], floor), bars)

    parse = median(rates["parse"])
    return [line("names read", "parse", [at_least(parse, 500_000, "≥ 500,000/s")]),
            line("names read and scored", "parse_and_score", [])]
