#!/usr/bin/env python3
"""Checks homeostat's audit without homeostat: verify_audit.py STATE_FOLDER | EXPORT.jsonl

Chain, sealed days and the heads' hashes; NOT the Ed25519 signatures, which Python's library cannot check.
Prints the first bad record and ends with 1 where there is one."""
import gzip, hashlib, json, pathlib, sqlite3, sys

sha = lambda data: hashlib.sha256(data).hexdigest()


def bad(seq, what):
    sys.exit(f"broken at record {seq}: {what}")


def walk(bodies, seq, prev, hashes):
    """Goes through records as they are stored; each names the hash of the one before it."""
    for stored_seq, stored_hash, body in bodies:
        seq += 1
        if stored_seq not in (None, seq):
            bad(seq, "removed_record")
        if stored_hash not in (None, sha(body)):
            bad(seq, "changed_record")
        record = json.loads(body)
        if record["seq"] != seq:
            bad(seq, "reordered")
        if record["prev"] != prev:
            bad(seq, "changed_record or fork: it does not follow")
        prev = hashes[seq] = sha(body)
    return seq, prev


def lines(data):
    return [(None, None, line) for line in data.split(b"\n")[:-1]]


def state(folder):
    db = sqlite3.connect(f"file:{folder / 'state.db'}?mode=ro", uri=True)
    first = db.execute("SELECT min(seq) FROM audit").fetchone()[0] or 1
    seq, prev, hashes = 0, "0" * 64, {}
    days = [json.loads(path.read_bytes()) for path in (folder / "audit").glob("*.manifest.json")]
    for day in sorted(days, key=lambda day: day["first_seq"]):
        plain, packed = (folder / "audit" / n.format(day["name"]) for n in ("{}.jsonl", "archive/{}.jsonl.gz"))
        try:
            data = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
        except (OSError, EOFError) as error:
            bad(day["first_seq"], f"sealed_file_changed: {error}")
        if sha(data) != day["sha256"]:
            bad(day["first_seq"], f"sealed_file_changed: {day['name']}")
        if day["first_seq"] == seq + 1 and day["last_seq"] < first:
            seq, prev = walk(lines(data), seq, prev, hashes)
    rows = db.execute("SELECT seq, hash, CAST(body AS BLOB) FROM audit ORDER BY seq")
    seq, prev = walk(rows, seq, prev, hashes)
    written = db.execute("SELECT max(seq) FROM audit_mark").fetchone()[0] or 0
    if written > seq:
        bad(seq + 1, "cut_tail")
    heads = folder / "audit" / "heads.jsonl"
    signed = [json.loads(line) for line in heads.read_text().splitlines()] if heads.exists() else []
    known = [h for h in signed if h["kind"] == "accepted" and hashes.get(h["seq"]) == h["hash"]]
    for word in known:
        print(f"accepted by a person at {word['time']}: other records stood from {word['from']} on")
    for said in signed + [{"seq": d["last_seq"], "hash": d["last_hash"], "time": "~"} for d in days]:
        accepted = any(word["from"] <= said["seq"] and said["time"] <= word["time"] for word in known)
        if hashes.get(said["seq"]) != said["hash"] and not accepted:
            bad(min(said["seq"], seq + 1), "older_copy" if said["seq"] > seq else "rewritten")
    return seq


def export(path):
    data = path.read_bytes()
    first = json.loads(data.split(b"\n", 1)[0])
    return walk(lines(data), first["seq"] - 1, first["prev"], {})[0]


target = pathlib.Path(sys.argv[1])
print(f"whole up to record {state(target) if target.is_dir() else export(target)}; signatures were not checked")
