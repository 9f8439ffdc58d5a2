# SPDX-License-Identifier: MIT
"""A page of the queue over HTTP, beside nginx with the same bytes in a file: the same wrk, the same header."""
import os
import subprocess
import time
from dataclasses import dataclass

from .programs import HERE, BenchError, Nginx, QuarryHost, held_queue_file, tool
from .table import Line, at_least, at_most, count_text, median, mib_text, paired_ratio, rate_text, us_text
from web import request

PAGE = "/api/v3/queue?page=1&pageSize=50"
# At least 1,000 a second: each connection waits so long on average between two of its requests.
GRAB_CONNECTIONS = 24
GRAB_PAUSE_MS = 18
GRABS_BAR = 1000
P99_BAR_US = 5000


@dataclass(frozen=True)
class Load:
    p50: float  # µs
    p99: float
    rate: float


def wrk_command(script, connections, seconds, url):
    return [tool("wrk", "wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s",
            str(HERE / "http" / script), url]


def read_result(text, what):
    """What report.lua and grab.lua print at the end: RESULT p50 p99 requests/s errors."""
    words = next((line.split() for line in text.splitlines() if line.startswith("RESULT ")), None)
    if words is None:
        raise BenchError(f"wrk on {what} printed no result:\n{text}")
    if int(words[4]) > 0:
        raise BenchError(f"wrk on {what}: {words[4]} requests failed:\n{text}")
    return Load(float(words[1]), float(words[2]), float(words[3]))


class PageBench:
    def __init__(self, bench, scale):
        self.scale = scale
        self.quarry = QuarryHost(bench, "quarry-pages", held_queue_file(bench, scale.page_rows))
        self.nginx = Nginx(bench)
        self.quarry.start()
        self.nginx.start()
        self.environment = {**os.environ, "QUARRY_API_KEY": self.quarry.key}
        self.size = self.keep_page()

    def keep_page(self):
        """Lets nginx serve what Quarry answers; the number of bytes."""
        answer = request("GET", f"http://127.0.0.1:{self.quarry.port}{PAGE}", headers={"X-Api-Key": self.quarry.key})
        page = answer.json() if answer.status == 200 else {}
        if page.get("totalRecords") != self.scale.page_rows or len(page["records"]) != 50:
            raise BenchError(f"not a page of 50 out of {self.scale.page_rows}: {answer.status} {answer.text[:300]}")
        (self.nginx.files / "page").write_bytes(answer.body)
        return len(answer.body)

    def load(self, server, connections):
        path = PAGE if server is self.quarry else "/page"
        command = wrk_command("report.lua", connections, self.scale.wrk_seconds, f"http://127.0.0.1:{server.port}{path}")
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, check=False, timeout=60)
        return read_result(done.stdout + done.stderr, f"{path} with {connections} connections")

    def load_while_grabbing(self, number):
        """(page, grab) loads: pages with 8 connections while downloads are enqueued over HTTP."""
        command = wrk_command("grab.lua", GRAB_CONNECTIONS, self.scale.wrk_seconds + 1,
                              f"http://127.0.0.1:{self.quarry.port}/api/v3/queue/grab")
        environment = {**self.environment, "QUARRY_BENCH_ROUND": str(number), "QUARRY_BENCH_PAUSE_MS": str(GRAB_PAUSE_MS)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=environment) as grabbing:
            try:
                time.sleep(0.3)  # the page's own run lies within that of the grabs
                page = self.load(self.quarry, 8)
                output, _ = grabbing.communicate(timeout=60)
            finally:
                if grabbing.poll() is None:
                    grabbing.kill()
        return page, read_result(output, "grabs")

    def stop(self):
        self.quarry.stop()
        self.nginx.stop()


def page_lines(name, ours, peers, p50_bar=None, p99_bar_us=None):
    def of(key, loads):
        return [getattr(load, key) for load in loads]

    p50 = paired_ratio(of("p50", ours), of("p50", peers))
    p99 = median(of("p99", ours))
    return [
        Line(f"{name}, p50", us_text(median(of("p50", ours))), f"{us_text(median(of('p50', peers)))} nginx", p50,
             [] if p50_bar is None else [at_most(p50, p50_bar)]),
        Line(f"{name}, p99", us_text(p99), f"{us_text(median(of('p99', peers)))} nginx",
             paired_ratio(of("p99", ours), of("p99", peers)), [] if p99_bar_us is None else [at_most(p99, p99_bar_us, f"≤ {us_text(p99_bar_us)}")]),
        Line(f"{name}, requests", rate_text(median(of("rate", ours))),
             f"{rate_text(median(of('rate', peers)))} nginx", paired_ratio(of("rate", ours), of("rate", peers))),
    ]


def measure_pages(bench, scale):
    pages = PageBench(bench, scale)
    found = {(server, connections): [] for server in (pages.quarry, pages.nginx) for connections in (1, 8)}
    for number in range(scale.rounds):
        order = [(server, connections) for connections in (1, 8) for server in (pages.quarry, pages.nginx)]
        for server, connections in order if number % 2 == 0 else reversed(order):
            found[server, connections].append(pages.load(server, connections))
    busy = [pages.load_while_grabbing(number) for number in range(scale.rounds)]
    memory = pages.quarry.memory()[0]
    pages.stop()

    rows = count_text(scale.page_rows)
    name = f"page of 50 of {rows} ({pages.size / 1024:.0f} KiB)"
    lines = []
    for connections, bars in ((1, {"p50_bar": 8}), (8, {"p99_bar_us": P99_BAR_US})):
        lines += page_lines(f"{name}, c{connections}", found[pages.quarry, connections],
                            found[pages.nginx, connections], **bars)
    p99 = median([page.p99 for page, _ in busy])
    lines.append(Line("the same at c8 while others enqueue, p99", us_text(p99),
                      f"{us_text(median([load.p99 for load in found[pages.nginx, 8]]))} nginx", None,
                      [at_most(p99, P99_BAR_US, f"≤ {us_text(P99_BAR_US)}")]))
    grabs = median([grab.rate for _, grab in busy])
    lines.append(Line("enqueued over HTTP meanwhile", rate_text(grabs), "", None,
                      [at_least(grabs, GRABS_BAR, f"≥ {rate_text(GRABS_BAR)}")]))
    lines.append(Line("one enqueue over HTTP meanwhile, p99", us_text(median([grab.p99 for _, grab in busy]))))
    lines.append(Line("resident memory after all these pages", mib_text(memory)))
    return lines
