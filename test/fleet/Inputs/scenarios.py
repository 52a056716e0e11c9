# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a fleet goes through: scenarios.py PLACE PROGRAM TLTUNE FOLDER SCENARIO...

PLACE is web or postgres: where winners are kept. Each scenario begins with an empty place and new machines."""

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from machine import Machine, wait_until
from postgres import Postgres
from web import Web

# What a first call may take longer with a remote than without.
MOST_S = 1.0

place, program, tltune, folder = sys.argv[1:5]


def machines(remote, *names, patient=True):
    return [Machine(folder, name, remote, program, tltune, patient) for name in names]


def cold(at):
    """A machine that has nothing gets the fleet's winner, and tries nothing."""
    first, second, third = machines(at.remote, "first", "second", "third")
    first.tune(100)
    assert first.count("trials") == 4 and first.winner(), first.count("trials")
    wait_until(lambda: not first.helpers(), "the first machine's helper ends when it has nothing to do")
    said, err = second.call(100, TL_LOG="info")
    assert second.count("trials") == 0 and second.count("sessions") == 0
    assert second.winner() == first.winner()
    assert f"winner {first.winner()} of first (" in err, err
    # It was proven here, once, and the next start asks nobody.
    assert second.sql("select count(*) from proofs where outcome = 1") == [(1,)]
    second.remote = ""
    _, err = second.call(100, TL_LOG="info", TL_TUNE="require")
    assert "stored winner" in err, err
    # Who may run nothing has no use for it, unless proofs of others count.
    said, _ = third.call(100, TL_TUNE="off")
    assert said["variant"] == "1" and third.winner() is None, said
    third.remote += "|trust-proofs"
    said, _ = third.call(100, TL_TUNE="off")
    assert said["variant"] == second.winner().split("=")[1], said


