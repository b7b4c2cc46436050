"""Keeps an exact copy of Alpha's settings in a SQLite file: settings_follower.py EVENTS LOG FILE"""
import hashlib, json, sqlite3, struct, sys, time, zmq

db = sqlite3.connect(sys.argv[3])
db.execute("PRAGMA journal_mode = WAL")  # faster, and what is committed is on disk all the same
db.execute("CREATE TABLE IF NOT EXISTS settings (version INTEGER PRIMARY KEY, data TEXT NOT NULL)")
db.execute("CREATE TABLE IF NOT EXISTS cursor AS SELECT NULL epoch, 0 sequence, ? chain", ["0"*32])
epoch, sequence, chain = db.execute("SELECT epoch, sequence, chain FROM cursor").fetchone()
events, log = zmq.Context.instance().socket(zmq.SUB), zmq.Context.instance().socket(zmq.DEALER)
events.rcvtimeo, log.rcvtimeo, log.sndtimeo, log.immediate, log.linger = 5000, 2000, 2000, True, 250
events.subscribe("alpha/")
events.connect(sys.argv[1])
log.connect(sys.argv[2])
is_behind, answer = True, {}
while True:
    copies, me = {}, dict(consumer="settings-follower", stream="alpha", epoch=epoch, chain=chain)
    try:
        if is_behind:  # fetch the events after the cursor
            fetch = {**me, "id": time.monotonic_ns(), "after": sequence}
            log.send_multipart([b"FETCH", json.dumps(fetch).encode()])
            while answer.get("id") != fetch["id"]:  # replies to older requests are late
                verb, content, *frames = log.recv_multipart()
                answer = json.loads(content)
            if verb == b"ERROR":  # an operator decides
                sys.exit(f"{answer['code']}: {answer['message']}")
            is_behind = bool(frames)  # after these there may be more
            if not is_behind:
                epoch, sequence, chain = answer["epoch"], answer["through"], answer["chain"]
        else:
            frames = events.recv_multipart()
        for topic, header, body in zip(*[iter(frames)] * 3):
            start, flags, least, history, number, own = struct.unpack(">3sB2xH8sQ8x16s", header)
            place = (history.hex(), number, own.hex())
            if flags & 1:  # a beat: the publisher's position
                is_behind = place != (epoch, sequence, chain)
                log.send_multipart([b"ACK", json.dumps({**me, "sequence": sequence}).encode()])
                break
            if place[0] == epoch and number <= sequence:  # applied already
                break
            proof = hashlib.sha256(bytes.fromhex(chain) + topic + body).hexdigest()[:32]
            adopts = not (epoch and sequence) and sequence + 1 < number <= answer["floor"]
            if start != b"EV\1" or not adopts and place[1:] != (sequence + 1, proof):
                assert not is_behind, f"event {number} of the log does not follow {sequence}"
                is_behind = True
                break
            if topic.startswith(b"alpha/settings.changed/"):
                if least > 1:  # the newest version that this program knows
                    sys.exit(f"event {number} is for readers of version {least} and above")
                data = json.loads(body)["data"]
                copies[data["version"]] = json.dumps(data)
            epoch, sequence, chain = place if number + 1 >= answer["floor"] else (None, *place[1:])
        else:  # everything follows the cursor: keep it, and the cursor, in one transaction
            with db:
                db.executemany("INSERT INTO settings VALUES (?, ?)", copies.items())
                db.execute("UPDATE cursor SET epoch=?,sequence=?,chain=?", (epoch, sequence, chain))
            for copy in copies.values():
                print(copy, flush=True)
    except zmq.Again:  # no beat, or no reply
        is_behind = True
