"""Opens Touchload's tables on an S3 store with the `deltalake` reader and prints what it saw, as one JSON object.

    read_object_store.py ENDPOINT s3://BUCKET/PREFIX

Per table: `rows`, and `positions`, the number of distinct keys.
"""

import json
import sys

import deltalake
from ending import end

POSITION = ["kafka_topic", "kafka_partition", "kafka_offset"]
TABLES = {
    "touchpoint_log": POSITION,
    "dead_letters": POSITION,
    "hcp_metrics": ["hcp_id", "window", "as_of", "revision"],
}


def main() -> None:
    """Reads every table."""
    endpoint, url = sys.argv[1:]
    options = {
        "endpoint": endpoint,
        "allow_http": "true",
        "region": "us-east-1",
        "access_key_id": "test",
        "secret_access_key": "test",
    }
    seen = {}
    for name, key in TABLES.items():
        rows = deltalake.DeltaTable(f"{url}/{name}", storage_options=options).to_pyarrow_table(columns=key)
        seen[name] = {"rows": rows.num_rows, "positions": rows.group_by(key).aggregate([]).num_rows}
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
    end(0)
