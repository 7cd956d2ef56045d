"""Whether PM4Py reads an exported log, and finds in it what stands there. Run by `make interop`, with a Python that has PM4Py.

In: a name to speak of, and a file that `sim export --to ocel` wrote. Out: a line of what was read; exit code 1 where it differs.
"""

import json
import sys
import warnings
from collections import Counter
from pathlib import Path

import pm4py  # type: ignore[import-not-found,unused-ignore]

warnings.simplefilter("ignore")


def main(name: str, path: str) -> int:
    written = json.loads(Path(path).read_text("utf-8"))
    read = pm4py.read_ocel2_json(path)
    events = {one["id"]: one["type"] for one in written["events"]}
    met = {other["objectId"] for one in written["events"] for other in one["relationships"]}
    objects = {one["id"]: one["type"] for one in written["objects"] if one["id"] in met}  # PM4Py leaves out objects that no event is about
    related = {(one["id"], other["objectId"]): other["qualifier"] for one in written["events"] for other in one["relationships"]}
    among = Counter((one["id"], other["objectId"], other["qualifier"]) for one in written["objects"] for other in one["relationships"])
    among = Counter({pair: count for pair, count in among.items() if met >= {*pair[:2]}})
    columns = ("ocel:eid", "ocel:oid", "ocel:qualifier")
    pairs = (
        (events, dict(zip(read.events["ocel:eid"], read.events["ocel:activity"], strict=True))),
        (objects, dict(zip(read.objects["ocel:oid"], read.objects["ocel:type"], strict=True))),
        # an event's relation to one object in two parts comes out with the last part alone
        (related, {(event, one): part for event, one, part in zip(*(read.relations[key] for key in columns), strict=True)}),
        (among, Counter(zip(*(read.o2o[key] for key in ("ocel:oid", "ocel:oid_2", "ocel:qualifier")), strict=True))),
    )
    same = all(one == other for one, other in pairs)
    sys.stdout.write(f"{'ok     ' if same else 'DIFFERS'} {name}: {len(read.events):,} events, {len(read.objects):,} objects\n")
    return int(not same)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
