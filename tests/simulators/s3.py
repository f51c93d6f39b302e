"""A strict S3 with Object Lock, over HTTP: what real S3 refuses or leaves out, this does too.

One rule of Object Lock after the other is in `s3_bucket.Bucket`; the server only turns HTTP into calls of
it. Faults can be planned: the next answers may be errors, may come late, or the connection may be cut before
or after the work is done.
"""

# ruff: noqa: N815, TRY301, PLR0911 - the names of the HTTP server, and one branch a call of S3

from __future__ import annotations

import base64
import hashlib
import re
import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from simulators.s3_bucket import Bucket, Refused, Version, kms_of, metadata_of, moment

SETTINGS = {
    "encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "publicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
    "lifecycle": "NoSuchLifecycleConfiguration",
    "replication": "ReplicationConfigurationNotFoundError",
    "policy": "NoSuchBucketPolicy",
}
"""The settings of a bucket that are told as they are, and what S3 says where there are none."""


def row_of(key, at, version):
    """Return how S3 lists one version, or marker, of a key."""
    tag = "DeleteMarker" if version.marker else "Version"
    size = "" if version.marker else f"<Size>{len(version.data)}</Size>"
    latest = "true" if at == 0 else "false"
    return (
        f"<{tag}><Key>{escape(key)}</Key><VersionId>{version.id}</VersionId><IsLatest>{latest}</IsLatest>"
        f"<LastModified>2026-01-01T00:00:00.000Z</LastModified>{size}</{tag}>"
    )


