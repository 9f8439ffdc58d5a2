# SPDX-License-Identifier: MIT
"""What a run tells of itself: how much went wrong, and what became of it."""
import evidence
import faults
from hosts import FULL_DISK

NO_SPACE = "No space left on device"


def counted(counter):
    return ", ".join(f"{count} {what}" for what, count in counter.items())


def refused_for_space(run):
    """How many grabs were told so."""
    return sum("disk is full" in attempt["told"] for attempt in run.grabs.refused)


def logged_by_server(run, words):
    return run.server.log.read_text(errors="replace").count(words) if run.server else 0


def met_full_disk(run):
    return bool(refused_for_space(run) or logged_by_server(run, NO_SPACE))


def happened_in(run):
    """How often each kind of fault has come, and what it met."""
    happened = run.done()
    if run.proxy:
        happened.update({name: run.proxy.counts[name] for name in (faults.RESET_BEFORE, faults.RESET_AFTER)})
    if run.args.storage == "postgres":
        happened["deadlocks of the hosts"] = logged_by_server(run, "deadlock detected")
    if "client" in run.args.faults:
        happened["client"] = run.client_faults
    if run.disk:
        happened["grabs refused for want of space"] = refused_for_space(run)
        if run.small_server:
            happened["writes of the server without space"] = logged_by_server(run, NO_SPACE)
            happened["ends of the server"] = run.small_server.ends
        happened["starts without space"] = sum(host.ended_by_itself[FULL_DISK] for host in run.hosts)
    return happened


def figures_of(run, verdict):
    """One line."""
    ended = sum(sum(host.ended_by_itself.values()) for host in run.hosts)
    parts = [f"{run.args.storage}, {run.args.hosts} hosts, limit {run.args.limit}", counted(happened_in(run)) or "no faults",
             counted(verdict.figures), f"answers: {counted(run.grabs.counts)}", f"{ended} hosts ended without their store",
             f"at rest {run.settled_after:.1f} s after the last fault, {run.seconds():.0f} s in all",
             ", ".join(f"{verdict.count(kind)} {kind}" for kind in (evidence.LOST, evidence.DOUBLED, evidence.STUCK))]
    return "; ".join(parts)
