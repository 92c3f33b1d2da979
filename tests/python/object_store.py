"""An S3 server for tests: moto's, on a free port, with atomic conditions and, when asked for, with faults.

    object_store.py BUCKET [--ignore-conditions] [--lose-replies N] [--self-signed]

Prints its URL once it listens, with BUCKET made, and ends when standard input ends, so that it never outlives the test
that started it. Requests are served one after the other: then a conditional PUT is atomic, as it is with Amazon.
`--ignore-conditions` takes If-None-Match and does not look at it, as some stores do. `--lose-replies N` carries out each
N-th conditional PUT and answers 500, as a store or a network does that fails after the fact. `--self-signed` speaks TLS with a certificate that nobody has signed.
"""

import argparse
import logging
import sys
import threading
from collections.abc import Callable, Iterable

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

Start = Callable[..., Callable[[bytes], object]]


class Faulty:
    """The store as a WSGI application, one request at a time."""

    def __init__(self, app: Callable, options: argparse.Namespace) -> None:
        self.app = app
        self.options = options
        self.lock = threading.Lock()
        self.conditional = 0

    def __call__(self, environ: dict, start: Start) -> Iterable[bytes]:
        with self.lock:
            conditional = environ["REQUEST_METHOD"] == "PUT" and "HTTP_IF_NONE_MATCH" in environ
            if conditional and self.options.ignore_conditions:
                del environ["HTTP_IF_NONE_MATCH"]
            answer = self.answer(environ)
            if conditional and answer[0].startswith("200"):
                self.conditional += 1
                if self.options.lose_replies and self.conditional % self.options.lose_replies == 0:
                    answer = ("500 Internal Server Error", [("Content-Length", "0")], [])
                    print("lost the reply of", environ["PATH_INFO"], file=sys.stderr, flush=True)
        status, headers, body = answer
        start(status, headers)
        return body

    def answer(self, environ: dict) -> tuple[str, list, list[bytes]]:
        """The whole answer, so that the next request comes after it."""
        started: list = []
        body = self.app(environ, lambda status, headers, *_: started.append((status, headers)))
        whole = list(body)
        return (*started[0], whole)


def main() -> None:
    """Serves until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bucket")
    parser.add_argument("--ignore-conditions", action="store_true")
    parser.add_argument("--lose-replies", type=int, default=0, metavar="N")
    parser.add_argument("--self-signed", action="store_true")
    options = parser.parse_args()

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = Faulty(DomainDispatcherApplication(create_backend_app), options)
    context = "adhoc" if options.self_signed else None
    server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"{'https' if options.self_signed else 'http'}://127.0.0.1:{server.server_port}"
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", verify=False, **keys)
    client.create_bucket(Bucket=options.bucket)
    print(url, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
