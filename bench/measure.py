#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Measures a demonstration from outside: start, memory, booking to be seen, pages, binary, idle bytes.

    bench/measure.py target/release/hameau > bench/runs/NAME.json

Needs Linux, Python 3.9 and a release build. Takes about three minutes, loopback only. Not a test: a figure depends on
the machine, which the run names.
"""
import gzip, http.client, json, os, platform, signal, socket, statistics, subprocess, sys, tempfile, time, urllib.parse


def ask(home, request):
    """One request over a node's local socket."""
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(os.path.join(home, "control.sock"))
        link.sendall(json.dumps({"english": True, "request": request}).encode() + b"\n")
        return json.loads(link.makefile().readline())


def rss_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def page(url):
    """Server time in seconds and the body, over a kept connection's second request."""
    at = urllib.parse.urlsplit(url)
    link = http.client.HTTPConnection(at.hostname, at.port)
    times = []
    for _ in range(21):
        begin = time.perf_counter()
        link.request("GET", at.path or "/")
        body = link.getresponse().read()
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:]), max(times[1:]), body


def wait_for(what, seconds=30.0):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        got = what()
        if got:
            return got
        time.sleep(0.002)
    raise SystemExit("a deadline passed: " + what.__name__)


def bookings(point, agency, way, count):
    """Seconds from the request at the point to the booking being shown, confirmed, at the agency."""
    seen = []
    for _ in range(count):
        slots = ask(point, {"do": "slots", "agency": "cpam-46", "service": "carte-vitale", "day": None})["ok"]
        slot = next((it for it in slots if it["way"] == way), None)
        if slot is None:
            break
        begin = time.perf_counter()
        booked = ask(point, {"do": "book", "slot": slot["slot"], "service": "carte-vitale", "booth": None,
                             "details": {"name": "Mesure", "telephone": "", "subject": ""}})
        if "ok" not in booked:
            raise SystemExit(booked)
        name = booked["ok"]["appointment"]

        def shown():
            agenda = ask(agency, {"do": "agenda", "day": slot["from"][:10], "all": False})["ok"]
            return any(it["appointment"] == name and it["state"] == "confirmed" for it in agenda)

        wait_for(shown)
        seen.append(time.perf_counter() - begin)
    return seen


def udp_bytes():
    """Bytes that loopback carried so far."""
    with open("/proc/net/dev") as devices:
        return next(int(line.split()[1]) for line in devices if line.strip().startswith("lo:"))


def main():
    binary = sys.argv[1]
    result = {
        "machine": {"cpu": next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")),
                                platform.processor()), "cores": os.cpu_count(), "kernel": platform.release()},
        "commit": subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip(),
        "binary_bytes": os.path.getsize(binary),
    }
    with tempfile.TemporaryDirectory(prefix="hameau-bench-") as home:
        begin = time.perf_counter()
        demo = subprocess.Popen([binary, "demo", "--json", "--home", home], stdout=subprocess.PIPE, text=True)
        try:
            doors = {}
            while len(doors) < 11:
                door = json.loads(demo.stdout.readline())
                doors[door["member"]] = door
            result["eleven_nodes_up_s"] = round(time.perf_counter() - begin, 3)
            point, agency = doors["puy-leveque"]["home"], doors["cpam-46"]["home"]

            def published():
                return len(ask(point, {"do": "slots", "agency": "cpam-46", "service": None, "day": None})["ok"]) > 100

            wait_for(published)
            result["all_published_s"] = round(time.perf_counter() - begin, 3)
            time.sleep(20)
            result["idle_rss_kib"] = {name: rss_kib(door["pid"]) for name, door in doors.items()}
            before = udp_bytes()
            time.sleep(60)
            result["idle_loopback_bytes_a_minute_all_nodes"] = udp_bytes() - before
            for way, count in (("held", 10), ("asked", 50)):
                seen = bookings(point, agency, way, count)
                result[f"booking_seen_{way}"] = {
                    "count": len(seen), "median_s": round(statistics.median(seen), 4), "max_s": round(max(seen), 4)}
            for name, url in (("agenda_animateur", doors["puy-leveque"]["animateur"]),
                              ("agenda_conseiller", doors["cpam-46"]["advisor"]),
                              ("portail", doors["puy-leveque"]["portal"])):
                median, worst, body = page(url)
                result[name] = {"bytes": len(body), "gzip_bytes": len(gzip.compress(body, 6)),
                                "median_ms": round(median * 1000, 2), "max_ms": round(worst * 1000, 2)}
            result["rss_after_kib"] = {name: rss_kib(door["pid"]) for name, door in doors.items()}
        finally:
            demo.send_signal(signal.SIGTERM)
            demo.wait(30)
    json.dump(result, sys.stdout, indent=2, ensure_ascii=False)
    print()


main()