class Handler(BaseHTTPRequestHandler):
    """Turns requests into calls of the bucket."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for a delayed acknowledgement

    def log_message(self, *_):
        """Say nothing."""

    def handle_any(self):
        self.place = urlsplit(self.path)
        parts = unquote(self.place.path).lstrip("/").split("/", 1)
        self.key = parts[1] if len(parts) > 1 else ""
        self.query = {
            name: values[0] for name, values in parse_qs(self.place.query, keep_blank_values=True).items()
        }
        self.plain = {name.lower(): value for name, value in self.headers.items()}
        self.body = self.rfile.read(int(self.plain.get("content-length", 0)))
        server = self.server.s3
        server.requests.append((self.command, self.key, tuple(self.query), dict(self.plain)))
        fault = server.fault(self.command, self.key)
        if fault == "cut":
            self.hang_up()
            return
        if isinstance(fault, int):
            self.say(
                Refused(
                    fault,
                    {409: "ConditionalRequestConflict", 412: "PreconditionFailed", 503: "SlowDown"}.get(
                        fault, "InternalError"
                    ),
                )
            )
            return
        if fault == "slow":
            time.sleep(0.05)
        try:
            if not self.plain.get("authorization", "").startswith("AWS4-HMAC-SHA256"):
                raise Refused(403, "AccessDenied")
            if parts[0] != server.name:
                raise Refused(404, "NoSuchBucket")
            answer = self.serve(server.bucket)
        except Refused as no:
            answer = no
        if fault == "cut after":
            self.hang_up()
            return
        self.say(answer)

    def hang_up(self):
        """Break the connection: the client sees its end, and no answer."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = handle_any

    def serve(self, bucket):
        if not self.key:
            return self.of_bucket(bucket)
        version = self.query.get("versionId")
        if "uploads" in self.query:
            return self.begin(bucket)
        if "uploadId" in self.query:
            calls = {"DELETE": self.abort, "POST": self.complete, "GET": self.parts, "PUT": self.part}
            return calls[self.command](bucket)
        if self.command == "PUT" and "retention" in self.query:
            tree = ET.fromstring(self.body)
            told = {one.tag.rpartition("}")[2]: one.text for one in tree}
            until = moment(told["RetainUntilDate"]) if told.get("RetainUntilDate") else None
            bucket.retain(self.key, version, told.get("Mode"), until, self.plain)
            return 200, {}, b""
        if self.command == "PUT" and "legal-hold" in self.query:
            bucket.place_hold(self.key, version, b"<Status>ON" in self.body, self.plain)
            return 200, {}, b""
        if self.command == "PUT":
            made = bucket.put(self.key, self.body, self.plain)
            return 200, {"ETag": '"x"', "x-amz-version-id": made.id}, b""
        if self.command == "DELETE":
            made = bucket.delete(self.key, version, self.plain)
            return 204, ({"x-amz-delete-marker": "true", "x-amz-version-id": made.id} if made else {}), b""
        found = bucket.find(self.key, version)
        return 200, self.told(bucket, found), found.data if self.command == "GET" else b"\0" * 0

    def told(self, bucket, found):
        headers = {
            "x-amz-version-id": found.id,
            "ETag": '"x"',
            "Content-Length": str(len(found.data)),
            **found.metadata,
        }
        if found.checksum and self.plain.get("x-amz-checksum-mode") == "ENABLED":
            headers["x-amz-checksum-sha256"] = found.checksum
        if found.kms:
            headers["x-amz-server-side-encryption"] = "aws:kms"
            headers["x-amz-server-side-encryption-aws-kms-key-id"] = found.kms
        if bucket.reads_lock and found.mode:
            headers["x-amz-object-lock-mode"] = found.mode
            headers["x-amz-object-lock-retain-until-date"] = found.until.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        if bucket.reads_lock and found.hold is not None:
            headers["x-amz-object-lock-legal-hold"] = "ON" if found.hold else "OFF"
        return headers

    def of_bucket(self, bucket):
        if "versioning" in self.query:
            if self.command == "PUT":
                bucket.version(re.search(rb"<Status>(\w+)", self.body)[1].decode())
                return 200, {}, b""
            status = f"<Status>{bucket.versioning}</Status>" if bucket.versioning else ""
            return 200, {}, f"<VersioningConfiguration>{status}</VersioningConfiguration>".encode()
        if "object-lock" in self.query:
            if not bucket.lock:
                raise Refused(404, "ObjectLockConfigurationNotFoundError")
            rule = ""
            if bucket.default:
                mode, days = bucket.default
                inside = f"<Mode>{mode}</Mode><Days>{days}</Days>"
                rule = f"<Rule><DefaultRetention>{inside}</DefaultRetention></Rule>"
            return (
                200,
                {},
                (
                    "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>"
                    f"{rule}</ObjectLockConfiguration>"
                ).encode(),
            )
        if named := SETTINGS.keys() & self.query.keys():
            return self.setting(bucket, named.pop())
        if "versions" in self.query:
            return self.versions(bucket)
        if "uploads" in self.query:
            return self.uploads(bucket)
        raise Refused(501, "NotImplemented")

    def setting(self, bucket, name):
        told = bucket.settings.get(name) or Refused(404, SETTINGS[name])
        if isinstance(told, Refused):
            raise told
        return 200, {}, told.encode()

    def versions(self, bucket):
        """List versions and markers, few a page, cut as S3 cuts: between versions, also those of one key."""
        ordered = [
            (key, at, one)
            for key in sorted(bucket.objects, key=str.encode)
            for at, one in enumerate(reversed(bucket.objects[key]))
            if key.startswith(self.query.get("prefix", ""))
        ]
        left = self.behind_markers(ordered)
        most = min(self.server.s3.page, int(self.query.get("max-keys", 1000)))
        page, more = left[:most], len(left) > most
        marker = ""
        if more:
            key, _, last = page[-1]
            marker = f"<NextKeyMarker>{escape(key)}</NextKeyMarker>"
            marker += f"<NextVersionIdMarker>{last.id}</NextVersionIdMarker>"
        rows = "".join(row_of(*one) for one in page)
        inside = f"<IsTruncated>{str(more).lower()}</IsTruncated>{marker}{rows}"
        return 200, {}, f"<ListVersionsResult>{inside}</ListVersionsResult>".encode()

    def behind_markers(self, ordered):
        """Return what lies behind the markers; a key without a version lies behind all versions of it."""
        after, version = self.query.get("key-marker", ""), self.query.get("version-id-marker", "")
        if version and not after:
            raise Refused(
                400, "InvalidArgument", "A version-id marker cannot be specified without a key marker"
            )
        if not version:
            return [one for one in ordered if one[0].encode() > after.encode()]
        places = [at for at, (key, _, one) in enumerate(ordered) if (key, one.id) == (after, version)]
        if not places:
            raise Refused(400, "InvalidArgument", "Invalid version id specified")
        return ordered[places[0] + 1 :]

    def begin(self, bucket):
        mode, until, hold = bucket.wanted(self.plain)
        bucket.count += 1
        name = f"u{bucket.count}"
        bucket.uploads[name] = {
            "key": self.key,
            "lock": (mode, until, hold),
            "parts": {},
            "metadata": metadata_of(self.plain),
            "kms": kms_of(self.plain),
        }
        return (
            200,
            {},
            (
                f"<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>{escape(self.key)}</Key>"
                f"<UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
            ).encode(),
        )

    def abort(self, bucket):
        bucket.uploads.pop(self.query["uploadId"], None)
        return 204, {}, b""

    def upload(self, bucket):
        found = bucket.uploads.get(self.query["uploadId"])
        if found is None or found["key"] != self.key:
            raise Refused(404, "NoSuchUpload")
        return found

    def uploads(self, bucket):
        """List the uploads that are open, one a page."""
        prefix = self.query.get("prefix", "")
        open_ = [(name, one["key"]) for name, one in bucket.uploads.items() if one["key"].startswith(prefix)]
        after = self.query.get("upload-id-marker")
        at = [name for name, _ in open_].index(after) + 1 if after else 0
        rows = "".join(
            f"<Upload><Key>{escape(key)}</Key><UploadId>{name}</UploadId>"
            f"<Initiated>2026-01-01T00:00:{int(name[1:]) % 60:02}.000Z</Initiated></Upload>"
            for name, key in open_[at : at + 1]
        )
        more = at + 1 < len(open_)
        next_ = f"<NextKeyMarker>{escape(open_[at][1])}</NextKeyMarker>" if more else ""
        next_ += f"<NextUploadIdMarker>{open_[at][0]}</NextUploadIdMarker>" if more else ""
        inside = f"<IsTruncated>{str(more).lower()}</IsTruncated>{next_}{rows}"
        return 200, {}, f"<ListMultipartUploadsResult>{inside}</ListMultipartUploadsResult>".encode()

    def parts(self, bucket):
        """List the parts of an upload, two a page."""
        there, after = self.upload(bucket)["parts"], int(self.query.get("part-number-marker", 0))
        numbers = [number for number in sorted(there) if number > after]
        rows = "".join(
            f'<Part><PartNumber>{number}</PartNumber><ETag>"p"</ETag><Size>{len(there[number])}</Size>'
            f"<ChecksumSHA256>{base64.b64encode(hashlib.sha256(there[number]).digest()).decode()}</ChecksumSHA256></Part>"
            for number in numbers[:2]
        )
        more = len(numbers) > 2  # two a page
        next_ = f"<NextPartNumberMarker>{numbers[1]}</NextPartNumberMarker>" if more else ""
        inside = f"<IsTruncated>{str(more).lower()}</IsTruncated>{next_}{rows}"
        return 200, {}, f"<ListPartsResult>{inside}</ListPartsResult>".encode()

    def part(self, bucket):
        upload = self.upload(bucket)
        checksum = self.plain.get("x-amz-checksum-sha256")
        if upload["lock"][0] and not checksum:
            raise Refused(400, "InvalidRequest", "a part needs a checksum")
        if checksum and checksum != base64.b64encode(hashlib.sha256(self.body).digest()).decode():
            raise Refused(400, "BadDigest")
        upload["parts"][int(self.query["partNumber"])] = self.body
        return 200, {"ETag": '"p"', **({"x-amz-checksum-sha256": checksum} if checksum else {})}, b""

    def complete(self, bucket):
        with bucket.guard:
            bucket.condition(self.key, self.plain)
            upload = bucket.uploads.pop(self.query["uploadId"], None)
            if upload is None:
                raise Refused(404, "NoSuchUpload")
            parts = [upload["parts"][number] for number in sorted(upload["parts"])]
            whole = hashlib.sha256(b"".join(hashlib.sha256(one).digest() for one in parts)).digest()
            checksum = f"{base64.b64encode(whole).decode()}-{len(parts)}"
            mode, until, hold = upload["lock"]
            version = Version(
                "",
                b"".join(parts),
                checksum,
                upload["metadata"],
                mode,
                until,
                hold,
                len(parts),
                upload["kms"],
            )
            made = bucket.add(self.key, version)
        return (
            200,
            {"x-amz-version-id": made.id},
            (
                b"<CompleteMultipartUploadResult><Bucket>b</Bucket><ETag>x</ETag></CompleteMultipartUploadResult>"
            ),
        )

    def say(self, answer):
        if isinstance(answer, Refused):
            told = f"<Code>{answer.code}</Code><Message>{escape(answer.message)}</Message>"
            status, headers, body = answer.status, {}, f"<Error>{told}</Error>".encode()
        else:
            status, headers, body = answer
        if self.command == "HEAD":
            body = b""
        self.send_response(status)
        for name, value in headers.items():
            if name != "Content-Length" or self.command == "HEAD":
                self.send_header(name, value)
        if not (self.command == "HEAD" and "Content-Length" in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """A server to which connections may break: whoever is killed says no goodbye."""

    def handle_error(self, *_):
        """Say nothing."""


class FakeS3:
    """A server with one bucket."""

    def __init__(self, name="evidence", **bucket):
        self.name, self.bucket = name, Bucket(**bucket)
        self.requests, self.plan, self.page, self.chance = [], [], 3, None
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.s3 = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def fault(self, method, key):
        """Return what is planned for a request: the first plan that fits, once."""
        for at, (wanted, what) in enumerate(self.plan):
            if key and wanted in (method, "*"):
                del self.plan[at]
                return what
        return self.chance() if self.chance and key else None

    def __enter__(self):
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@contextmanager
def environment(monkeypatch, server):
    """Point the AWS libraries at a server, with credentials that mean nothing."""
    for name, value in {
        "AWS_ENDPOINT_URL_S3": server.url,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    yield
