# SPDX-License-Identifier: MIT
"""What a run tells of itself: how much went wrong, and what became of it."""
import evidence
from hosts import FULL_DISK
from tcp_proxy import AFTER_CHANGE, RESET_AFTER, RESET_BEFORE

NO_SPACE = "No space left on device"


def counted(counter):
    return ", ".join(f"{count} {what}" for what, count in counter.items())


def refused_for_space(run):
    """How many grabs were told so."""
    return sum("disk is full" in attempt["told"] for attempt in run.grabs.refused)


def logged_by_server(run, words):
    return run.server.log.read_text(errors="replace").count(words) if run.server else 0


MANY_KILLS = 100  # of which one must fall between an intent and its answer


def not_tested(run, verdict):
    """What the run was asked for and has not met: it may have kept its promises for that reason alone."""
    happened = happened_in(run)
    missing = [f"no {kind}" for kind in run.args.faults if not happened[kind]]
    if run.disk and not refused_for_space(run) and not logged_by_server(run, NO_SPACE):
        missing.append("nothing was ever refused for want of space")
    if "commit-reset" in run.args.faults and not happened[AFTER_CHANGE]:
        missing.append("no connection was lost after a change was committed")
    if happened["kill"] >= MANY_KILLS and not verdict.figures["rescued after it"]:
        missing.append("nothing was ever rescued after its intent")
    return missing


def happened_in(run):
    """How often each kind of fault has come, and what it met."""
    happened = run.done()
    if run.proxy:
        happened.update({name: run.proxy.counts[name] for name in (RESET_BEFORE, RESET_AFTER, AFTER_CHANGE)})
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