def sixteen(at):
    """Sixteen processes on four machines start at once: one tunes, and all end with its winner."""
    fleet = machines(at.remote, "a", "b", "c", "d")
    seconds = 20
    running = [it.start(200, seconds, TEST_SLEEP_US=80000) for it in fleet for _ in range(4)]
    said = [Machine.end(it)[0] for it in running]
    assert sum(it.count("sessions") for it in fleet) == 1, [it.count("sessions") for it in fleet]
    winners = {it.winner() for it in fleet}
    assert len(winners) == 1 and None not in winners, winners
    variants = {it["variant"] for it in said}
    assert variants == {winners.pop().split("=")[1]}, said
    # Those of the other machines were not kept waiting for the session.
    tuned = next(i for i, it in enumerate(fleet) if it.count("sessions"))
    session = fleet[tuned].sql("select finished - started from sessions")[0][0] / 1000
    others = [float(it["longest_s"]) for i, it in enumerate(said) if i // 4 != tuned]
    assert max(others) < session, (others, session)


def dead_holder(at):
    """The one that tunes is killed, with its helper: after a while another machine tunes."""
    first, second = machines(at.remote + "|lease=3", "first", "second")
    holder = first.start(300, TEST_SLEEP_US=100000)
    wait_until(lambda: first.count("trials") > 0, "the first machine tunes")
    said, err = second.call(300, TL_LOG="info")
    assert said["variant"] == "1" and second.count("sessions") == 0, said
    assert "first is tuning it" in err, err
    first.kill_helpers()
    holder.kill()
    holder.wait()
    time.sleep(4)
    second.call(300)
    assert second.count("sessions") == 1 and second.winner()


def released(at):
    """The one that tunes is killed alone: its helper gives the lease back at once."""
    first, second = machines(at.remote + "|lease=600", "first", "second")
    holder = first.start(300, TEST_SLEEP_US=100000)
    wait_until(lambda: first.count("trials") > 0, "the first machine tunes")
    holder.kill()
    holder.wait()
    wait_until(lambda: second.call(300) and second.count("sessions") == 1, "the second machine tunes")


def first_s(machine, n):
    """What a first call takes that may not tune, and what the program says."""
    answer, err = machine.call(n, TL_TUNE="nearest")
    return float(answer["first_s"]), err


problems = iter(range(400, 500))


def bad(at, said="TL_REMOTE is left alone"):
    """A program with a remote that is no good: right, tuned locally, hardly slower, nothing lost."""
    n = next(problems)  # a lease of a helper that was killed may still hold
    # Beside other work a single call may take any time, so that the question is whether it can be that fast: each try
    # is a call of a new machine beside one of a machine without a remote.
    for tries_left in reversed(range(6)):
        alone, one = machines("", "alone")[0], machines(at.remote, "one", patient=False)[0]
        usual_s, _ = first_s(alone, n)
        slow_s, err = first_s(one, n)
        one.kill_helpers()
        if slow_s < usual_s + MOST_S and said in err:
            break
        assert tries_left, (slow_s, usual_s, err)
    (two,) = machines(at.remote, "two", patient=False)
    answer, err = two.call(n)
    assert two.winner() and two.count("trials") == 4, err
    assert answer["variant"] == two.winner().split("=")[1], (answer, err)
    two.kill_helpers()


def arrived(at, winners=1):
    """Waits until so many winners are in the place, and whoever has brought them is done."""
    if place == "web":
        leases = os.path.join(folder, "web", "data", "leases")
        wait_until(lambda: len(at.objects()) == winners and not (os.path.exists(leases) and os.listdir(leases)),
                   "the winner has arrived")
    else:
        wait_until(lambda: at.sql("select to_regclass('tl_leases') is not null") == "t" and
                   at.sql("select count(*) from tl_winners") == str(winners) and
                   at.sql("select count(*) from tl_leases") == "0", "the winner has arrived")


def kill(at):
    at.kill()
    bad(at)


def web_faults(at):
    for mode in ("hang", "slow 3", "broken"):
        at.set_mode(mode)
        bad(at)
    # Answers that are no winners: nothing is said to users, the helper counts them.
    for mode in ("rubbish", "large"):
        at.set_mode(mode)
        bad(at, said="")
    # Nothing can be written: everything stays here.
    at.set_mode("full")
    (one,) = machines(at.remote, "one")
    one.tune(300)
    assert one.winner() and one.count("trials") == 4
    at.set_mode("")
    assert "1 of 1 winners are new or better there" in one.tool("push")
    # Gets away once the server is itself again.
    at.set_mode("slow 1")
    (late,) = machines(at.remote, "late", patient=False)
    late.call(300, TL_TUNE="nearest")
    wait_until(lambda: late.call(300, TL_TUNE="nearest")[0] and late.winner(), "what came late was kept")


def skew(at):
    """A server whose clock is a day off: leases hold for as long as they should."""
    at.set_mode("skew 86400")
    sixteen(at)
    at.set_mode("skew -86400")
    dead_holder(at)
    at.set_mode("")


def certificate(_):
    with Web(os.path.join(folder, "tls"), tls=True) as at:
        bad(at)
        at.remote += f"|ca={at.certificate}"
        cold(at)


def wrong_schema(at):
    (first,) = machines(at.remote, "first")
    first.tune(100)
    arrived(at)
    first.kill_helpers()
    at.sql("update tl_schema set version = 99")
    bad(at)
    at.sql("update tl_schema set version = 1")


def hanging(at):
    (first,) = machines(at.remote, "first")
    first.tune(100)
    arrived(at)
    at.signal(signal.SIGSTOP)
    bad(at)
    at.signal(signal.SIGCONT)


def rights(at):
    """A role that may only read gets winners, and its own stay where they are."""
    first, second, third = machines(at.remote, "first", "second", "third")
    first.tune(100)
    arrived(at)
    wait_until(lambda: at.sql("select count(*) from tl_trials") == "4", "so have the trials, for analysis")
    at.sql("create role reader login; grant select on all tables in schema public to reader")
    read_only = at.remote.replace("fleet@", "reader@")
    for it in (second, third):
        it.remote = it.remote.replace("fleet@", "reader@")
    third.remote += "|read-only"
    for it in (second, third):
        it.call(100)
        assert it.count("trials") == 0 and it.winner() == first.winner()
        it.tune(101)
        assert it.count("trials") == 4
    assert at.sql("select count(*) from tl_winners") == "1"
    assert read_only != at.remote


def many_rows(at):
    """A million winners of others: a look-up is as fast, and what is found is right."""
    (first,) = machines(at.remote, "first")
    first.tune(100)
    arrived(at)
    at.sql("insert into tl_winners select md5(i::text) || md5(i::text), '', '', '', '', 'hot', '', '', true, 1, "
           "'host', 'user', now(), '{}', '' from generate_series(1, 1000000) i")
    (second,) = machines(at.remote, "second")
    said, err = second.call(100)
    assert second.count("trials") == 0 and second.winner() == first.winner(), err


def not_ours(at):
    """Rows that lie: of configs that were not compiled, of wrong variants, of other problems, cut in the middle."""
    (first,) = machines(at.remote, "first")
    first.tune(100)
    arrived(at)
    if place == "web":
        (path,) = at.objects()
        text = open(path).read()

        def write(changed):
            open(path, "w").write(changed)
    else:
        arrived(at)
        text = at.sql("select document from tl_winners")

        def write(changed):
            changed = changed.replace("'", "''")
            at.sql(f"update tl_winners set document = '{changed}'")

    config = first.winner()
    wrong = text.replace(f'"config": "{config}"', '"config": "unroll=3"')
    lies = {
        "not compiled": text.replace(f'"config": "{config}"', '"config": "unroll=77"'),
        "wrong": wrong,
        "of another problem": text.replace('"problem": "n=100', '"problem": "n=101'),
        "of other code": text.replace('"fingerprint": "', '"fingerprint": "0'),
        "cut": text[: len(text) // 2],
        "negative": text.replace('"median_ns": ', '"median_ns": -'),
        "nothing": "",
        "deep": "[" * 100000,
        "huge": text.replace('"location": "', '"location": "' + "x" * 100000),
    }
    for name, lie in lies.items():
        assert lie != text, name
        write(lie)
        (victim,) = machines(at.remote, "victim")
        said, err = victim.call(100)
        assert victim.count("trials") == 4, (name, err)
        assert victim.winner().split("=")[1] in ("2", "1", "4"), name
        assert (name != "not compiled") or "is none of the 4 configs that were compiled" in err, err
        assert (name != "wrong") or "unroll=3 is not used for this call" in err, err
        arrived(at)
        victim.kill_helpers()


def signatures(at):
    """Only what a trusted key has signed counts, and minisign itself finds it right."""
    keys = os.path.join(folder, "keys")
    shutil.rmtree(keys, ignore_errors=True)
    os.makedirs(keys)
    for name in ("own", "other"):
        subprocess.run(["minisign", "-G", "-W", "-p", f"{keys}/{name}.pub", "-s", f"{keys}/{name}.key"], check=True,
                       stdout=subprocess.DEVNULL)
    demands = f"|public-key={keys}/own.pub"
    plain, other, signer, reader = machines(at.remote, "plain", "other", "signer", "reader")
    other.remote += f"|secret-key={keys}/other.key"
    signer.remote += demands + f"|secret-key={keys}/own.key"
    reader.remote += demands
    plain.tune(100)
    arrived(at)
    reader.tune(100)
    assert reader.count("trials") == 4, "it is not signed"
    other.tune(101)
    arrived(at, 2)
    reader.tune(101)
    assert reader.count("trials") == 8, "it is signed by a stranger"
    signer.tune(102)
    arrived(at, 3)
    reader.call(102)
    assert reader.count("trials") == 8 and len(reader.sql("select * from winners")) == 3
    path = next(it for it in at.objects() if '"n=102,' in open(it).read())
    subprocess.run(["minisign", "-V", "-q", "-p", f"{keys}/own.pub", "-m", path], check=True)
    # Ours by the program itself: signed with minisign, read by us.
    subprocess.run(["minisign", "-S", "-W", "-s", f"{keys}/own.key", "-m", path], check=True, stdout=subprocess.DEVNULL,
                   input="", text=True)
    (late,) = machines(at.remote + demands, "late")
    late.call(102)
    assert late.count("trials") == 0
    # Changed by a single byte.
    text = open(path).read()
    open(path, "w").write(text.replace('"trials": 4', '"trials": 5'))
    (later,) = machines(at.remote + demands, "later")
    later.call(102)
    assert later.count("trials") == 4
    assert "not signed by any of the keys" in later.tool("pull", status=1)


def by_hand(at):
    """push, pull, sync, list."""
    first, second, third = machines("", "first", "second", "third")
    for n in (100, 101):
        first.tune(n)
    for it in (first, second, third):
        it.remote = f"{at.remote}|host={it.name}"
    assert "2 of 2 winners are new or better there" in first.tool("push")
    assert "0 of 2 winners are new or better there" in first.tool("push")
    assert "2 winners were there, 2 are new here" in second.tool("pull")
    assert "2 winners were there, 0 are new here" in second.tool("pull")
    # They are proven here before they run.
    assert second.count("proofs") == 0 and second.count("trials") == 0
    second.remote = ""
    said, _ = second.call(100)
    assert second.count("trials") == 0 and second.sql("select outcome from proofs") == [(1,)]
    said, err = second.call(101, TL_TUNE="off")
    assert said["variant"] == "1" and "is not proven for this call" in err, err
    third.remote += "|trust-proofs"
    third.tool("pull")
    said, err = third.call(101, TL_TUNE="off")
    assert said["variant"] == third.sql("select config from winners w join problems p on p.id = w.problem_id "
                                        "where problem like 'n=101,%'")[0][0].split("=")[1], err
    listed = json.loads(first.tool("list", "--remote", "--json"))
    assert len(listed["winners"]) == 2 and listed["winners"][0]["origin"]["host"] == "first", listed
    # A machine of the same model that finds something else.
    second.call(102)
    second.remote = f"{at.remote}|host=second"
    first.remote, kept = "", first.remote
    first.call(102)
    first.remote = kept
    changed = first.winner()
    assert changed
    second.tool("sync")
    first.tool("sync")
    listed = json.loads(first.tool("list", "--remote", "--json"))["winners"]
    both = next(it for it in listed if it["problem"].startswith("n=102,"))
    assert {it["host"] for it in both["measured"]} == {"first", "second"}, both
    text = first.tool("list", "--remote")
    assert "2 machines" in text, text
    with_metrics = machines(at.remote, "metrics")[0]
    with_metrics.call(100)
    text = with_metrics.tool("serve-remote", "--metrics")
    assert "tltune_remote_hits_total 1\n" in text and "tltune_remote_up 1\n" in text, text


def words(at):
    """Words that make no sense are told to the program, and it goes on."""
    (one,) = machines(at.remote + "|idel=3", "one")
    _, err = one.call(100)
    assert "unknown word 'idel'" in err and one.winner(), err


def private(at):
    """The socket is its user's, and a helper ends when nobody asks."""
    (one,) = machines(at.remote, "one")
    one.call(100)
    sockets = [name for name in os.listdir(one.cache) if name.endswith(".sock")]
    assert len(sockets) == 1, os.listdir(one.cache)
    path = os.path.join(one.cache, sockets[0])
    assert os.stat(path).st_mode & 0o777 == 0o600 and os.stat(path).st_uid == os.geteuid()
    assert len(one.helpers()) == 1
    # It keeps nothing of the program's open, so that who reads its output comes to an end; see call().
    wait_until(lambda: not one.helpers() and not os.path.exists(path), "the helper ends, and its socket goes")


places = {"web": lambda: Web(os.path.join(folder, "web")), "postgres": Postgres}
os.makedirs(folder, exist_ok=True)
home = folder
for name in sys.argv[5:]:
    # One of its own each: what a killed program has left behind may still write into the one before.
    folder = tempfile.mkdtemp(prefix=f"{name}-", dir=home)
    begun = time.monotonic()
    with places[place]() as at:
        globals()[name](at)
    print(f"{place}: {name}: good, {time.monotonic() - begun:.1f} s", flush=True)
