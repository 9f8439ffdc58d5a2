# SPDX-License-Identifier: MIT
"""What a run tells of itself: how much went wrong, and what became of it."""
import evidence
import faults
from hosts import FULL_DISK


def counted(counter):
    return ", ".join(f"{count} {what}" for what, count in counter.items())


def refused_for_space(grabs):
    """How many attempts were told so."""
    return sum("disk is full" in attempt["told"] for attempt in grabs.refused)


def happened_in(run):
    """How often each kind of fault has come, and what it met."""
    happened = run.done()
    if run.proxy:
        happened.update({name: run.proxy.counts[name] for name in (faults.RESET_BEFORE, faults.RESET_AFTER)})
    if run.args.storage == "postgres":
        happened["deadlocks of the hosts"] = run.server.log.read_text(errors="replace").count("deadlock detected")
    if "client" in run.args.faults:
        happened["client"] = run.client_faults
    if run.disk:
        happened["grabs refused for want of space"] = refused_for_space(run.grabs)
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
